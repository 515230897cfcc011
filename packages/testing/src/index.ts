// Time and promises that the test settles.
export { deferred, type Deferred } from './deferred.js';
export { VirtualClock, type VirtualClockOptions } from './virtual-clock.js';

// What a run did, as assertions: with the preset `expect` has them.
export {
  toCoverEveryEdge,
  toHaveRouted,
  toHaveVisited,
  toHaveVisitedExactly,
  type DrawloomMatchers,
  type EdgeCoverageOptions,
} from './matchers/index.js';

// Which edges of a workflow its tests never took.
export { edgeCoverage, type CoveredEdge, type EdgeCoverage } from './edges/edge-coverage.js';

// Language models for tests.
export { ScriptedModel, scriptedModels, type AfterEach, type ScriptedModelOptions } from './models/scripted-model.js';
export type {
  AnsweringTurn,
  FailingTurn,
  RequestPattern,
  ScriptedError,
  ScriptedToolCall,
  ScriptedTurn,
} from './models/scripted-turn.js';
export { recordModel, type RecordedModel, type RecordOptions } from './models/record-model.js';
export {
  languageModelContract,
  type ModelContract,
  type SuiteCall,
  type SuiteRunner,
} from './models/language-model-contract.js';

// What every memory must do.
export { memoryContract, type MemoryContractOptions, type MemorySetup } from './memory/memory-contract.js';

// What every store of an audit log must do.
export { auditStoreContract, type AuditStoreContractOptions } from './audit/audit-store-contract.js';

// What every journal must do.
export { journalContract, type JournalContractOptions } from './journal/journal-contract.js';

// The spans of runs, for tests to look at.
export { RecordingTelemetry, type RecordedSpan } from './telemetry/recording-telemetry.js';
export { telemetryContract, type ObservedSpan, type TelemetryContractOptions } from './telemetry/telemetry-contract.js';
