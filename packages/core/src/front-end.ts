/**
 * For packages that give workflows another way to be written or run. Applications have no use for it, and it may
 * change with any release.
 */

// What is the same for all of them
export { isEnd, isStart } from './graph/definition.js';

// From what a front end says to what runs
export { compileGraph } from './graph/compile-graph.js';
export type { Plan } from './graph/plan.js';
export { assembleProgram, type ProgramParts } from './workflow/assemble-program.js';
export type { ActivationPlace, InstanceSource, Program } from './execution/program.js';
export { DRAWN_GRAPH } from './workflow/runnable.js';
export { nodeBody, type NodeBodyOptions } from './execution/node-body.js';
export { bodyOf, isStep, isThenable, type Body } from './execution/step.js';

// What is checked, and how mistakes are said
export {
  approvalNode,
  approvalProblems,
  delayNode,
  SIGNAL_OPTIONS,
  signalNode,
  signalProblems,
  type WaitNode,
} from './execution/wait-options.js';
export type { Waiting } from './execution/waiting.js';
export { durabilityProblems } from './execution/executor.js';
export { checkPolicies } from './execution/policies.js';
export { isCount } from './execution/run-options.js';
export { isName } from './graph/check-graph.js';
export { checkWorkflowOptions } from './workflow/options.js';
export { problems } from './errors/problems.js';
export { describeReason, describeValue, listNames } from './errors/format-message.js';
export { suggestName } from './errors/suggest-name.js';

// What validates an input
export { validated } from './execution/validated.js';
export { isStandardSchema } from './schema/standard-schema.js';
export { couldNotJudge, receivedAt } from './schema/received.js';

// What another memory has in common with InMemoryMemory
export {
  checkEpisode,
  checkFact,
  checkFactQuery,
  checkForgetScope,
  checkHistory,
  checkId,
  checkOwner,
  checkRecall,
  checkText,
  ownedPart,
  type OwnedPart,
} from './memory/memory-arguments.js';
export { DEFAULT_MEMORY_LIMITS, limitsOf } from './memory/memory-limits.js';
export { MemoryNotices, memoryOptionsProblems } from './memory/memory-notices.js';
export {
  addStatement,
  compareStatements,
  factsOf,
  holdsAt,
  leastNeeded,
  normalizePredicate,
  type HeldFact,
  type Statement,
} from './memory/fact-timeline.js';
export { fuseRankings } from './memory/fuse-rankings.js';
export { B, inverseFrequency, K1, SEARCHED_WORDS, wordCounts, type WordCounts } from './memory/text-index.js';
export { wordsOf } from './memory/words-of.js';

// What accompanies a run as options, and any setting by precedence
export { accompanimentProblems, isAble } from './context/check-surroundings.js';
export { memoryRegistry } from './memory/memory-registry.js';
export { modelRegistry } from './model/model-registry.js';
export { effectiveSetting } from './values/precedence.js';

// What a journal keeps, and what another one has in common with InMemoryJournal
export {
  checkCommit,
  checkIds,
  checkKeptSignal,
  checkNewRun,
  checkWaitChange,
  doesNotFollowOn,
  isStorableId,
  waitIsTaken,
} from './journal/journal-arguments.js';
export { ValueCodec, type ValueCodecOptions } from './values/codec.js';
export type { StoredType } from './values/stored-type.js';

// What telemetry calls things, and which ids it wants
export { DRAWLOOM, GEN_AI, GEN_AI_CONTENT, GENERAL, METRICS } from './telemetry/semantic-conventions.js';
export { wantedIds, type WantedIds } from './telemetry/carrier.js';

// Waits: how they are opened, what becomes of them, what came of them
export {
  APPROVAL_OPTIONS,
  checkApprovalPolicy,
  termsOf,
  termsText,
  type ApprovalTerms,
} from './approval/approval-policy.js';
export { openApproval, type ApprovalOpening, type WaitFacts } from './approval/open-approval.js';
export { judge, judgeDelegation } from './approval/judge-decision.js';
export type { Judgement } from './approval/judgement.js';
export { openSignal, openTimer, receive, type SentSignal, type SignalOpening } from './approval/signal-wait.js';
export { tick, type Tick } from './approval/pass-time.js';
export { keepTime, type TimeKeeping } from './approval/keep-time.js';
export { settledApproval, settledSignal } from './approval/settled-outcome.js';

// Inside a run
export { NodeOrder, type Place } from './graph/node-order.js';
export { deepFreeze, isPlain, isPlainObject } from './values/freeze.js';
export { wait } from './values/wait.js';
export { currentStepOf } from './execution/step-context.js';

// What a store of an audit log in another place needs
export { WriterLock } from './audit/writer-lock.js';
