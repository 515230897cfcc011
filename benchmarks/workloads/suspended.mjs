import { check, makeStep } from '../work.mjs';

/** Heap per run of a 5-step chain that waits inside its third step, in bytes, after a forced collection. */
export async function suspended(peer, { n }) {
  let parked = 0;
  let gate;
  let reached;
  const wait = async (x) => {
    parked += 1;
    if (parked === gate.expected) reached();
    await gate.opened;
    return x + 1;
  };
  const { run } = peer.chain([makeStep(), makeStep(), wait, makeStep(), makeStep()]);

  const park = async (runs) => {
    let open;
    parked = 0;
    gate = { expected: runs, opened: new Promise((resolve) => (open = resolve)) };
    const allParked = new Promise((resolve) => (reached = resolve));
    const before = await collectedHeap();
    const outputs = Promise.all(Array.from({ length: runs }, (_, input) => run(input)));
    await allParked;
    const bytes = (await collectedHeap()) - before;
    open();
    (await outputs).forEach((output, input) => check(output, input + 5));
    return bytes / runs;
  };

  await park(1_000); // unmeasured: compiled code and feedback also live on the heap
  return { bytes: await park(n) };
}

async function collectedHeap() {
  for (let i = 0; i < 2; i += 1) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().heapUsed;
}
