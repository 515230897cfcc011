/**
 * The catalogue: every code with what it means, grouped by the class that carries it. A code is never reused;
 * `docs/errors.md` has a heading for each.
 */
export const ERROR_CODES = {
  // DefinitionError: the author of the workflow acts.
  INVALID_NAME: 'A workflow, node or route has a name that cannot be used.',
  INVALID_OPTION: 'An option has a value that is not allowed.',
  INVALID_STEP: 'What was given as a step cannot be run.',
  INVALID_EDGE: 'START or END stands where it cannot stand.',
  DUPLICATE_NODE: 'Two nodes have the same name.',
  UNKNOWN_NODE: 'An edge, a route, an error edge or the start names a node that does not exist.',
  EDGES_AND_ROUTER: 'A source has plain edges and a router; it can have one or the other.',
  EMPTY_ROUTES: 'A router has no route and no default, so nothing can follow it.',
  EMPTY_WORKFLOW: 'A workflow has no node, or a sugar constructor was given no step.',
  NO_START: 'Nothing says where the run begins.',
  UNREACHABLE_NODE: 'No path leads from START to a node.',
  IMPOSSIBLE_JOIN: 'A join could never be complete.',
  AMBIGUOUS_KEY: 'Two sources of a join would be given to the step under the same key.',
  CYCLE_WITHOUT_STEP: 'A cycle consists of routers only, so no cap could end it.',
  NESTS_ITSELF: 'A workflow contains itself, directly or through the workflows in it.',
  EDIT_DURING_RUN: 'A workflow was edited while one of its runs is in progress.',
  NOT_A_WORKFLOW_CLASS: 'Something other than a class that extends WorkflowBase stands where one must.',
  NOT_AN_AGENT_CLASS: 'Something other than a class that extends AgentBase stands where one must.',
  CONFLICTING_DECORATORS: 'Two decorators on one member of a class cannot both hold.',
  INVALID_MEMBER: 'A decorator stands on a member that cannot be a step or a state field.',
  JOIN_WITH_ROUTES: 'A step says how it joins its sources, and routes lead to it as well.',
  RUN_SCOPE_CAPTURED: 'A singleton would keep what belongs to a single run.',
  CONTAINER_NOT_READY: 'A container lacks what the workflows in it need.',
  INVALID_SCHEMA: 'What was given as a schema could not validate anything.',
  NO_JSON_SCHEMA: 'A schema cannot be written as JSON Schema, or not in the form that a model can be held to.',
  MISSING_PACKAGE: 'An optional package that is needed here is not installed.',
  INVALID_MEMORY_ARGUMENT: 'A memory was asked for something, or given something, that cannot be meant.',
  NO_MODEL: 'Something that asks a language model was given none.',
  UNKNOWN_MODEL: 'A language model is asked for by a name that nobody knows.',
  UNKNOWN_MEMORY: 'A memory is asked for by a text that nobody can open.',
  SCRIPT_MISMATCH: 'The calls of a scripted model are not those that its script has.',

  // StepError: the author of the step or router acts.
  INVALID_INPUT: 'What arrived at a step does not fit the schema of its input.',
  STEP_FAILED: 'A step threw.',
  INSTANCE_FAILED: 'No instance of a workflow class could be made for a run.',
  STEP_TIMEOUT: 'An attempt of a step took longer than its timeout.',
  ROUTER_FAILED: 'A router threw.',
  STATE_CONFLICT: 'Two parallel branches wrote the same state field, and nothing says how to merge them.',
  STATE_WRITTEN_LATE: 'A state field was written after its step had ended.',
  NO_ROUTE: 'A router returned a key that no route handles, and there is no default.',
  AMBIGUOUS_JOIN: 'More than one source delivered to a join that takes exactly one.',
  MAP_INPUT_NOT_A_LIST: 'A map node received something that is not a list.',
  INVALID_OUTPUT: 'What the model of an agent answered does not fit the schema of its output.',
  AGENT_INTERRUPTED: 'An agent stopped before it had an answer.',
  VALUE_NOT_STORABLE: 'A value that a journal should keep has something in it that is no data.',

  // RunError: the caller of the run acts.
  INVALID_RUN_OPTION: 'An option of run, start or stream has a value that is not allowed.',
  WORKFLOW_BUSY: 'A workflow that was constructed by hand was run while one of its runs is in progress.',
  CALLED_ON_HANDLE: 'A step was called on the handle of a workflow instead of on an instance.',
  OUTSIDE_RUN: 'Something that exists only within a run was asked for outside of one.',
  MEMORY_NEEDS_USER: 'A memory that insists on a user id was asked without one.',
  MEMORY_FULL: 'What was to be remembered does not fit into the limits of a memory.',
  MAX_STEPS: 'The run needs more step activations than its cap allows.',
  MAX_VISITS: 'A node would be activated more often than its cap allows.',
  MAX_TOTAL_STEPS: 'The run and everything nested in it need more step activations than their budget allows.',
  RUN_TIMEOUT: 'The run took longer than its timeout.',
  BUDGET_EXCEEDED: 'A model would be asked although the budget of the run or of the agent is used up.',
  ALLOWANCE_USED_UP: 'A model would be asked although an allowance that spans runs, of a user or of all, is used up.',
  RATE_LIMITED: 'A user asks models more often than a rate limit allows.',
  RUN_CANCELLED: 'The run was cancelled.',
  RUN_STALLED: 'The run stopped although a join still waits: a defect of the engine.',

  // AdapterError: the operator of a service acts.
  MODEL_RATE_LIMITED: 'The service of a language model takes no more requests for now.',
  MODEL_UNAVAILABLE: 'The service of a language model could not be reached, or broke off its answer.',
  MODEL_AUTHENTICATION: 'There is no key for a language model, or its service refused it.',
  MODEL_INVALID_REQUEST: 'The service of a language model refused the request.',
  MODEL_CONTENT_FILTERED: 'The content filter of a language model blocked the request.',
  MODEL_FAILED: 'The service of a language model failed in a way that another try would not mend.',
  JOURNAL_VALUE_UNREADABLE: 'What a journal has kept cannot be made into a value again.',
} as const;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof ERROR_CODES;
