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
  { outputs, names }: Plan,
  values: readonly unknown[],
  endings: ReadonlyMap<number, Ending> | undefined,
  input: unknown,
): unknown {
  const hasOutputs = outputs.length > 0;
  if (!hasOutputs && endings === undefined) return input;
  const nodes = hasOutputs ? outputs.filter((node) => node in values) : [...endings!.keys()].sort((a, b) => a - b);
  const valueOf = (node: number): unknown => (hasOutputs ? values[node] : endings!.get(node)!.value);
  if (nodes.length <= 1) return nodes.length === 0 ? undefined : valueOf(nodes[0]!);
  const byName: Record<string, unknown> = {};
  for (const node of nodes) byName[names[node]!] = valueOf(node);
  return byName;
}

/** What a cap error tells of the cycle that a node is on. */
export function capFacts(
  plan: Plan,
  run: { visitsOf(node: number): number; lastKeysOf(router: number): readonly string[] | undefined },
  node: number,
  cap: number,
): CapFacts {
  const { names, isRouter, loops, contexts, nodeContext, definition } = plan;
  const loop = loops[contexts[nodeContext[node]!]!.loop];
  const body = loop?.body.includes(node) === true ? loop.body : [];
  return {
    workflow: definition.name,
    node: names[node]!,
    cap,
    cycle: body
      .filter((member) => isRouter[member] === 0)
      .map((member) => ({ node: names[member]!, visits: run.visitsOf(member) })),
    lastKeys: body
      .filter((member) => run.lastKeysOf(member) !== undefined)
      .map((member) => ({ router: routerLabel(plan, member), keys: run.lastKeysOf(member)! })),
  };
}
