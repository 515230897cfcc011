/**
 * A named constructor for every mistake that only a class can have. Where the mistake is the graph's, but the fix is a
 * class's, the code is that of the graph.
 */
import type { Problem } from '@drawloom/core';
import { describeValue, isStart, listNames, suggestName } from '@drawloom/core/front-end';

export const classProblems = {
  notAWorkflowClass: (value: unknown): Problem => ({
    code: 'NOT_A_WORKFLOW_CLASS',
    where: typeof value === 'function' && value.name !== '' ? value.name : 'workflows',
    what: `${typeof value === 'function' ? 'the class' : describeValue(value)} is not a workflow (allowed: classes that extend WorkflowBase)`,
    fix: 'let it extend WorkflowBase, or bind it like any other service',
  }),

  notAnAgentClass: (value: unknown): Problem => ({
    code: 'NOT_AN_AGENT_CLASS',
    where: typeof value === 'function' && value.name !== '' ? value.name : 'agents',
    what: `${typeof value === 'function' ? 'the class' : describeValue(value)} is not an agent (allowed: classes that extend AgentBase)`,
    fix: 'let it extend AgentBase, or bind it like any other service',
  }),

  notConfigured: (where: string, configured: unknown): Problem => ({
    code: 'INVALID_OPTION',
    where,
    what: `configure() returns ${describeValue(configured)} (allowed: an object { model, instructions, ... }, at once)`,
    fix: 'return what the agent is made of: configure() { return { model: "gpt-4.1-mini" }; }',
  }),

  configuredAgent: (where: string): Problem => ({
    code: 'INVALID_MEMBER',
    where,
    what: '@Configure stands on an agent (allowed: a class that extends WorkflowBase)',
    fix: 'say it in what configure() returns',
  }),

  constructorNotServed: (where: string, reason: string): Problem => ({
    code: 'CONTAINER_NOT_READY',
    where,
    what: `its constructor cannot be served: ${reason.split('\n')[0]}`,
    fix: 'put @inject(Token) on every parameter',
  }),

  invalidMember: (where: string, decorator: string, is: string, allowed: string): Problem => ({
    code: 'INVALID_MEMBER',
    where,
    what: `@${decorator} stands on ${is} (allowed: ${allowed})`,
    fix: `move the decorator to ${allowed}`,
  }),

  reservedName: (where: string, name: string): Problem => ({
    code: 'INVALID_MEMBER',
    where,
    what: `${describeValue(name)} is a member of every workflow and cannot be a step`,
    fix: 'rename the method',
  }),

  thenable: (where: string): Problem => ({
    code: 'INVALID_MEMBER',
    where,
    what: 'a member with the name "then" would make a promise of every instance, and cannot be a step',
    fix: 'rename the method',
  }),

  conflict: (where: string, what: string, fix: string): Problem => ({
    code: 'CONFLICTING_DECORATORS',
    where,
    what,
    fix,
  }),

  configuredTwice: (where: string): Problem => ({
    code: 'CONFLICTING_DECORATORS',
    where,
    what: '@Configure stands on the class twice',
    fix: 'put all options into one of the two',
  }),

  nothingToUndo: (where: string, name: string): Problem => ({
    code: 'INVALID_OPTION',
    where,
    what: `@Compensate names ${describeValue(name)}, which does nothing that could be undone (allowed: a step)`,
    fix: 'name the step that does it',
  }),

  joinWithRoutes: (where: string, join: string, others: readonly string[]): Problem => ({
    code: 'JOIN_WITH_ROUTES',
    where,
    what: `it joins its sources by ${join}, but further ways lead to it: ${others.join(', ')}`,
    fix: 'use oneOf where exactly one of them delivers, or put a step between',
  }),

  notOptions: (
    where: string,
    decorator: string,
    options: unknown,
    allowed = 'an object of options, or nothing',
  ): Problem => ({
    code: 'INVALID_OPTION',
    where,
    what: `@${decorator} was given ${describeValue(options)} (allowed: ${allowed})`,
    fix: `write @${decorator}({ ... }) with the options by name`,
  }),

  invalidRoutes: (where: string, routes: unknown): Problem => ({
    code: 'INVALID_OPTION',
    where,
    what: `option routes is ${describeValue(routes)} (allowed: an object of keys and step names, such as { yes: "pay", no: END })`,
    fix: 'say where each key that the method returns leads',
  }),

  symbolRoute: (where: string, key: symbol): Problem => ({
    code: 'INVALID_OPTION',
    where,
    what: `option routes has the key ${String(key)}, which could not be recorded (allowed: text)`,
    fix: 'write the key as text, and return that text',
  }),

  noName: (name: unknown): Problem => ({
    code: 'INVALID_NAME',
    where: NAMELESS,
    what: `the name of the class is ${describeValue(name)} (allowed: text of at least one character)`,
    fix: 'give the class a name, or decorate it with @Configure({ name: "..." })',
  }),

  invalidConfiguredName: (where: string, name: unknown): Problem => ({
    code: 'INVALID_NAME',
    where,
    what: `option name of @Configure is ${describeValue(name)} (allowed: text of at least one character, but not "__proto__")`,
    fix: 'give it a name that a person would recognise in a diagram, or leave it out for that of the class',
  }),

  invalidStepName: (workflow: string, name: string): Problem => ({
    code: 'INVALID_NAME',
    where: workflow,
    what: `a step has the name ${describeValue(name)} (allowed: text of at least one character)`,
    fix: 'give the method a name that a person would recognise in a diagram',
  }),

  unknownStep: (where: string, role: Role, name: unknown, known: KnownNames): Problem => ({
    code: 'UNKNOWN_NODE',
    where,
    what:
      typeof name === 'string'
        ? `${role.text} ${describeValue(name)} does not exist (steps: ${listNames(known.nodes)})`
        : `${role.text} is ${describeValue(name)} (allowed: the name of a step; steps: ${listNames(known.nodes)})`,
    fix: fixOfUnknown(role, name, known),
  }),

  afterRouter: (where: string, router: string): Problem => ({
    code: 'EDGES_AND_ROUTER',
    where,
    what: `its source ${describeValue(router)} is a router, which leads on by its routes only`,
    fix: `name this step in the routes of ${describeValue(router)}, and drop it from after`,
  }),

  noSteps: (workflow: string): Problem => ({
    code: 'EMPTY_WORKFLOW',
    where: workflow,
    what: 'no member of the class is a step',
    fix: 'decorate the method that takes the input with @Start()',
  }),

  noStart: (workflow: string): Problem => ({
    code: 'NO_START',
    where: workflow,
    what: 'no method begins the run',
    fix: 'decorate the method that takes the input with @Start()',
  }),

  unreachable: (where: string): Problem => ({
    code: 'UNREACHABLE_NODE',
    where,
    what: 'nothing leads to it, so it could never run',
    fix: 'name what it comes after, name it in routes or in onError, begin with it by @Start(), or remove its decorator',
  }),

  noState: (where: string): Problem => ({
    code: 'INVALID_OPTION',
    where,
    what: 'option ambient is false, but the class has @State fields, which find their step by it',
    fix: 'leave ambient at its default, or pass the state along as values',
  }),

  synchronousInline: (where: string): Problem => ({
    code: 'INVALID_STEP',
    where,
    what: 'an inline step is async, so that its call can be recorded, and this one returned a plain value',
    fix: 'declare it async, or drop @Step({ inline: true }): a plain method needs no decorator',
  }),

  notRunnable: (where: string, value: unknown): Problem => ({
    code: 'INVALID_STEP',
    where,
    what: `the property holds ${describeValue(value)} (allowed: an agent, a workflow, or another object with a method runStep)`,
    fix: 'inject it or assign it before the run, or decorate a method that calls it',
  }),

  captured: (workflow: string, chain: readonly string[], singleton: string, captured: string): Problem => ({
    code: 'RUN_SCOPE_CAPTURED',
    where: workflow,
    what: `${singleton} is a singleton, and would keep the ${captured} of its first run for all runs (chain: ${chain.join(' -> ')})`,
    fix: `bind ${singleton} in transient or request scope, or let it call currentContext() when it needs the run`,
  }),

  containerNotReady: (where: string, what: string, fix: string): Problem => ({
    code: 'CONTAINER_NOT_READY',
    where,
    what,
    fix,
  }),
};

/** What a class without a name is called. */
export const NAMELESS = '<anonymous>';

/** What a decorator can stand on, as messages say it. */
export const places = {
  method: 'a method',
  property: 'a property',
  accessor: 'an accessor',
  'static member': 'a static member',
} as const;

/** What a name could have meant. */
export interface KnownNames {
  readonly nodes: readonly string[];
  readonly inline: readonly string[];
  readonly state: readonly string[];
  /** Methods without a decorator. */
  readonly members: readonly string[];
  /** Tells the names that every workflow has for itself. */
  readonly reserved: (name: string) => boolean;
}

/** As what a member names a step. */
export interface Role {
  readonly kind: 'source' | 'target' | 'onError' | 'named';
  readonly text: string;
}

export const roles = {
  source: { kind: 'source', text: 'the source' },
  onError: { kind: 'onError', text: 'the step of onError' },
  default: { kind: 'target', text: 'the default target' },
  notBy: { kind: 'named', text: 'the step in notBy' },
  undoes: { kind: 'named', text: 'the step of @Compensate' },
  route: (key: string): Role => ({ kind: 'target', text: `the target of route ${describeValue(key)}` }),
} as const;

function fixOfUnknown({ kind }: Role, name: unknown, { nodes, inline, state, members, reserved }: KnownNames): string {
  if (kind === 'source' && (name === 'START' || isStart(name))) return 'drop it, and decorate the method with @Start()';
  if (kind === 'target' && name === 'END') return 'write END, imported from @drawloom/core, not its text';
  if (typeof name !== 'string') return 'name a step by its text';
  if (inline.includes(name)) {
    return `drop inline from @Step on ${name}(): an inline step is called, no edge leads to it`;
  }
  if (state.includes(name)) return `name a step: ${name} is a @State field`;
  if (members.includes(name)) return `decorate ${name} with @Step()`;
  if (reserved(name)) return `name a step: ${name} belongs to every workflow`;
  const meant = suggestName(name, nodes);
  const add = `add a method ${name}() decorated with @Step()`;
  return meant === undefined ? add : `change it to ${describeValue(meant)}, or ${add}`;
}
