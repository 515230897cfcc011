import { DefinitionError, tool, type Problem, type Tool } from '@drawloom/core';
import { problems as problem } from '@drawloom/core/front-end';
import { classProblems, places } from '../errors/class-problems.js';
import { readMetadata, type MarkedMember } from '../metadata/class-metadata.js';
import { isSchemaSource, schemaOf, type SchemaSource } from '../schema/input-schema.js';

const OPTIONS = ['name', 'description', 'input', 'timeout', 'approval', 'destructive'];

/** A method as the model calls it. */
type ToolMethod = (input: unknown, context: unknown) => unknown;

/**
 * The methods of an agent that its model may call. Adds what is wrong with them.
 *
 * @param where What messages call the agent.
 */
export function readTools(agent: object, where: string, found: Problem[]): Tool[] {
  return readMetadata(agent.constructor).members.flatMap((member) => {
    const place = `${where}.${String(member.name)}`;
    const mistakes = problemsOfMember(place, member);
    found.push(...mistakes);
    return mistakes.length > 0 ? [] : makeTool(agent, place, member as MarkedMember & { name: string }, found);
  });
}

function problemsOfMember(place: string, { name, on, marks }: MarkedMember): Problem[] {
  const [first] = marks;
  const other = marks.find(({ decorator }) => decorator !== 'Tool');
  if (other !== undefined)
    return [
      classProblems.invalidMember(place, other.decorator, 'a member of an agent', 'a class that extends WorkflowBase'),
    ];
  if (typeof name === 'symbol' || on !== 'method') {
    const is = on === 'method' ? 'a method whose name is a symbol, which a model could not call' : places[on];
    return [classProblems.invalidMember(place, 'Tool', is, 'a method of the instance with a name')];
  }
  if (marks.length > 1) return [classProblems.conflict(place, '@Tool stands on it twice', 'remove one of the two')];
  const options = first!.options;
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    return [classProblems.notOptions(place, 'Tool', options, 'an object with a description for the model')];
  const { input } = options as { input?: unknown };
  return [
    ...Object.keys(options)
      .filter((option) => !OPTIONS.includes(option))
      .map((option) => problem.unknownOption(place, option, OPTIONS)),
    ...(input === undefined || isSchemaSource(input) ? [] : [problem.notASchema(place, input)]),
  ];
}

function makeTool(agent: object, place: string, member: MarkedMember & { name: string }, found: Problem[]): Tool[] {
  const { input: source, ...options } = member.marks[0]!.options as { input?: SchemaSource; name?: string };
  const reading = source === undefined ? undefined : schemaOf(source, place);
  if (reading?.problem !== undefined) {
    found.push(reading.problem);
    return [];
  }
  const run: ToolMethod = (input, context) => (agent as Record<string, ToolMethod>)[member.name]!(input, context);
  try {
    const { name = member.name } = options;
    const made = tool({
      ...(options as { description: string }),
      name,
      run,
      ...(reading === undefined ? {} : { input: reading.schema }),
    });
    return [made];
  } catch (error) {
    if (!DefinitionError.is(error)) throw error;
    found.push(...error.problems.map((mistake) => ({ ...mistake, where: place })));
    return [];
  }
}
