import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { RunContext } from '../context/run-context.js';
import { DefinitionError, type Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import type { ToolDefinition } from '../ports/language-model.js';
import type { JsonSchema, Schema } from '../ports/schema.js';
import { isStandardSchema, standardSchema } from '../schema/standard-schema.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';

/** What says what arguments or an answer look like: of any library that follows Standard Schema, or Drawloom's own port. */
export type AnySchema<T> = StandardSchemaV1<unknown, T> | Schema<T>;

/** What a tool is handed beside its arguments. */
export interface ToolContext {
  /** Whose run it is: user, session, metadata. */
  readonly run: RunContext;
  /** Aborted when the tool's time is over, and when the step is cancelled. Pass it on to whatever the tool waits for. */
  readonly signal: AbortSignal;
  /** The model's id of the call. */
  readonly callId: string;
  /**
   * The same where the step is tried again and the model asks for the same call, and for no other call. Give it to services
   * that take an idempotency key.
   */
  readonly idempotencyKey: string;
  /** Announces something to whoever follows the run's events. */
  emit(name: string, data?: unknown): void;
}

/** What holds for each call of a tool, whatever it is made of. */
export interface ToolPolicies {
  /** After it the model is told of an error, and the signal of the call is aborted. More than 0. @defaultValue `'120s'` */
  readonly timeout?: Duration | undefined;
  /**
   * Whether each call has to be approved by the `approve` of the agent that calls. `true`: always, and without an `approve`
   * it is denied. `false`: never. @defaultValue where the agent has an `approve`
   */
  readonly approval?: boolean | undefined;
  /** Whether it does what cannot be undone: `permissions()` ask about it. @defaultValue false */
  readonly destructive?: boolean | undefined;
}

/** {@link tool} */
export interface ToolOptions<I, O> extends ToolPolicies {
  /** Letters, digits, `_` and `-`, at most 64: what the model calls it by. */
  readonly name: string;
  /** What it does and when to use it, for the model. */
  readonly description: string;
  /** What its arguments look like: an object. @defaultValue no arguments */
  readonly input?: AnySchema<I> | undefined;
  /**
   * Text goes to the model as it is, anything else as JSON: 50,000 characters of it at most, then a word on what was cut.
   * What it throws goes there as an error, and so does a stream.
   */
  readonly run: (input: I, context: ToolContext) => O | PromiseLike<O>;
}

/** What a model may call: the definition that it sees, and what runs. */
export interface Tool<I = unknown, O = unknown> {
  readonly definition: ToolDefinition;
  readonly approval: boolean | undefined;
  readonly destructive: boolean;
  readonly timeoutMs: number;
  /** `undefined` where it takes no arguments. */
  readonly input: Schema<I> | undefined;
  run(input: I, context: ToolContext): O | PromiseLike<O>;
}

const OPTIONS: readonly (keyof ToolOptions<unknown, unknown>)[] = [
  'name',
  'description',
  'input',
  'run',
  'timeout',
  'approval',
  'destructive',
];
const NEEDED: readonly string[] = ['name', 'description', 'run'];
const NAME = /^[\w-]{1,64}$/;
const NO_ARGUMENTS: JsonSchema = Object.freeze({
  type: 'object',
  properties: Object.freeze({}),
  required: Object.freeze([]),
  additionalProperties: false,
});

/**
 * Makes a function callable by a model. The model sees strict JSON Schema, and the function only arguments that fit.
 *
 * @throws {@link DefinitionError} INVALID_OPTION with everything that is wrong, INVALID_SCHEMA, NO_JSON_SCHEMA.
 *
 * @example
 * const lookUp = tool({
 *   name: 'look_up',
 *   description: 'Finds an invoice by its number.',
 *   input: schemaOfInvoiceNumber,
 *   run: async ({ number }, { signal }) => findInvoice(number, signal),
 * });
 */
export function tool<I = Record<string, never>, O = unknown>(options: ToolOptions<I, O>): Tool<I, O> {
  DefinitionError.throwIfAny(problemsOf(options));
  const { name, description, run, timeout = '120s', approval, destructive = false } = options;
  const where = `tool(${name})`;
  const input = options.input === undefined ? undefined : schemaFrom(options.input, where);
  const parameters = input === undefined ? NO_ARGUMENTS : input.jsonSchema('strict');
  if (parameters['type'] !== 'object') {
    const given = problem.invalidOption(where, 'input', parameters['type'] ?? parameters, 'a schema of an object');
    throw new DefinitionError([given]);
  }
  const definition = Object.freeze({ name, description, parameters, strict: true });
  return Object.freeze({ definition, approval, destructive, timeoutMs: toMilliseconds(timeout)!, input, run });
}

/** The schema that is meant. @throws {@link DefinitionError} INVALID_SCHEMA */
export function schemaFrom<T>(given: AnySchema<T>, where: string): Schema<T> {
  if (isStandardSchema(given)) return standardSchema(given as StandardSchemaV1<unknown, T>, where);
  const own = given as Partial<Schema<T>> | null | undefined;
  if (typeof own?.validate === 'function' && typeof own.jsonSchema === 'function') return given as Schema<T>;
  throw new DefinitionError([problem.notASchema(where, given)]);
}

/** Whether a tool, or its one argument, can be called that. */
export function isToolName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

/** A name that a tool can have: simpler than those of agents and workflows. */
export function toolName(name: string): string {
  return name.replace(/[^\w-]/g, '_').slice(0, 64);
}

/** Whether something is a tool; by its shape, since it may come from a second installed copy of the package. */
export function isTool(value: unknown): value is Tool {
  if (typeof value !== 'object' || value === null || !('definition' in value) || !('run' in value)) return false;
  const { definition, run } = value;
  return typeof run === 'function' && typeof (definition as { name?: unknown } | null)?.name === 'string';
}

function problemsOf(options: Readonly<Partial<Record<keyof ToolOptions<never, never>, unknown>>>): Problem[] {
  if (typeof options !== 'object' || options === null)
    return [problem.invalidOption('tool()', 'options', options, 'an object { name, description, input, run }')];
  const { name, description, run, timeout, approval, destructive } = options;
  const where = typeof name === 'string' && NAME.test(name) ? `tool(${name})` : 'tool()';
  const unknown = Object.keys(options).filter((key) => !(OPTIONS as readonly string[]).includes(key));
  const rules: [boolean, string, unknown, string][] = [
    [typeof name === 'string' && NAME.test(name), 'name', name, 'letters, digits, "_" and "-", at most 64'],
    [typeof description === 'string' && description.trim() !== '', 'description', description, 'text for the model'],
    [typeof run === 'function', 'run', run, 'a function such as ({ id }) => find(id)'],
    [timeout === undefined || (toMilliseconds(timeout) ?? 0) > 0, 'timeout', timeout, `more than 0; ${DURATION_FORMS}`],
    [approval === undefined || typeof approval === 'boolean', 'approval', approval, 'true, false'],
    [destructive === undefined || typeof destructive === 'boolean', 'destructive', destructive, 'true, false'],
  ];
  return [
    ...unknown.map((key) => problem.unknownOption(where, key, OPTIONS)),
    ...rules
      .filter(([isRight]) => !isRight)
      .map(([, option, value, allowed]) =>
        problem.invalidOption(where, option, value, allowed, NEEDED.includes(option)),
      ),
  ];
}
