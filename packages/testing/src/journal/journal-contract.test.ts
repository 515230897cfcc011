/** The suite itself: each of these journals has one fault, and at least one of its tests must say so. */
import {
  InMemoryJournal,
  type Commit,
  type Created,
  type DueQuery,
  type ForgottenRuns,
  type JournalRecord,
  type KeepResult,
  type KeptSignal,
  type KnownSignal,
  type Lease,
  type NewRun,
  type RunInfo,
  type RunKey,
  type RunQuery,
  type SignalKey,
  type Wait,
  type WaitChange,
  type WaitQuery,
} from '@drawloom/core';
import { journalContract } from './journal-contract.js';

type Claim = { readonly owner: string; readonly until: number; readonly now: number };

class OneTenantForAll extends InMemoryJournal {
  override async waits(query: WaitQuery): Promise<readonly Wait[]> {
    return query.actor === undefined ? super.waits(query) : [...(await super.waits({ ...query, tenant: 'a' }))];
  }
}

class ForgetsWaits extends InMemoryJournal {
  override commit(lease: Lease, change: Commit): Promise<boolean> {
    return super.commit(lease, { ...change, opens: [] });
  }
}

class LosesTheLastRecord extends InMemoryJournal {
  override async records(key: RunKey, after: number, limit: number): Promise<readonly JournalRecord[]> {
    return (await super.records(key, after, limit)).slice(0, 8);
  }
}

class TakesRecordsInAnyOrder extends InMemoryJournal {
  override async commit(lease: Lease, change: Commit): Promise<boolean> {
    return super.commit(lease, change).catch(() => true);
  }
}

class HasNoFence extends InMemoryJournal {
  override async commit(lease: Lease, change: Commit): Promise<boolean> {
    const run = await this.run(lease);
    return super.commit({ ...lease, epoch: run?.epoch ?? 0, owner: run?.owner ?? '' }, change);
  }
}

class GivesARunToAnybody extends InMemoryJournal {
  override claim(key: RunKey, claim: Claim): ReturnType<InMemoryJournal['claim']> {
    return super.claim(key, { ...claim, now: Infinity });
  }
}

class RenewsWhatIsLost extends InMemoryJournal {
  override async renew(leases: readonly Lease[], until: number): Promise<readonly Lease[]> {
    await super.renew(leases, until);
    return [];
  }
}

class DecidesTwice extends InMemoryJournal {
  override async changeWait(
    key: { readonly tenant: string; readonly id: string },
    _: number,
    change: WaitChange,
    at: number,
  ): Promise<boolean> {
    const wait = await this.wait(key);
    return super.changeWait(key, wait?.version ?? 0, change, at);
  }
}

class SleepsThroughADecision extends InMemoryJournal {
  override changeWait(
    key: { readonly tenant: string; readonly id: string },
    version: number,
    change: WaitChange,
  ): Promise<boolean> {
    return super.changeWait(key, version, change, Infinity);
  }
}

class BeginsTwice extends InMemoryJournal {
  override async create(
    run: NewRun,
    records: readonly JournalRecord[],
    lease: { readonly owner: string; readonly until: number },
  ): Promise<Created> {
    const created = await super.create(run, records, lease);
    return created.isNew ? created : { isNew: true, lease: { ...run, owner: lease.owner, epoch: 1 } };
  }
}

class ShowsAPageTwice extends InMemoryJournal {
  override runs({ after, ...query }: RunQuery): Promise<readonly RunInfo[]> {
    return super.runs({ ...query, after: after && { ...after, createdAt: after.createdAt + 1 } });
  }
}

class TakesUndefinedForAnybody extends InMemoryJournal {
  override async forgetUser(owner: {
    readonly tenant: string;
    readonly userId: string | undefined;
  }): Promise<ForgottenRuns> {
    return super.forgetUser({ ...owner, userId: owner.userId === 'undefined' ? undefined : owner.userId });
  }
}

class WakesRunsOfOthers extends InMemoryJournal {
  override dueRuns(query: DueQuery): Promise<readonly RunInfo[]> {
    return super.dueRuns({ ...query, workflows: [...query.workflows, 'C'] });
  }
}

class TakesAMessageTwice extends InMemoryJournal {
  override async changeWait(
    key: { readonly tenant: string; readonly id: string },
    version: number,
    { takes, ...change }: WaitChange,
    at: number,
  ): Promise<boolean> {
    const isTaken = await super.changeWait(key, version, { ...change, takes }, at);
    return isTaken || (takes?.isKept === true && super.changeWait(key, version, change, at));
  }
}

class KeepsWithoutEnd extends InMemoryJournal {
  override keepSignal(signal: KeptSignal): Promise<KeepResult> {
    return super.keepSignal(signal, Infinity);
  }
}

class ForgetsWhatWasTaken extends InMemoryJournal {
  override async signal(key: SignalKey): Promise<KnownSignal | undefined> {
    const known = await super.signal(key);
    return known?.waitId === undefined ? known : undefined;
  }
}

class CutsIds extends InMemoryJournal {
  override run(key: RunKey): Promise<RunInfo | undefined> {
    return super.run({ ...key, runId: key.runId.split('\0')[0]! });
  }
}

const FAULTY = [
  OneTenantForAll,
  ForgetsWaits,
  LosesTheLastRecord,
  TakesRecordsInAnyOrder,
  HasNoFence,
  GivesARunToAnybody,
  RenewsWhatIsLost,
  DecidesTwice,
  SleepsThroughADecision,
  BeginsTwice,
  ShowsAPageTwice,
  TakesUndefinedForAnybody,
  WakesRunsOfOthers,
  TakesAMessageTwice,
  KeepsWithoutEnd,
  ForgetsWhatWasTaken,
  CutsIds,
];

/** The names of the tests that a journal does not pass. */
async function failuresOf(makeJournal: () => InMemoryJournal): Promise<readonly string[]> {
  const tests: [name: string, body: () => Promise<void>][] = [];
  const runner = {
    describe: (_: string, body: () => void) => body(),
    it: (name: string, body: () => Promise<void>) => void tests.push([name, body]),
  };
  journalContract('A journal', makeJournal, { runner });
  const failed: string[] = [];
  for (const [name, body] of tests) await body().catch(() => failed.push(name));
  return failed;
}

describe('The suite for journals', () => {
  it.each(FAULTY.map((journal) => [journal.name, journal] as const))('finds the fault: %s', async (_, Faulty) => {
    expect(await failuresOf(() => new Faulty())).not.toEqual([]);
  });

  it('passes the journal of the process', async () => {
    expect(await failuresOf(() => new InMemoryJournal())).toEqual([]);
  });
});
