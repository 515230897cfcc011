import { END, isEnd, isStart, START, type GraphDefinition } from './definition.js';

/** START and END have no name that a node could not have: they are written as numbers. */
const START_AS = 0;
const END_AS = 1;

/** A graph as JSON that can be read back, nested graphs included. */
export function definitionToJson(definition: GraphDefinition): string {
  return JSON.stringify(
    definition,
    (_, value: unknown) => {
      if (isStart(value)) return START_AS;
      return isEnd(value as never) ? END_AS : value;
    },
    2,
  );
}

/** SHA-256 of the JSON of a graph: unlike its structural hash it tells everything that is drawn. */
export function definitionDigest(definition: GraphDefinition): string {
  let digest = digests.get(definition);
  if (digest === undefined) {
    const { createHash } = process.getBuiltinModule('node:crypto');
    digests.set(definition, (digest = createHash('sha256').update(definitionToJson(definition)).digest('hex')));
  }
  return digest;
}

/** Of definitions that were asked for before: every recorded run asks. */
const digests = new WeakMap<GraphDefinition, string>();

/** Reads what {@link definitionToJson} wrote. Throws a `SyntaxError` where it is no JSON. */
export function definitionFromJson(text: string): GraphDefinition {
  return JSON.parse(text, (key, value: unknown) => {
    if (value === START_AS && (key === 'from' || key === 'anonymousRouterOf')) return START;
    return value === END_AS && key === 'to' ? END : value;
  }) as GraphDefinition;
}
