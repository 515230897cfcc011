import fc from 'fast-check';
import { settledApproval } from '@drawloom/core/front-end';
import { ApprovalModel, MEMBERS, type ModelPolicy, PEOPLE } from './approval-model.js';
import { OpenApproval } from './open-wait.js';

type Act =
  | { readonly act: 'vote'; readonly by: string; readonly yes: boolean }
  | { readonly act: 'delegate'; readonly by: string; readonly to: string }
  | { readonly act: 'forge'; readonly by: string; readonly how: number }
  | { readonly act: 'wait'; readonly for: number }
  | { readonly act: 'tick' };

/** What does not decide, made of what would. */
const FORGERIES: readonly ((decision: object) => unknown)[] = [
  (decision) => [decision],
  (decision) => ({ ...decision, approved: true }),
  (decision) => ({ ...decision, outcome: 'yes' }),
  (decision) => ({ ...decision, digest: 'f'.repeat(64) }),
  (decision) => ({ ...decision, actor: { tenant: 'other', userId: 'a', groups: ['G', 'H'] } }),
  (decision) => Object.create(decision) as object,
  () => true,
  () => '{"outcome":"approved"}',
];

// As in `scheduler-properties.ts`: the same cases every time, but for a campaign.
const seed = process.env['CAMPAIGN_SEED'] ?? '1';

const person = fc.constantFrom(...PEOPLE);
const people = fc.subarray(PEOPLE);
const groups = fc.subarray(['G', 'H']);
const mostly = fc.constantFrom(true, true, true, false);
const time = fc.integer({ min: 1, max: 8 });

const policy: fc.Arbitrary<ModelPolicy> = fc
  .record(
    {
      users: people,
      groups: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: groups }),
      quorum: fc.integer({ min: 1, max: 4 }),
      rejections: fc.integer({ min: 1, max: 3 }),
      delegation: mostly,
      deadline: time.map((after) => after + 4),
      escalate: fc.record({ after: fc.integer({ min: 1, max: 4 }), users: people, groups }),
      reminder: time,
    },
    { requiredKeys: ['users', 'groups', 'quorum', 'rejections', 'delegation'] },
  )
  .map((given) => given as ModelPolicy);

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: fc.constant('vote' as const), by: person, yes: mostly }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('delegate' as const), by: person, to: person }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('forge' as const), by: person, how: fc.nat(FORGERIES.length - 1) }),
  },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('wait' as const), for: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.constant({ act: 'tick' as const }) },
);

/** How many cases came to what; `delegated`: how many were approved with a vote in the stead of another. */
export type Tally = Record<'approved' | 'rejected' | 'expired' | 'open' | 'delegated' | 'impossible', number>;

/** Acts at random, on the real approval and on the model, which has to say the same after each of them. */
export function keepsStepWithTheModel(runs: number): Tally {
  const tally: Tally = { approved: 0, rejected: 0, expired: 0, open: 0, delegated: 0, impossible: 0 };
  fc.assert(
    fc.property(
      policy,
      fc.subarray(PEOPLE, { maxLength: 2 }),
      fc.array(act, { minLength: 8, maxLength: 30 }),
      (policy, excluded, acts) => {
        const real = opened(policy, excluded);
        if (real === undefined) {
          tally.impossible++; // nobody could give it, which is told when it is asked for
          return;
        }
        const model = new ApprovalModel(policy, excluded);
        let now = 0;
        for (const each of acts) {
          if (each.act === 'wait') now += each.for;
          else same(real, model, each, now);
          mustBe(outcomeOf(real), model.outcome);
          mustBe(real.wait.status, model.outcome === undefined ? 'open' : 'settled');
          checkApproval(real, policy, excluded);
        }
        const settled = settledApproval(real.wait);
        tally[settled?.outcome ?? 'open']++;
        const isDelegated = settled?.decisions.some(({ inPlaceOf }) => inPlaceOf !== undefined);
        if (settled?.outcome === 'approved' && isDelegated) tally.delegated++;
      },
    ),
    { numRuns: runs, ...(seed === 'random' ? {} : { seed: Number(seed) }) },
  );
  return tally;
}

function opened(policy: ModelPolicy, excluded: readonly string[]): OpenApproval | undefined {
  try {
    return new OpenApproval(policy, { excluded });
  } catch {
    return undefined;
  }
}

function same(real: OpenApproval, model: ApprovalModel, each: Exclude<Act, { act: 'wait' }>, at: number): void {
  switch (each.act) {
    case 'vote': {
      const said = real.decide(each.by, each.yes ? 'approved' : 'rejected', { groups: MEMBERS[each.by]!, at });
      mustBe(kindOf(said), model.vote(each.by, each.yes, at));
      return;
    }
    case 'delegate': {
      const said = real.delegate(each.by, each.to, { groups: MEMBERS[each.by]!, at });
      mustBe(kindOf(said), model.delegate(each.by, each.to, at));
      return;
    }
    case 'forge': {
      const actor = { tenant: 'acme', userId: each.by, groups: MEMBERS[each.by]! };
      const before = real.wait;
      expect(kindOf(real.say(FORGERIES[each.how]!({ actor, outcome: 'approved', digest: real.digest }), at))).toBe(
        'refused',
      );
      mustBe(real.wait, before);
      return;
    }
    case 'tick':
      real.tick(at);
      model.passTime(at);
  }
}

/** `expect` as cheap as a hundred thousand cases need it. */
function mustBe(actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected)) expect(actual).toBe(expected);
}

function kindOf(said: string): string {
  return said === 'counted' || said === 'repeated' ? said : 'refused';
}

function outcomeOf({ wait }: OpenApproval): string | undefined {
  return settledApproval(wait)?.outcome;
}

/** The one thing that must never go wrong, said once more without the model. */
function checkApproval(real: OpenApproval, policy: ModelPolicy, excluded: readonly string[]): void {
  const settled = settledApproval(real.wait);
  if (settled?.outcome !== 'approved') return;
  const yes = settled.decisions.filter(({ outcome }) => outcome === 'approved');
  expect(new Set(yes.map(({ userId }) => userId)).size).toBeGreaterThanOrEqual(policy.quorum);
  mustBe(new Set(yes.map(({ userId, inPlaceOf }) => inPlaceOf ?? userId)).size, yes.length);
  expect(settled.decisions.filter(({ outcome }) => outcome === 'rejected').length).toBeLessThan(policy.rejections);
  for (const { userId, inPlaceOf, at } of yes) {
    const right = inPlaceOf ?? userId;
    mustBe(
      [userId, right].some((user) => excluded.includes(user)),
      false,
    );
    const named = [...policy.users, ...(policy.escalate?.users ?? [])];
    const grouped = [...policy.groups, ...(policy.escalate?.groups ?? [])];
    mustBe(named.includes(right) || MEMBERS[right]!.some((group) => grouped.includes(group)), true);
    expect(at).toBeLessThan(policy.deadline ?? Infinity);
    mustBe(inPlaceOf === undefined || policy.delegation, true);
  }
}
