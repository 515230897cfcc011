/** A renewal that is answered late, when its lease has been given back by this very process, is no loss. */
import { InMemoryJournal, LocalExecutor, Workflow, type Commit, type Lease } from '@drawloom/core';
import { deferred, VirtualClock, type Deferred } from '@drawloom/testing';

/** Holds the answer to a renewal back; `answer` gives it as the store would after the lease was given back. */
class SlowRenewals extends InMemoryJournal {
  #held: { readonly leases: readonly Lease[]; readonly answer: Deferred<readonly Lease[]> } | undefined;
  /** Whether it comes between the end of a run and whoever waits for that. */
  answersAtEnd = false;

  override renew(leases: readonly Lease[]): Promise<readonly Lease[]> {
    this.#held ??= { leases, answer: deferred() };
    return this.#held.answer.promise;
  }

  answer(): void {
    this.#held!.answer.resolve(this.#held!.leases);
  }

  override async commit(lease: Lease, change: Commit): Promise<boolean> {
    const isKept = await super.commit(lease, change);
    if (this.answersAtEnd && change.status === 'completed') {
      this.answer();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return isKept;
  }
}

it('of a run that has just ended', async () => {
  const journal = new SlowRenewals();
  journal.answersAtEnd = true;
  const clock = new VirtualClock();
  const gate = deferred<string>();
  const flow = new Workflow<string>('flow').addNode('a', () => gate.promise).setStart('a');
  const running = flow.run('x', { executor: new LocalExecutor({ journal, clock }), runId: 'r' });
  await clock.advance('11s'); // a third of the lease
  gate.resolve('done');
  expect((await running).output).toBe('done');
});

it('of an execution before the one that goes on here', async () => {
  const journal = new SlowRenewals();
  const clock = new VirtualClock();
  const gates = [deferred<string>(), deferred<string>()];
  const flow = new Workflow<string>('flow')
    .addNode('a', () => gates[0]!.promise)
    .addDelay('rest', '1h')
    .addNode('b', () => gates[1]!.promise)
    .setStart('a')
    .addEdge('a', 'rest')
    .addEdge('rest', 'b');
  const executor = new LocalExecutor({ journal, clock });
  const first = flow.run('x', { executor, runId: 'r' });
  await clock.advance('11s');
  gates[0]!.resolve('rested');
  expect((await first).status).toBe('suspended');
  await clock.advance('2h');
  const second = flow.resume('r', { executor });
  await clock.advance('1s');
  journal.answer();
  await clock.advance('1s');
  gates[1]!.resolve('done');
  expect((await second).output).toBe('done');
});
