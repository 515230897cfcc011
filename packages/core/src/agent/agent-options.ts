import type { AuditGiven, AuditPolicy } from '../audit/audit-policy.js';
import { accompanimentProblems, isAble, keptSurroundings } from '../context/check-surroundings.js';
import type { Guardrails } from '../context/guardrails.js';
import { DefinitionError, type Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import type { Executor } from '../execution/executor.js';
import type { MemoriesGiven, MemoryGiven, MemoryRegistry } from '../memory/memory-registry.js';
import type { Allowance } from '../model/allowance.js';
import { budgetMistakes, type Budget } from '../model/budget.js';
import { settingsProblems } from '../model/check-settings.js';
import type { ModelRegistry, ModelsGiven } from '../model/model-registry.js';
import type { PriceList } from '../model/price-list.js';
import type { RateLimiter } from '../model/rate-limiter.js';
import type { LanguageModel, ModelSettings } from '../ports/language-model.js';
import type { Schema } from '../ports/schema.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { Tone } from '../tone/tone.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';
import { APPROVE_FORMS, type ApproveToolCall } from './approval.js';
import type { AfterTool, BeforeTool } from './tool-hooks.js';
import type { ExtractFacts } from './learn-facts.js';
import { isTool, schemaFrom, type AnySchema, type Tool } from './tool.js';

/** What an agent is made of. */
export interface AgentOptions<O = string> {
  /** What events, spans, results and diagrams call it. */
  readonly name: string;
  /** A language model, or the name of one where models are bound: by `models` here, else by the run. */
  readonly model: LanguageModel | string;
  /** What the model is and how it shall behave. @defaultValue nothing is said */
  readonly instructions?: string | undefined;
  /** What the model may call; each made by `tool()` or `asTool()`. @defaultValue none */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tools of any input stand in one list
  readonly tools?: readonly Tool<any>[] | undefined;
  /** What the answer has to look like; the output is then the value that the schema makes of it. @defaultValue text */
  readonly output?: AnySchema<O> | undefined;
  /** How often the model is told what is wrong with an answer that does not fit `output`. 0 or more. @defaultValue 1 */
  readonly corrections?: number | undefined;
  /**
   * How often the model is asked, corrections aside; then the agent stops, interrupted. At least 1. @defaultValue 20
   */
  readonly maxTurns?: number | undefined;
  /**
   * What becomes of a step whose agent was interrupted (turns used up, answer cut, refused or blocked): it fails, or the text so far
   * flows on. `agent.run` gives the result either way. @defaultValue `'fail'`
   */
  readonly whenInterrupted?: 'fail' | 'continue' | undefined;
  /** How the model shall answer. A `toolChoice` that forces a call holds for the first turn. */
  readonly settings?: ModelSettings | undefined;
  /** How it sounds; `null` for no tone, whatever the workflow says. @defaultValue that of the run */
  readonly tone?: Tone | null | undefined;
  /** Where its spans go, and those of what its tools run; `null` for nowhere. @defaultValue that of the run */
  readonly telemetry?: Telemetry | null | undefined;
  /** What it remembers with: a memory, or its text; `null` for nothing. @defaultValue that of the run */
  readonly memory?: MemoryGiven | null | undefined;
  /**
   * `own`: in a workflow the agent has a conversation of its own in the run's session. `shared`: it hears what other agents
   * of the session said. @defaultValue `'own'`
   */
  readonly session?: 'own' | 'shared' | undefined;
  /** Messages of earlier turns that the model sees. 0 or more. @defaultValue 20 */
  readonly history?: number | undefined;
  /** Episodes of other sessions that the model is reminded of. 0 or more. @defaultValue 5 */
  readonly recall?: number | undefined;
  /**
   * Whether facts are taken from each exchange and given to the memory, after the answer and before the run ends: `true` asks
   * the agent's model once more, a function takes them by itself, within `checkTimeout`. Without a memory there are none.
   * @defaultValue false
   */
  readonly learn?: boolean | ExtractFacts | undefined;
  /** Asked before a tool runs. Anything but a clear yes denies. @defaultValue only tools with `approval: true` need one */
  readonly approve?: ApproveToolCall | undefined;
  /** How long `approve` may take; then the call is denied. More than 0. @defaultValue `'5m'` */
  readonly approvalTimeout?: Duration | undefined;
  /**
   * Called in turn before a tool is asked about, and once more where its arguments were edited. A hook can only object.
   * @defaultValue none
   */
  readonly beforeTool?: readonly BeforeTool[] | undefined;
  /** Called in turn with what came of each call of a tool. What they throw is announced as `hook.failed`. @defaultValue none */
  readonly afterTool?: readonly AfterTool[] | undefined;
  /**
   * What looks at what the agent is asked, at its answer, and at what its tools give, before those of the run do.
   * @defaultValue those of the run
   */
  readonly guardrails?: Guardrails | undefined;
  /** How long each hook and each guardrail may take; a guardrail that takes longer blocks. More than 0. @defaultValue `'10s'` */
  readonly checkTimeout?: Duration | undefined;
  /** How often the agent may ask its model for each user; `null` for no bound. @defaultValue that of the run */
  readonly rateLimit?: RateLimiter | null | undefined;
  /** Caps of each run of the agent, with everything that its tools run. @defaultValue none */
  readonly budget?: Budget | undefined;
  /** Budgets that span its runs, beside those of the run. @defaultValue none */
  readonly allowances?: readonly Allowance[] | undefined;
  /** How runs of the agent by itself are recorded; in a step it is part of that step's run. @defaultValue that of the executor, or around it */
  readonly audit?: AuditGiven | undefined;
  /** Carries out runs of the agent by itself; in a step it is part of that step's run. @defaultValue in this process */
  readonly executor?: Executor | undefined;
  /** The models that `model` may name: providers, single models, or a registry. @defaultValue those of the run */
  readonly models?: ModelsGiven | undefined;
  /** What opens memories by text: providers, or a registry. @defaultValue those of the run, else `in-memory` alone */
  readonly memories?: MemoriesGiven | undefined;
  /** @defaultValue the list prices */
  readonly prices?: PriceList | undefined;
}

/** The same, checked and with defaults. */
export interface AgentSettings extends Omit<
  AgentOptions<unknown>,
  'output' | 'approvalTimeout' | 'checkTimeout' | 'audit' | 'models' | 'memories'
> {
  readonly models?: ModelRegistry | undefined;
  readonly memories?: MemoryRegistry | undefined;
  readonly audit?: AuditPolicy | null | undefined;
  readonly instructions: string;
  readonly tools: readonly Tool[];
  readonly output: Schema | undefined;
  readonly corrections: number;
  readonly maxTurns: number;
  readonly whenInterrupted: 'fail' | 'continue';
  readonly session: 'own' | 'shared';
  readonly history: number;
  readonly recall: number;
  readonly approvalTimeoutMs: number;
  readonly checkTimeoutMs: number;
}

const OPTIONS: readonly (keyof AgentOptions)[] = [
  'name',
  'model',
  'instructions',
  'tools',
  'output',
  'corrections',
  'maxTurns',
  'whenInterrupted',
  'settings',
  'tone',
  'memory',
  'telemetry',
  'session',
  'history',
  'recall',
  'learn',
  'approve',
  'approvalTimeout',
  'beforeTool',
  'afterTool',
  'guardrails',
  'checkTimeout',
  'rateLimit',
  'budget',
  'allowances',
  'audit',
  'executor',
  'models',
  'memories',
  'prices',
];

/** @throws {@link DefinitionError} with everything that is wrong. */
export function agentSettings(options: AgentOptions<unknown>): AgentSettings {
  DefinitionError.throwIfAny(problemsOf(options));
  const { name, output, approvalTimeout = '5m', checkTimeout = '10s' } = options;
  const schema = output === undefined ? undefined : schemaFrom<unknown>(output, `${name}.output`);
  schema?.jsonSchema('strict'); // what a model cannot be told is found now
  return Object.freeze({
    ...options,
    instructions: options.instructions ?? '',
    tools: Object.freeze([...(options.tools ?? [])]) as readonly Tool[],
    output: schema,
    corrections: options.corrections ?? 1,
    maxTurns: options.maxTurns ?? 20,
    whenInterrupted: options.whenInterrupted ?? 'fail',
    session: options.session ?? 'own',
    history: options.history ?? 20,
    recall: options.recall ?? 5,
    beforeTool: Object.freeze([...(options.beforeTool ?? [])]),
    afterTool: Object.freeze([...(options.afterTool ?? [])]),
    ...keptSurroundings(options),
    approvalTimeoutMs: toMilliseconds(approvalTimeout)!,
    checkTimeoutMs: toMilliseconds(checkTimeout)!,
  });
}

function problemsOf(options: AgentOptions<unknown>): Problem[] {
  if (typeof options !== 'object' || options === null)
    return [problem.invalidOption('Agent', 'options', options, 'an object { name, model, ... }')];
  const { name, model, instructions, session, whenInterrupted, approve, approvalTimeout } = options;
  const isNamed = typeof name === 'string' && name !== '' && name !== '__proto__';
  const where = isNamed ? name : 'Agent';
  const isWhole = (value: unknown, least: number): boolean =>
    value === undefined || (Number.isSafeInteger(value) && (value as number) >= least);
  const rules: [boolean, string, unknown, string][] = [
    [instructions === undefined || typeof instructions === 'string', 'instructions', instructions, 'text'],
    [isWhole(options.corrections, 0), 'corrections', options.corrections, 'a whole number of 0 or more'],
    [isWhole(options.maxTurns, 1), 'maxTurns', options.maxTurns, 'a whole number of 1 or more'],
    [isWhole(options.history, 0), 'history', options.history, 'a whole number of 0 or more'],
    [isWhole(options.recall, 0), 'recall', options.recall, 'a whole number of 0 or more'],
    [
      [undefined, 'fail', 'continue'].includes(whenInterrupted),
      'whenInterrupted',
      whenInterrupted,
      '"fail", "continue"',
    ],
    [[undefined, 'own', 'shared'].includes(session), 'session', session, '"own", "shared"'],
    [
      options.prices === undefined || isAble(options.prices, ['costOf']),
      'prices',
      options.prices,
      'a PriceList, such as new PriceList({ "my-model": { input: 1, output: 4 } })',
    ],
    [
      options.executor === undefined || typeof options.executor.prepare === 'function',
      'executor',
      options.executor,
      'an Executor',
    ],
    [approve === undefined || typeof approve === 'function', 'approve', approve, APPROVE_FORMS],
    [
      approvalTimeout === undefined || (toMilliseconds(approvalTimeout) ?? 0) > 0,
      'approvalTimeout',
      approvalTimeout,
      `more than 0; ${DURATION_FORMS}`,
    ],
    [
      [undefined, true, false].includes(options.learn as boolean | undefined) || typeof options.learn === 'function',
      'learn',
      options.learn,
      'true, false, a function (exchange) that gives facts',
    ],
    [isFunctions(options.beforeTool), 'beforeTool', options.beforeTool, 'a list of functions (call, context)'],
    [isFunctions(options.afterTool), 'afterTool', options.afterTool, 'a list of functions (record, context)'],
    [
      options.checkTimeout === undefined || (toMilliseconds(options.checkTimeout) ?? 0) > 0,
      'checkTimeout',
      options.checkTimeout,
      `more than 0; ${DURATION_FORMS}`,
    ],
  ];
  return [
    ...(isNamed ? [] : [problem.invalidName('Agent', 'the name', name)]),
    ...Object.keys(options)
      .filter((key) => !(OPTIONS as readonly string[]).includes(key))
      .map((key) => problem.unknownOption(where, key, OPTIONS)),
    ...(model === undefined || model === null || model === '' ? [problem.noModel(where)] : []),
    ...rules
      .filter(([isRight]) => !isRight)
      .map(([, option, value, allowed]) => problem.invalidOption(where, option, value, allowed)),
    ...settingsProblems(where, options.settings),
    ...accompanimentProblems(where, options),
    ...problem.invalidOptions(where, budgetMistakes(options.budget)),
    ...problemsOfTools(where, options.tools),
  ];
}

/**
 * The tools of an agent with those that a call brings.
 *
 * @throws {@link DefinitionError} INVALID_OPTION
 */
export function joinedTools(where: string, own: readonly Tool[], more: readonly Tool[]): readonly Tool[] {
  DefinitionError.throwIfAny(problemsOfTools(where, Array.isArray(more) ? [...own, ...more] : more));
  return Object.freeze([...own, ...more]);
}

function isFunctions(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every((hook) => typeof hook === 'function'));
}

const TOOL_FORMS =
  'a list of tools: tool({ name: "look_up", description: "...", input, run: ({ id }) => find(id) }), agent.asTool({ ... }), workflow.asTool({ ... })';

function problemsOfTools(where: string, tools: unknown): Problem[] {
  if (tools === undefined) return [];
  if (!Array.isArray(tools)) return [problem.invalidOption(where, 'tools', tools, TOOL_FORMS)];
  const names = tools.map((tool: unknown) => (isTool(tool) ? tool.definition.name : undefined));
  return tools.flatMap((tool: unknown, index) => {
    if (!isTool(tool)) return [problem.invalidOption(where, `tools[${index}]`, tool, TOOL_FORMS, true)];
    const isTwice = names.indexOf(names[index]) !== index;
    const allowed = 'a name that no other tool of the agent has';
    return isTwice ? [problem.invalidOption(where, `tools[${index}].name`, names[index], allowed, true)] : [];
  });
}
