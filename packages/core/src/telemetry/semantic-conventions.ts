/**
 * Every name that spans, events and metrics of Drawloom have, in one place.
 *
 * Where OpenTelemetry has a name for something it is used. Its conventions for generative AI are in development, and
 * names in them still change: these are those of version 1.41.0, the last one before they moved to a repository of their
 * own, whose drafts rename some of them. What the conventions have no word for begins with `drawloom.`.
 */

/** The version of the conventions that the names are from, and by which a backend knows how to read them. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.41.0';

/** What spans and metrics are said to come from. */
export const INSTRUMENTATION_NAME = '@drawloom/core';

/** Attributes of the conventions for generative AI. */
export const GEN_AI = Object.freeze({
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  conversation: 'gen_ai.conversation.id',
  workflow: 'gen_ai.workflow.name',
  agent: 'gen_ai.agent.name',
  outputType: 'gen_ai.output.type',
  requestModel: 'gen_ai.request.model',
  temperature: 'gen_ai.request.temperature',
  topP: 'gen_ai.request.top_p',
  maxTokens: 'gen_ai.request.max_tokens',
  stopSequences: 'gen_ai.request.stop_sequences',
  seed: 'gen_ai.request.seed',
  responseModel: 'gen_ai.response.model',
  responseId: 'gen_ai.response.id',
  finishReasons: 'gen_ai.response.finish_reasons',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWrittenTokens: 'gen_ai.usage.cache_creation.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  tool: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  toolCallId: 'gen_ai.tool.call.id',
  tokenType: 'gen_ai.token.type',
} as const);

/** Attributes of the conventions that hold content: only set where capturing it was switched on. */
export const GEN_AI_CONTENT = Object.freeze({
  instructions: 'gen_ai.system_instructions',
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  toolDefinitions: 'gen_ai.tool.definitions',
  toolArguments: 'gen_ai.tool.call.arguments',
  toolResult: 'gen_ai.tool.call.result',
} as const);

/**
 * What is done with a memory, and with which part of it; 1.41.0 has no names for that, so these are those of the drafts after it.
 * By the methods of a memory.
 */
export const MEMORY_OPERATIONS = Object.freeze({
  recall: ['search_memory', 'episodes'],
  history: ['search_memory', 'history'],
  facts: ['search_memory', 'facts'],
  blocks: ['search_memory', 'blocks'],
  profile: ['search_memory', 'profile'],
  export: ['search_memory', 'export'],
  remember: ['upsert_memory', 'episodes'],
  learn: ['upsert_memory', 'facts'],
  setBlock: ['upsert_memory', 'blocks'],
  removeBlock: ['delete_memory', 'blocks'],
  forget: ['delete_memory', 'user'],
} as const);

/** Attributes of other conventions of OpenTelemetry. */
export const GENERAL = Object.freeze({
  errorType: 'error.type',
  exceptionEvent: 'exception',
  exceptionType: 'exception.type',
  exceptionMessage: 'exception.message',
  exceptionStack: 'exception.stacktrace',
  userId: 'user.id',
  sessionId: 'session.id',
} as const);

/** Attributes and events of our own. */
export const DRAWLOOM = Object.freeze({
  /** On every span: `workflow` for what the developer decided, `agent` for what a model did. */
  pattern: 'drawloom.pattern',
  workflowName: 'drawloom.workflow.name',
  workflowVersion: 'drawloom.workflow.version',
  runId: 'drawloom.run.id',
  parentRunId: 'drawloom.run.parent_id',
  /** The effective tone: a preset, or `custom` for a sentence, which is told to the model and so is content. */
  tone: 'drawloom.tone',
  /** `completed`, `failed`, `cancelled` or `suspended`. */
  outcome: 'drawloom.outcome',
  /** The run ended while this still went on. */
  abandoned: 'drawloom.abandoned',
  stepName: 'drawloom.step.name',
  /** `step`, `item`, `map`, `router`, `compensation` or `function`. */
  stepKind: 'drawloom.step.kind',
  visit: 'drawloom.step.visit',
  attempt: 'drawloom.step.attempt',
  item: 'drawloom.step.item',
  /** How long it waited for its turn, in seconds: for a free place of `maxConcurrency`, or for its own visit before. */
  queued: 'drawloom.step.queued',
  functionName: 'drawloom.function.name',
  occurrence: 'drawloom.call.occurrence',
  routeKeys: 'drawloom.route.keys',
  routeTargets: 'drawloom.route.targets',
  turn: 'drawloom.agent.turn',
  turns: 'drawloom.agent.turns',
  interrupted: 'drawloom.agent.interrupted',
  cost: 'drawloom.usage.cost',
  /** Which method of the memory. */
  memory: 'drawloom.memory.operation',
  /** Content. */
  input: 'drawloom.input',
  output: 'drawloom.output',
  /** An event: a signal came, or a time. */
  waitResolved: 'drawloom.wait.resolved',
  /** An event: somebody or something decided about what waited for approval. */
  approvalDecided: 'drawloom.approval.decided',
  approvalSubject: 'drawloom.approval.subject',
  approvalDecision: 'drawloom.approval.decision',
  /** An event, and a metric: nothing is left of a cap, and a call of a model was refused. */
  budgetExceeded: 'drawloom.budget.exceeded',
  /** `calls`, `tokens`, `usd` or `time`. */
  cap: 'drawloom.budget.cap',
  limit: 'drawloom.budget.limit',
  used: 'drawloom.budget.used',
  allowance: 'drawloom.budget.allowance',
} as const);

/** Metrics. Durations are in seconds. */
export const METRICS = Object.freeze({
  tokenUsage: 'gen_ai.client.token.usage',
  operationDuration: 'gen_ai.client.operation.duration',
  runDuration: 'drawloom.run.duration',
  stepDuration: 'drawloom.step.duration',
  stepRetries: 'drawloom.step.retries',
  stepQueue: 'drawloom.step.queue.duration',
  agentDuration: 'drawloom.agent.duration',
  toolDuration: 'drawloom.tool.duration',
  cost: 'drawloom.usage.cost',
  budgetExceeded: 'drawloom.budget.exceeded',
} as const);

/** The boundaries of histograms that the conventions ask for. */
export const TOKEN_BOUNDARIES = Array.from({ length: 14 }, (_, exponent) => 4 ** exponent);
export const DURATION_BOUNDARIES = Array.from({ length: 14 }, (_, exponent) => 2 ** exponent / 100);

/** The service of a model that does not say whose it is. */
export const OTHER_PROVIDER = '_OTHER';
/** The type of an error that has neither a code nor a name. */
export const OTHER_ERROR = '_OTHER';
