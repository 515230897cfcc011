/**
 * A named constructor for every mistake in a definition: it takes plain facts and gives the problem as data, so that
 * all messages stand in one file.
 */
import type { ErrorCode } from './error-codes.js';
import type { Problem } from './definition-error.js';
import { describeReason, describeValue, listNames } from './format-message.js';
import { suggestName } from './suggest-name.js';

/** An option that has a value which is not allowed, for whoever says where it stands. */
export interface OptionMistake {
  readonly option: string;
  readonly value: unknown;
  readonly allowed: string;
}

const problem = (code: ErrorCode, where: string, what: string, fix: string): Problem => ({ code, where, what, fix });

export const problems = {
  invalidName: (where: string, what: string, value: unknown): Problem =>
    problem(
      'INVALID_NAME',
      where,
      `${what} is ${describeValue(value)} (allowed: text of at least one character, but not "__proto__")`,
      'give it a name that a person would recognise in a diagram',
    ),

  /** @param isNeeded - whether it has no default. What is undefined, and wrong, has none. */
  invalidOption: (where: string, option: string, value: unknown, allowed: string, isNeeded = false): Problem =>
    problem(
      'INVALID_OPTION',
      where,
      `option ${option} is ${describeValue(value)} (allowed: ${allowed})`,
      value === undefined
        ? `say what ${option} is: it has no default`
        : `change ${option}${isNeeded ? '' : ', or leave it out for its default'}`,
    ),

  invalidOptions: (where: string, mistakes: readonly OptionMistake[]): Problem[] =>
    mistakes.map(({ option, value, allowed }) => problems.invalidOption(where, option, value, allowed)),

  unknownOption: (where: string, option: string, known: readonly string[]): Problem => {
    const meant = suggestName(option, known);
    return problem(
      'INVALID_OPTION',
      where,
      `there is no option ${describeValue(option)} (options: ${listNames(known)})`,
      meant === undefined ? 'remove it' : `change it to ${describeValue(meant)}`,
    );
  },

  invalidStep: (where: string, value: unknown): Problem =>
    problem(
      'INVALID_STEP',
      where,
      `${describeValue(value)} cannot be run as a step (allowed: a function, a Workflow, or an object with a method runStep)`,
      'pass the function itself, not the result of calling it',
    ),

  synchronousStep: (where: string): Problem =>
    problem(
      'INVALID_STEP',
      where,
      'step() decorates async functions, and this one returned a plain value',
      'declare the function async, or drop step() and give the plain function to addNode, chain or route',
    ),

  invalidEdge: (where: string, what: string, fix: string): Problem => problem('INVALID_EDGE', where, what, fix),

  duplicateNode: (workflow: string, name: string): Problem =>
    problem(
      'DUPLICATE_NODE',
      `${workflow}.${name}`,
      `a node ${describeValue(name)} is already registered`,
      'rename one of the two; the same function may stand under several names',
    ),

  unknownNode: (where: string, role: string, name: unknown, names: readonly string[]): Problem => {
    const meant = typeof name === 'string' ? suggestName(name, names) : undefined;
    const add =
      typeof name === 'string' ? `add it with addNode(${describeValue(name)}, ...)` : 'name a node by its text';
    return problem(
      'UNKNOWN_NODE',
      where,
      `${role} ${describeValue(name)} does not exist (nodes: ${listNames(names)})`,
      meant === undefined ? add : `change it to ${describeValue(meant)}, or ${add}`,
    );
  },

  edgesAndRouter: (where: string, held: string, added: string): Problem =>
    problem(
      'EDGES_AND_ROUTER',
      where,
      `it has ${held} already, so ${added} cannot be added`,
      'keep one of the two: a fan-out (addEdge) or a choice (addRouter); to do both, put a step between',
    ),

  compensatedTwice: (where: string): Problem =>
    problem('DUPLICATE_NODE', where, 'two functions undo it', 'undo in one function all that the node has done'),

  emptyRoutes: (where: string): Problem =>
    problem('EMPTY_ROUTES', where, 'the router has no route and no default', 'give it at least one route or a default'),

  emptyWorkflow: (where: string, what: string): Problem =>
    problem('EMPTY_WORKFLOW', where, what, 'add at least one step'),

  noStart: (workflow: string): Problem =>
    problem(
      'NO_START',
      workflow,
      'no start node is set',
      'call setStart("node"), addEdge(START, "node") or addRouter(START, choose, routes)',
    ),

  unreachableNode: (workflow: string, name: string): Problem =>
    problem(
      'UNREACHABLE_NODE',
      `${workflow}.${name}`,
      'no path leads from START to it, so it could never run',
      'add an edge or a route to it, or remove it',
    ),

  impossibleJoin: (where: string, what: string, fix: string): Problem => problem('IMPOSSIBLE_JOIN', where, what, fix),

  ambiguousKey: (where: string, key: string): Problem =>
    problem(
      'AMBIGUOUS_KEY',
      where,
      `two of its sources would both be given to it as ${describeValue(key)}`,
      'name the router (option name), or put a step between, so that every source of the join has its own name',
    ),

  cycleWithoutStep: (workflow: string, names: readonly string[]): Problem =>
    problem(
      'CYCLE_WITHOUT_STEP',
      workflow,
      `the cycle of ${listNames(names)} contains no step, so no cap could end it`,
      'put a step on the cycle, or route one of the routers elsewhere',
    ),

  nestsItself: (workflow: string): Problem =>
    problem(
      'NESTS_ITSELF',
      workflow,
      'it is a node of itself, directly or through the workflows in it, so compiling it would never end',
      'call it from a step with workflow.run(...), which recurs only as often as the step says',
    ),

  notASchema: (where: string, value: unknown): Problem =>
    problem(
      'INVALID_SCHEMA',
      where,
      `${describeValue(value)} is no schema (allowed: what follows Standard Schema, such as a schema of zod or valibot)`,
      'pass the schema itself; some libraries need a newer version to follow Standard Schema',
    ),

  noJsonSchema: (where: string, place: string, what: string, fix: string): Problem =>
    problem('NO_JSON_SCHEMA', where, `${place} ${what}, which a model cannot be held to`, fix),

  noJsonSchemaOfLibrary: (where: string, vendor: string, reason: unknown): Problem =>
    problem(
      'NO_JSON_SCHEMA',
      where,
      `the library ${describeValue(vendor)} gives no JSON Schema${reason === undefined ? '' : `; it says: ${firstLine(describeReason(reason))}`}`,
      reason === undefined
        ? 'use a version of it that follows Standard JSON Schema ("~standard".jsonSchema), or its converter for it'
        : 'change the part of the schema that it names',
    ),

  telemetryStarted: (where: string): Problem =>
    problem(
      'TELEMETRY_STARTED',
      where,
      'an SDK of OpenTelemetry is registered in this process already (allowed: one)',
      'call shutdown() of the other one first, or give runs telemetry: openTelemetry(), which uses the one that is there',
    ),

  noModel: (where: string): Problem =>
    problem(
      'NO_MODEL',
      where,
      'it has no model to ask (allowed: a LanguageModel, or a name such as "gpt-4.1-mini" where models are bound)',
      'give it one: model: "gpt-4.1-mini", or model: new EchoModel() to begin without a key',
    ),

  unknownModel: (where: string, model: unknown, forms: readonly string[]): Problem =>
    problem(
      'UNKNOWN_MODEL',
      where,
      `no model is called ${describeValue(model)} (known: ${listNames(forms)})`,
      forms.length === 0
        ? 'say where models come from: drawloom({ models: openai() }), with openai of @drawloom/openai; or give a LanguageModel'
        : `write it as one of these (${describeValue('openai:my-model')} for a name that no beginning tells), or give a LanguageModel`,
    ),

  /** Of the text only what stands before the colon: the rest may hold a password. */
  unknownMemory: (where: string, name: string, isWhole: boolean, forms: readonly string[]): Problem =>
    problem(
      'UNKNOWN_MEMORY',
      where,
      `no memory is opened by ${describeValue(isWhole ? name : `${name}:…`)} (known: ${listNames(forms)})`,
      forms.length > 1
        ? 'write it as one of these, or give a Memory'
        : 'say what opens it, such as memories: new SqliteMemories() of @drawloom/sqlite; or give a Memory',
    ),

  noAuthentication: (where: string): Problem =>
    problem(
      'NO_AUTHENTICATION',
      where,
      'nothing says whether whoever acts is who they claim to be',
      'give it authenticate: (claimed) => ({ userId, groups }), or trustedCaller: true where the caller has authenticated them',
    ),

  invalidMemoryArgument: (where: string, argument: string, value: unknown, allowed: string): Problem =>
    problem(
      'INVALID_MEMORY_ARGUMENT',
      where,
      `${argument} is ${describeValue(value)} (allowed: ${allowed})`,
      `change ${argument}; nothing was changed or read`,
    ),

  unknownMemoryArgument: (where: string, argument: string, name: string, known: readonly string[]): Problem => {
    const meant = suggestName(name, known);
    return problem(
      'INVALID_MEMORY_ARGUMENT',
      where,
      `${argument} has a property ${describeValue(name)}, which is not known (known: ${listNames(known)})`,
      meant === undefined ? 'remove it' : `change it to ${describeValue(meant)}`,
    );
  },

  editDuringRun: (workflow: string, edit: string, runs: number): Problem =>
    problem(
      'EDIT_DURING_RUN',
      workflow,
      `${edit} was called while ${runs === 1 ? 'a run' : `${runs} runs`} of it ${runs === 1 ? 'is' : 'are'} in progress`,
      'finish building before the first run, or build a second workflow',
    ),
};

/** Of what somebody else says: messages are one line. */
function firstLine(text: string): string {
  const [line = ''] = text.split('\n', 1);
  return line.slice(0, 200).replace(/[.\s]+$/, '');
}
