import { InMemoryJournal, LocalExecutor, type Journal } from '@drawloom/core';
import { VirtualClock } from '@drawloom/testing';
import { DyingJournal } from './support/dying-journal.js';
import { carryOut, goldenRuns, type GoldenOutcome, type GoldenRun } from './support/golden-runs.js';
import { RecordedWork } from './support/recorded-work.js';

const KEY = { tenant: '', runId: 'r' };

/** One life of a process: what it noted, and how it carries a run out. */
function life(golden: GoldenRun, journal: Journal, startAt: number) {
  const noted: string[] = [];
  const clock = new VirtualClock({ startAt });
  const executor = new LocalExecutor({
    journal,
    clock,
    durability: { authentication: { trustedCaller: true }, pollInterval: '1m', lease: '10m' },
  });
  const workflow = golden.build((what) => {
    noted.push(what);
    return Promise.resolve();
  });
  let isDead = false;
  const pass = async <T>(result: Promise<T>): Promise<T> => {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    result.then(settle, settle);
    for (let turn = 0; !isSettled && !isDead; turn++) {
      if (turn > 500) throw new Error(`${golden.name} stands still after ${noted.join()}`);
      await clock.advance('1s');
    }
    return isDead ? new Promise<never>(() => undefined) : result;
  };
  const carry = (goesOn: boolean): Promise<GoldenOutcome> =>
    carryOut(workflow, golden.input, { executor, runId: 'r', goesOn, pass });
  return { noted, carry, clock, die: () => (isDead = true) };
}

describe.each(goldenRuns)('$name', (golden) => {
  it('has the same outcome, and repeats nothing that is recorded, whatever the write it dies at', async () => {
    const whole = new DyingJournal(new InMemoryJournal(), Infinity);
    const undisturbed = life(golden, whole, 0);
    const outcome = await undisturbed.carry(false);
    if (outcome.status !== golden.ends) throw new Error(outcome.error);
    expect(new Set(undisturbed.noted).size).toBe(undisturbed.noted.length);
    const writes = whole.writes;
    expect(writes).toBeGreaterThan(3);

    for (let last = 1; last <= writes; last++) {
      for (const when of ['before', 'after'] as const) {
        const journal = new InMemoryJournal();
        const dying = new DyingJournal(journal, last, when);
        const first = life(golden, dying, 0);
        const lived = first.carry(false);
        await Promise.race([dying.died, lived]);
        first.die();

        const records = await journal.records(KEY, 0, Infinity);
        const done = new RecordedWork('r', records);
        const second = life(golden, journal, first.clock.now());
        const recovered = await second.carry(records.length > 0);
        const facts = { last, when, noted: [first.noted, second.noted] };
        expect({ ...facts, outcome: recovered }).toEqual({ ...facts, outcome });
        expect({ ...facts, repeated: second.noted.filter((what) => done.has(what)) }).toEqual({
          ...facts,
          repeated: [],
        });
        expect(new Set(second.noted).size).toBe(second.noted.length);
        expect(new Set([...first.noted, ...second.noted])).toEqual(new Set(undisturbed.noted));
        expect(await journal.run(KEY)).toMatchObject({ status: golden.ends });
      }
    }
  }, 60_000);
});
