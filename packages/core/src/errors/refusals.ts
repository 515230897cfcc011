/** Why a decision, a delegation or a signal does not count: what the message says, and what to do about it. */
export const REFUSALS = {
  malformed: {
    what: 'what was given is none',
    fix: 'pass a plain object with exactly these properties; what a form or a model says has to be made into one first',
  },
  unauthenticated: {
    what: 'it is not certain who decides',
    fix: 'sign in and try again; where authenticate failed, its error is the cause',
  },
  'not-entitled': {
    what: 'this person is neither among the users nor in one of the groups that may',
    fix: 'let somebody who may do it, or let one of them delegate it',
  },
  excluded: {
    what: 'this person acted in a step that it has to be independent of (notBy)',
    fix: 'let somebody else do it',
  },
  'wrong-digest': {
    what: 'the digest is not that of what is to be decided',
    fix: 'show what approvals.get() gives, and decide with the digest that comes with it',
  },
  'already-decided': {
    what: 'this person has decided already, and a decision stands',
    fix: 'nothing, if that was meant; a decision cannot be taken back',
  },
  'delegated-away': {
    what: 'this person has named somebody else to decide instead',
    fix: 'let the delegate decide, or name another one',
  },
  settled: {
    what: 'it is settled already',
    fix: 'nothing; approvals.get() tells what came of it',
  },
  late: {
    what: 'its time has passed',
    fix: 'nothing here; give it a later deadline, or an escalation before it, next time',
  },
  'no-delegation': {
    what: 'it cannot be delegated by this person',
    fix: 'let the policy say delegation: true; a delegate cannot pass it on',
  },
  'unfit-delegate': {
    what: 'the delegate may not decide it in the stead of another',
    fix: 'name somebody who is not excluded, has no part in it yet, and has delegated nothing themselves',
  },
  invalid: {
    what: 'the payload does not fit what is waited for',
    fix: 'send what the schema of the wait takes; its complaint is the cause',
  },
  'too-many': {
    what: 'nothing waits for it yet, and as many signals are kept for the run as may be',
    fix: 'send it again when the run has come to where it waits, or let more be kept: signals: { most }',
  },
  'kept-too-long': {
    what: 'nothing waited for it in the time that it was kept for',
    fix: 'let it be kept for longer (keepFor), or send it when the run has come to where it waits',
  },
  'run-over': {
    what: 'the run has ended without waiting for it',
    fix: 'check the name of the signal and the id of the run; where the run may end first, let it wait for the signal',
  },
  contended: {
    what: 'others changed it again and again meanwhile',
    fix: 'try again',
  },
} as const satisfies Record<string, { readonly what: string; readonly fix: string }>;

/** Why a decision, a delegation or a signal was refused. */
export type RefusalReason = keyof typeof REFUSALS;
