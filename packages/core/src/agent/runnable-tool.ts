import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import type { Schema, Validated } from '../ports/schema.js';
import { receivedAt } from '../schema/received.js';
import { isPlain } from '../values/freeze.js';
import { isToolName, schemaFrom, tool, toolName, type AnySchema, type Tool, type ToolPolicies } from './tool.js';

/** How an agent or a workflow is given to an agent. */
export interface RunnableToolOptions<I> extends ToolPolicies {
  /** Letters, digits, `_` and `-`, at most 64. @defaultValue that of what runs, with `_` for other characters */
  readonly name?: string | undefined;
  /** What it does and when to use it, for the model. @defaultValue what it is, and its name */
  readonly description?: string | undefined;
  /**
   * What it is given: an object, which an agent sees as JSON.
   * @defaultValue of a workflow the schema of the step that a run begins with, else one text
   */
  readonly input?: AnySchema<I> | undefined;
  /** Where it is given one text: what that is called. Letters, digits, `_` and `-`, at most 64. @defaultValue `'input'` */
  readonly argument?: string | undefined;
}

/** What runs when the tool is called. */
export interface RunnableOfTool<I, O> {
  readonly name: string;
  /** Of a tool that nobody describes. */
  readonly description: string;
  /** What it takes, where it says so itself. */
  readonly takes: (() => Schema | undefined) | undefined;
  run(input: I, signal: AbortSignal): Promise<O>;
}

/**
 * An agent or a workflow as a tool.
 *
 * @throws {@link DefinitionError} INVALID_OPTION, INVALID_SCHEMA, NO_JSON_SCHEMA
 */
export function runnableTool<I, O>(
  runs: RunnableOfTool<I, O>,
  { name = toolName(runs.name), description = runs.description, input, argument, ...policies }: RunnableToolOptions<I>,
): Tool<unknown, O> {
  const where = `${runs.name}.asTool`;
  const schema = input === undefined ? runs.takes?.() : schemaFrom(input, where);
  const text = textArgument(where, argument, schema);
  return tool<unknown, O>({
    name,
    description,
    input: schema ?? textInput(text),
    ...policies,
    run: (given, { signal }) => {
      return runs.run((schema === undefined ? (given as TextInput)[text] : given) as I, signal);
    },
  });
}

function textArgument(where: string, argument: string | undefined, schema: Schema | undefined): string {
  if (argument === undefined) return 'input';
  if (schema === undefined && isToolName(argument) && argument !== '__proto__') return argument;
  const allowed =
    schema === undefined ? 'letters, digits, "_" and "-", at most 64' : 'nothing: what it is given has a schema';
  throw new DefinitionError([problem.invalidOption(where, 'argument', argument, allowed)]);
}

/** An object of one text, by the name of its argument. */
type TextInput = Readonly<Record<string, string>>;

function textInput(argument: string): Schema<TextInput> {
  const text = Object.freeze({ type: 'string', description: 'What it is asked, in full.' });
  const jsonSchema = Object.freeze({
    type: 'object',
    properties: Object.freeze({ [argument]: text }),
    required: Object.freeze([argument]),
    additionalProperties: false,
  });
  return Object.freeze({
    jsonSchema: () => jsonSchema,
    validate: (given: unknown): Validated<TextInput> => {
      const value = isPlain(given) && Object.hasOwn(given, argument) ? (given as TextInput)[argument] : undefined;
      if (typeof value === 'string') return { ok: true, value: { [argument]: value } };
      const violation = { path: [argument], constraint: 'text', received: receivedAt(given, [argument]) };
      return { ok: false, violations: [violation] };
    },
  });
}
