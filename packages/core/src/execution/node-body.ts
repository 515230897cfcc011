import { mapBody, type MapPolicy } from './map-items.js';
import { withPolicies, type StepPolicies } from './policies.js';
import { withMapSpan, withSpan, withUndoSpan } from './spans.js';
import { freezing, type Body } from './step.js';
import { validated } from './validated.js';
import type { Schema } from '../ports/schema.js';

/** What is put around a node's own function. */
export interface NodeBodyOptions {
  readonly policies: StepPolicies;
  /** The node is a map: the function is called for each item. */
  readonly map?: MapPolicy | undefined;
  /** What an input (with `map`, each item) must look like. */
  readonly schema?: Schema | undefined;
  readonly freeze?: boolean | undefined;
  /** The function undoes what the node has done. */
  readonly undoes?: boolean | undefined;
}

/** Everything that is put around a node's own function, from the inside out. */
export function nodeBody(body: Body, { policies, map, schema, freeze, undoes }: NodeBodyOptions): Body {
  const one = withPolicies(
    freeze === true ? freezing(body) : body,
    policies,
    undoes === true ? withUndoSpan : withSpan,
  );
  const checked = schema === undefined ? one : validated(one, schema);
  return map === undefined ? checked : withMapSpan(mapBody(checked, map));
}
