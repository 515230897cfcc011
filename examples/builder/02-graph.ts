/**
 * 2. Any other graph is built node by node. Several edges from one node are a fan-out; a node with several sources is a join. What is not delivered is skipped, so
 * that a join never waits for a branch that was not taken: `any` gets the checks that ran, whichever they were.
 */
import { START, Workflow } from '@drawloom/core';

interface Claim {
  readonly id: string;
  readonly amount: number;
}

export const weighClaim = new Workflow<Claim>('weigh-claim')
  .addNode('intake', (claim: Claim) => claim)
  .addNode('policy', () => 'covered')
  .addNode('history', () => '2 claims in 5 years')
  .addNode('fraud', () => 'no signs')
  .addNode('weigh', (found: { policy?: string; history?: string; fraud?: string }) => found, { join: 'any' })
  .setStart('intake')
  // A router may return several keys: the checks that it leaves out are skipped.
  .addRouter('intake', ({ amount }) => (amount < 1_000 ? ['policy'] : ['policy', 'history', 'fraud']), {
    policy: 'policy',
    history: 'history',
    fraud: 'fraud',
  })
  .addEdge('policy', 'weigh')
  .addEdge('history', 'weigh')
  .addEdge('fraud', 'weigh');

/** Stands for a model's answer time. */
const after = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });

/** `first` takes what arrives first; with `cancelOthers` the slower branch is aborted through its signal. */
export const fastest = new Workflow<string>('fastest')
  .addNode('large', async (text: string, { signal }) => {
    await after(60_000, signal);
    return `large model: ${text}`;
  })
  .addNode('small', async (text: string, { signal }) => {
    await after(5, signal);
    return `small model: ${text}`;
  })
  .addNode('answer', (text: string) => text, { join: 'first', cancelOthers: true })
  .addEdge(START, 'large')
  .addEdge(START, 'small')
  .addEdge('large', 'answer')
  .addEdge('small', 'answer');

export async function main() {
  for (const claim of [
    { id: 'c-1', amount: 300 },
    { id: 'c-2', amount: 8_000 },
  ]) {
    const result = await weighClaim.run(claim);
    console.log(claim.id, result.output);
    for (const { node, reason } of result.explain()) console.log(`  ${node} did not run: ${reason}`);
  }
  const { output, steps } = await fastest.run('hello');
  console.log(
    output,
    steps.map(({ node, outcome }) => `${node} ${outcome}`),
  );
}
