import { mapBody, type MapPolicy } from './map-items.js';
import { withPolicies, type StepPolicies } from './policies.js';
import { withSpan } from './spans.js';
import { freezing, type Body } from './step.js';

/** What is put around a node's own function. */
export interface NodeBodyOptions {
  readonly policies: StepPolicies;
  /** The node is a map: the function is called for each item. */
  readonly map?: MapPolicy | undefined;
  readonly freeze?: boolean | undefined;
}

/** Everything that is put around a node's own function, from the inside out. */
export function nodeBody(body: Body, { policies, map, freeze }: NodeBodyOptions): Body {
  const one = withPolicies(withSpan(freeze === true ? freezing(body) : body), policies);
  return map === undefined ? one : mapBody(one, map);
}
