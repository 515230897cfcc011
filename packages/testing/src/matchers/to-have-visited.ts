import { didYouMean } from '../nearest-name.js';
import { quoted, readRun, type ReadRun } from '../read-run.js';
import {
  firstMissing,
  misuse,
  notARun,
  remarks,
  verdict,
  type MatcherContext,
  type MatcherResult,
  type Signature,
} from './matcher-context.js';

const VISITED: Signature = { name: 'toHaveVisited', parameters: '...nodes' };
const EXACTLY: Signature = { name: 'toHaveVisitedExactly', parameters: '...nodes' };

/** See {@link DrawloomMatchers.toHaveVisited}. */
export function toHaveVisited(this: MatcherContext, received: unknown, ...nodes: readonly string[]): MatcherResult {
  const run = readRun(received);
  if (run === undefined) return notARun(this, VISITED, received);
  if (nodes.length === 0) return misuse(this, VISITED, 'name at least one node');
  const wrong = wrongName(run, nodes);
  if (wrong !== undefined) return misuse(this, VISITED, wrong);

  const { printExpected, printReceived } = this.utils;
  if (this.isNot === true) {
    const isVisited = nodes.some((node) => run.completed.has(node));
    return verdict(this, VISITED, isVisited, () => [
      `Expected not to be visited: ${printExpected(nodes)}`,
      `Visited:                    ${printReceived(run.visited)}`,
      ...remarks(run),
    ]);
  }
  const missing = firstMissing(nodes, run.visited);
  return verdict(this, VISITED, missing === -1, () => [
    `Expected, in this order: ${printExpected(nodes)}`,
    `Visited:                 ${printReceived(run.visited)}`,
    '\n' + reasons(run, nodes, missing).join('\n'),
    ...remarks(run),
  ]);
}

/** See {@link DrawloomMatchers.toHaveVisitedExactly}. */
export function toHaveVisitedExactly(
  this: MatcherContext,
  received: unknown,
  ...nodes: readonly string[]
): MatcherResult {
  const run = readRun(received);
  if (run === undefined) return notARun(this, EXACTLY, received);
  const wrong = wrongName(run, nodes);
  if (wrong !== undefined) return misuse(this, EXACTLY, wrong);
  if (run.dropped > 0)
    return misuse(this, EXACTLY, 'this cannot be told of a run with a short history', ...remarks(run));

  const pass = nodes.length === run.visited.length && nodes.every((node, index) => node === run.visited[index]);
  const { diff, printExpected } = this.utils;
  return verdict(this, EXACTLY, pass, () => {
    if (pass) return [`Expected not to be the nodes visited: ${printExpected(nodes)}`];
    const absent = reasons(run, nodes, -1).join('\n');
    return [diff(nodes, run.visited) ?? '', absent === '' ? '' : '\n' + absent, ...remarks(run)];
  });
}

/** A name that no step or map of the workflow has. Such a test would pass with `.not` whatever the workflow did. */
function wrongName(run: ReadRun, nodes: readonly unknown[]): string | undefined {
  for (const node of nodes) {
    if (typeof node !== 'string') return `each node is given by its name, one after the other; this is ${String(node)}`;
    if (run.nodes.has(node)) continue;
    if (run.routes.some(({ router }) => router === node)) {
      return `${JSON.stringify(node)} is a router, and routers are not in "visited": use toHaveRouted(${JSON.stringify(node)}, ...)`;
    }
    const known = `${JSON.stringify(node)} is no step or map of ${run.workflow}${didYouMean(node, run.nodes)}`;
    return `${known}; it has ${quoted(run.nodes)}. What a router chose is told by toHaveRouted`;
  }
  return undefined;
}

/** Why nodes are not in the list, and for the node at `missing` that it is there, but too early or too rarely. */
function reasons(run: ReadRun, nodes: readonly string[], missing: number): string[] {
  const absent = [...new Set(nodes)].filter((node) => !run.completed.has(node));
  const found = absent.map((node) => `${JSON.stringify(node)} ${whyNotCompleted(run, node)}`);
  if (found.length > 0 || missing === -1) return found;
  const before = nodes.slice(0, missing);
  return [`${JSON.stringify(nodes[missing])} was not visited (again) after ${quoted(before)}`];
}

function whyNotCompleted(run: ReadRun, node: string): string {
  const reason = run.notRun.get(node);
  if (reason !== undefined) return `did not run: ${reason}`;
  const outcome = run.ended.get(node);
  return outcome === 'failed' ? 'ran, but failed' : outcome === 'cancelled' ? 'was cancelled' : 'did not complete';
}
