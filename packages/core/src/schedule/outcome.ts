import type { CapFacts } from '../errors/run-error.js';
import type { Plan } from '../graph/plan.js';
import { routerLabel } from '../graph/router-label.js';
import type { Scope } from './tag.js';

/** The value with which a branch ended, and where it was made, so that the last one can be told from the latest. */
export interface Ending {
  readonly madeIn: Scope;
  readonly value: unknown;
}

/**
 * What a run came to: what its output nodes gave; without any, what its branches ended with; where no step ran, its
 * input. One value is given bare, several by node name.
 *
 * @param values - by node index, holes where a node has none
 * @param endings - by node index; undefined where no branch of a step has ended
 */
export function outputOf(
  { nodeCount, hasOutputs, outputs, names }: Plan,
  values: readonly unknown[],
  endings: ReadonlyMap<number, Ending> | undefined,
  input: unknown,
): unknown {
  if (!hasOutputs && endings === undefined) return input;
  const found = new Map<number, unknown>();
  for (let node = 0; node < nodeCount; node++) {
    if (!hasOutputs && endings!.has(node)) found.set(node, endings!.get(node)!.value);
    else if (hasOutputs && outputs[node] && node in values) found.set(node, values[node]);
  }
  if (found.size <= 1) return found.values().next().value;
  const byName: Record<string, unknown> = {};
  for (const [node, value] of found) byName[names[node]!] = value;
  return byName;
}

/** What a cap error tells of the cycle that a node is on. */
export function capFacts(
  plan: Plan,
  run: { visitsOf(node: number): number; lastKeysOf(router: number): readonly string[] | undefined },
  node: number,
  cap: number,
): CapFacts {
  const { names, kinds, loops, contexts, nodeContext, definition } = plan;
  const loop = loops[contexts[nodeContext[node]!]!.loop];
  const body = loop?.body.includes(node) === true ? loop.body : [];
  return {
    workflow: definition.name,
    node: names[node]!,
    cap,
    cycle: body
      .filter((member) => kinds[member] !== 'router')
      .map((member) => ({ node: names[member]!, visits: run.visitsOf(member) })),
    lastKeys: body
      .filter((member) => run.lastKeysOf(member) !== undefined)
      .map((member) => ({ router: routerLabel(plan, member), keys: run.lastKeysOf(member)! })),
  };
}
