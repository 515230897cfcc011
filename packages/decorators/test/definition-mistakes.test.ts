import { DefinitionError, END, START, type Problem } from '@drawloom/core';
import {
  allOf,
  Configure,
  End,
  firstOf,
  ForEach,
  Router,
  Start,
  State,
  Step,
  WorkflowBase,
  workflows,
  type Configuration,
} from '@drawloom/decorators';

type AnyWorkflow = new () => WorkflowBase<unknown, unknown>;

/** What a caller writes who has no compiler to hold him back: any decorator, with anything, on any member. */
type Untyped = (options?: unknown) => (target: object, key: string | symbol, descriptor?: PropertyDescriptor) => void;
const untyped = { start: Start, step: Step, end: End, router: Router, forEach: ForEach, state: State };
const { start, step, end, router, forEach, state } = untyped as unknown as Record<keyof typeof untyped, Untyped>;

/** A class without a mistake, to which each test adds its own. */
function rightClass(configuration: object = {}): AnyWorkflow {
  @Configure({ name: 'Claims', ...configuration } as Configuration)
  class Claims extends WorkflowBase<unknown, unknown> {
    @Start() intake(claim: unknown): unknown {
      return claim;
    }
    @End({ after: 'intake' }) settle(claim: unknown): unknown {
      return claim;
    }
  }
  return Claims;
}

/** Gives a class another method, and decorates it. */
function method(type: AnyWorkflow, name: string | symbol, ...decorators: ReturnType<Untyped>[]): void {
  Object.defineProperty(type.prototype, name, { value: () => 'x', configurable: true, writable: true });
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, name)!;
  for (const decorate of decorators) decorate(type.prototype as object, name, descriptor);
}

interface Mistake {
  /** What is wrong, for a person. */
  readonly title: string;
  readonly problem: Problem;
  /** What of it `@Configure` says. */
  readonly configuration?: object;
  readonly make?: (type: AnyWorkflow) => void;
}

const after = 'intake';
/** The steps of the class, as a message lists them. */
const STEPS = '(steps: …)';

/** Mistakes that can stand in one class: none of them is the cause of another. */
const INDEPENDENT: readonly Mistake[] = [
  {
    title: 'a source that does not exist',
    problem: {
      code: 'UNKNOWN_NODE',
      where: 'Claims.assess',
      what: `the source "intaek" does not exist ${STEPS}`,
      fix: 'change it to "intake", or add a method intaek() decorated with @Step()',
    },
    make: (type) => method(type, 'assess', step({ after: 'intaek' })),
  },
  {
    title: 'a route to a step that does not exist',
    problem: {
      code: 'UNKNOWN_NODE',
      where: 'Claims.bySize',
      what: `the target of route "large" "askMangaer" does not exist ${STEPS}`,
      fix: 'change it to "askManager", or add a method askMangaer() decorated with @Step()',
    },
    make: (type) => {
      method(type, 'bySize', router({ after, routes: { large: 'askMangaer', small: END } }));
      method(type, 'askManager', step());
      method(type, 'afterManager', step({ after: 'askManager' }));
    },
  },
  {
    title: 'a default target that does not exist',
    problem: {
      code: 'UNKNOWN_NODE',
      where: 'Claims.byAge',
      what: `the default target "archivee" does not exist ${STEPS}`,
      fix: 'change it to "archive", or add a method archivee() decorated with @Step()',
    },
    make: (type) => {
      method(type, 'byAge', router({ after, routes: { old: END }, default: 'archivee' }));
      method(type, 'archive', step());
    },
  },
  {
    title: 'an onError step that does not exist',
    problem: {
      code: 'UNKNOWN_NODE',
      where: 'Claims.risky',
      what: `the step of onError "resuce" does not exist ${STEPS}`,
      fix: 'change it to "rescue", or add a method resuce() decorated with @Step()',
    },
    make: (type) => {
      method(type, 'risky', step({ after, onError: 'resuce' }));
      method(type, 'rescue', step());
    },
  },
  {
    title: 'a name that is no text',
    problem: {
      code: 'UNKNOWN_NODE',
      where: 'Claims.numbered',
      what: `the source is 7 (allowed: the name of a step; steps: …)`,
      fix: 'name a step by its text',
    },
    make: (type) => method(type, 'numbered', step({ after: ['intake', 7] })),
  },
  {
    title: 'START as a source',
    problem: {
      code: 'UNKNOWN_NODE',
      where: 'Claims.first',
      what: `the source is Symbol(drawloom.START) (allowed: the name of a step; steps: …)`,
      fix: 'drop it, and decorate the method with @Start()',
    },
    make: (type) => method(type, 'first', step({ after: [START] })),
  },
  {
    title: 'END as text',
    problem: {
      code: 'UNKNOWN_NODE',
      where: 'Claims.over',
      what: `the target of route "yes" "END" does not exist ${STEPS}`,
      fix: 'write END, imported from @drawloom/core, not its text',
    },
    make: (type) => method(type, 'over', router({ after, routes: { no: 'settle', yes: 'END' } })),
  },
  {
    title: 'an inline step as a target',
    problem: {
      code: 'UNKNOWN_NODE',
      where: 'Claims.calls',
      what: `the source "fetch" does not exist ${STEPS}`,
      fix: 'drop inline from @Step on fetch(): an inline step is called, no edge leads to it',
    },
    make: (type) => {
      method(type, 'fetch', step({ inline: true }));
      method(type, 'calls', step({ after: 'fetch' }));
    },
  },
  {
    title: 'a method without a decorator as a target',
    problem: {
      code: 'UNKNOWN_NODE',
      where: 'Claims.toPlain',
      what: `the target of route "x" "plain" does not exist ${STEPS}`,
      fix: 'decorate plain with @Step()',
    },
    make: (type) => {
      method(type, 'plain');
      method(type, 'toPlain', router({ after, routes: { x: 'plain' } }));
    },
  },
  {
    title: 'a state field as a source',
    problem: {
      code: 'UNKNOWN_NODE',
      where: 'Claims.ofState',
      what: `the source "notes" does not exist ${STEPS}`,
      fix: 'name a step: notes is a @State field',
    },
    make: (type) => {
      state()(type.prototype as object, 'notes');
      method(type, 'ofState', step({ after: 'notes' }));
    },
  },
  {
    title: 'a member of every workflow as a source',
    problem: {
      code: 'UNKNOWN_NODE',
      where: 'Claims.ofRun',
      what: `the source "stream" does not exist ${STEPS}`,
      fix: 'name a step: stream belongs to every workflow',
    },
    make: (type) => method(type, 'ofRun', step({ after: 'stream' })),
  },
  {
    title: 'a router as a source',
    problem: {
      code: 'EDGES_AND_ROUTER',
      where: 'Claims.behind',
      what: 'its source "choose" is a router, which leads on by its routes only',
      fix: 'name this step in the routes of "choose", and drop it from after',
    },
    make: (type) => {
      method(type, 'choose', router({ after, routes: { x: END } }));
      method(type, 'behind', step({ after: 'choose' }));
    },
  },
  {
    title: 'a router without routes',
    problem: {
      code: 'EMPTY_ROUTES',
      where: 'Claims.nowhere',
      what: 'the router has no route and no default',
      fix: 'give it at least one route or a default',
    },
    make: (type) => method(type, 'nowhere', router({ after, routes: {} })),
  },
  {
    title: 'a join of all that a route leads to as well',
    problem: {
      code: 'JOIN_WITH_ROUTES',
      where: 'Claims.weigh',
      what: 'it joins its sources by allOf, but further ways lead to it: route "again" of turn',
      fix: 'use oneOf where exactly one of them delivers, or put a step between',
    },
    make: (type) => {
      method(type, 'history', step({ after }));
      method(type, 'weigh', step({ after: allOf('intake', 'history') }));
      method(type, 'turn', router({ after: 'weigh', routes: { again: 'weigh', done: END } }));
    },
  },
  {
    title: 'a first join that onError leads to as well',
    problem: {
      code: 'JOIN_WITH_ROUTES',
      where: 'Claims.race',
      what: 'it joins its sources by firstOf, but further ways lead to it: onError of fast',
      fix: 'use oneOf where exactly one of them delivers, or put a step between',
    },
    make: (type) => {
      method(type, 'fast', step({ after, onError: 'race' }));
      method(type, 'slow', step({ after }));
      method(type, 'race', step({ after: firstOf('fast', 'slow'), cancelOthers: true }));
    },
  },
  {
    title: 'steps that nothing leads to, told by the first of them',
    problem: {
      code: 'UNREACHABLE_NODE',
      where: 'Claims.island',
      what: 'nothing leads to it, so it could never run',
      fix: 'name what it comes after, name it in routes or in onError, begin with it by @Start(), or remove its decorator',
    },
    make: (type) => {
      method(type, 'behindIsland', step({ after: 'island' }));
      method(type, 'island', step());
    },
  },
  {
    title: 'a cycle of routers',
    problem: {
      code: 'CYCLE_WITHOUT_STEP',
      where: 'Claims',
      what: 'the cycle of "ping", "pong" contains no step, so no cap could end it',
      fix: 'put a step on the cycle, or route one of the routers elsewhere',
    },
    make: (type) => {
      method(type, 'ping', router({ after, routes: { x: 'pong' } }));
      method(type, 'pong', router({ routes: { x: 'ping', y: END } }));
    },
  },
  {
    title: 'a misspelt option',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.late',
      what: 'there is no option "aftr" (options: "after", "input", "retry", "timeout", "onError", "cancelOthers", "inline")',
      fix: 'change it to "after"',
    },
    make: (type) => method(type, 'late', step({ aftr: 'intake' })),
  },
  {
    title: 'an option of another decorator',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.each',
      what: 'there is no option "join" (options: "after", "input", "retry", "timeout", "onError", "concurrency", "settled")',
      fix: 'remove it',
    },
    make: (type) => method(type, 'each', forEach({ after, join: 'any' })),
  },
  {
    title: 'options that are no object',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.positional',
      what: '@Step was given "intake" (allowed: an object of options, or nothing)',
      fix: 'write @Step({ ... }) with the options by name',
    },
    make: (type) => method(type, 'positional', step('intake')),
  },
  {
    title: 'an after that is nothing of the kind',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.odd',
      what: 'option after is null (allowed: a step name, a list of them, or allOf, anyOf, oneOf or firstOf with at least one name)',
      fix: 'change after, or leave it out for its default',
    },
    make: (type) => method(type, 'odd', step({ after: null })),
  },
  {
    title: 'a join of nothing',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.joinsNothing',
      what: 'option after is an object (allowed: a step name, a list of them, or allOf, anyOf, oneOf or firstOf with at least one name)',
      fix: 'change after, or leave it out for its default',
    },
    make: (type) => method(type, 'joinsNothing', step({ after: firstOf(), cancelOthers: true })),
  },
  {
    title: 'a wrong timeout',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.hasty',
      what: 'option timeout is 0 (allowed: …)',
      fix: 'change timeout, or leave it out for its default',
    },
    make: (type) => method(type, 'hasty', step({ after, timeout: 0 })),
  },
  {
    title: 'a wrong policy of retries',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.stubborn',
      what: 'option retry.maximumAttempts is 0 (allowed: a whole number of 1 or more)',
      fix: 'change retry.maximumAttempts, or leave it out for its default',
    },
    make: (type) => method(type, 'stubborn', step({ after, retry: { maximumAttempts: 0 } })),
  },
  {
    title: 'a policy on a router',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.decides',
      what: 'option retry is an object (allowed: nothing on a router, which decides and does not work; put it on the step before)',
      fix: 'change retry, or leave it out for its default',
    },
    make: (type) => method(type, 'decides', router({ routes: { x: END } }), start({ retry: { maximumAttempts: 0 } })),
  },
  {
    title: 'a wrong concurrency',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.items',
      what: 'option concurrency is 1.5 (allowed: a whole number of 1 or more)',
      fix: 'change concurrency, or leave it out for its default',
    },
    make: (type) => method(type, 'items', forEach({ after, concurrency: 1.5 })),
  },
  {
    title: 'cancelOthers where nothing races',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.cancels',
      what: 'option cancelOthers is true (allowed: only together with after: firstOf(...))',
      fix: 'change cancelOthers, or leave it out for its default',
    },
    make: (type) => method(type, 'cancels', step({ after, cancelOthers: true })),
  },
  {
    title: 'an inline that is no boolean',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.perhaps',
      what: 'option inline is "yes" (allowed: true, false)',
      fix: 'change inline, or leave it out for its default',
    },
    make: (type) => method(type, 'perhaps', step({ inline: 'yes' })),
  },
  {
    title: 'an input that is no schema',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.checked',
      what: 'option input is 3 (allowed: a class with class-validator decorators, or a Standard Schema)',
      fix: 'change input, or leave it out for its default',
    },
    make: (type) => method(type, 'checked', step({ after, input: 3 })),
  },
  {
    title: 'a merge that does not exist',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.total',
      what: 'option merge is "sum" (allowed: "last", "append", or a function (current, mine, base))',
      fix: 'change merge, or leave it out for its default',
    },
    make: (type) => state({ merge: 'sum' })(type.prototype as object, 'total'),
  },
  {
    title: 'a wrong option of the class',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims',
      what: 'option maxSteps is 0 (allowed: a whole number of 1 or more)',
      fix: 'change maxSteps, or leave it out for its default',
    },
    configuration: { maxSteps: 0 },
  },
  {
    title: 'state where nobody finds its step',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims',
      what: 'option ambient is false, but the class has @State fields, which find their step by it',
      fix: 'leave ambient at its default, or pass the state along as values',
    },
    configuration: { ambient: false },
    make: (type) => state()(type.prototype as object, 'kept'),
  },
  {
    title: 'two decorators that contradict each other',
    problem: {
      code: 'CONFLICTING_DECORATORS',
      where: 'Claims.both',
      what: '@Router and @End stand on it',
      fix: 'route to END, or to a step with @End()',
    },
    make: (type) => {
      method(type, 'both', end({ after }), router({ after, routes: { x: 'onlyByBoth' } }));
      method(type, 'onlyByBoth', step());
      method(type, 'afterBoth', step({ after: 'both' }));
    },
  },
  {
    title: 'one decorator twice',
    problem: {
      code: 'CONFLICTING_DECORATORS',
      where: 'Claims.twice',
      what: '@Step stands on it twice',
      fix: 'remove one of the two',
    },
    make: (type) => method(type, 'twice', step({ after }), step({ after: 'settle' })),
  },
  {
    title: 'one option from two decorators',
    problem: {
      code: 'CONFLICTING_DECORATORS',
      where: 'Claims.doubly',
      what: 'option timeout is given by two decorators of the member',
      fix: 'keep one of the two',
    },
    make: (type) => method(type, 'doubly', step({ timeout: '1s' }), start({ timeout: '2s' })),
  },
  {
    title: 'one source twice',
    problem: {
      code: 'CONFLICTING_DECORATORS',
      where: 'Claims.again',
      what: '"intake" stands twice in after ("intake", "intake")',
      fix: 'name each source once',
    },
    make: (type) => method(type, 'again', step({ after: ['intake', 'intake'] })),
  },
  {
    title: 'an inline step with a source',
    problem: {
      code: 'CONFLICTING_DECORATORS',
      where: 'Claims.inlined',
      what: 'an inline step has after',
      fix: 'drop after: an inline step is called by other steps',
    },
    make: (type) => method(type, 'inlined', step({ inline: true, after })),
  },
  {
    title: 'state beside a step',
    problem: {
      code: 'CONFLICTING_DECORATORS',
      where: 'Claims.field',
      what: '@State stands beside @Step',
      fix: 'use two members',
    },
    make: (type) => [state(), step({ after })].forEach((decorate) => decorate(type.prototype as object, 'field')),
  },
  {
    title: 'a static method',
    problem: {
      code: 'INVALID_MEMBER',
      where: 'Claims.shared',
      what: '@Start stands on a static member (allowed: a method of the instance, or a property that holds an agent or a workflow)',
      fix: 'move the decorator to a method of the instance, or a property that holds an agent or a workflow',
    },
    make: (type) => {
      const descriptor = { value: () => 'x' };
      start()(type, 'shared', descriptor);
      step({ after })(type, 'shared', descriptor);
    },
  },
  {
    title: 'an accessor',
    problem: {
      code: 'INVALID_MEMBER',
      where: 'Claims.computed',
      what: '@Step stands on an accessor (allowed: a method of the instance, or a property that holds an agent or a workflow)',
      fix: 'move the decorator to a method of the instance, or a property that holds an agent or a workflow',
    },
    make: (type) => {
      step({ after })(type.prototype as object, 'computed', { get: () => 'x' });
      method(type, 'ofComputed', step({ after: 'computed' }));
    },
  },
  {
    title: 'a router that is a property',
    problem: {
      code: 'INVALID_MEMBER',
      where: 'Claims.held',
      what: '@Router stands on a property (allowed: a method of the instance)',
      fix: 'move the decorator to a method of the instance',
    },
    make: (type) => router({ after, routes: { x: END } })(type.prototype as object, 'held'),
  },
  {
    title: 'an inline step that is a property',
    problem: {
      code: 'INVALID_MEMBER',
      where: 'Claims.lambda',
      what: '@Step({ inline: true }) stands on a property (allowed: a method of the instance)',
      fix: 'move the decorator to a method of the instance',
    },
    make: (type) => step({ inline: true })(type.prototype as object, 'lambda'),
  },
  {
    title: 'state on a method',
    problem: {
      code: 'INVALID_MEMBER',
      where: 'Claims.method',
      what: '@State stands on a method (allowed: a property of the instance)',
      fix: 'move the decorator to a property of the instance',
    },
    make: (type) => method(type, 'method', state()),
  },
  {
    title: 'a member whose name is a symbol',
    problem: {
      code: 'INVALID_MEMBER',
      where: 'Claims.Symbol(secret)',
      what: '@Step stands on a member whose name is a symbol, which diagrams and records cannot show (allowed: members with a name)',
      fix: 'move the decorator to members with a name',
    },
    make: (type) => method(type, Symbol('secret'), step({ after })),
  },
  {
    title: 'a step with the name of a member that every workflow has',
    problem: {
      code: 'INVALID_MEMBER',
      where: 'Claims.run',
      what: '"run" is a member of every workflow and cannot be a step',
      fix: 'rename the method',
    },
    make: (type) => method(type, 'run', step({ after })),
  },
  {
    title: 'a step that would make a promise of its workflow',
    problem: {
      code: 'INVALID_MEMBER',
      where: 'Claims.then',
      what: 'a member with the name "then" would make a promise of every instance, and cannot be a step',
      fix: 'rename the method',
    },
    make: (type) => {
      method(type, 'then', step({ after }));
      method(type, 'afterThen', step({ after: 'then' }));
    },
  },
];

/** Mistakes after which nothing can be said of which steps are reached. */
const OVERWHELMING: readonly Mistake[] = [
  {
    title: 'routes that are no object',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.mapped',
      what: 'option routes is an instance of Map (allowed: an object of keys and step names, such as { yes: "pay", no: END })',
      fix: 'say where each key that the method returns leads',
    },
    make: (type) => {
      method(type, 'mapped', router({ after, routes: new Map([['x', 'target']]) }));
      method(type, 'target', step());
    },
  },
  {
    title: 'no routes at all',
    problem: {
      code: 'INVALID_OPTION',
      where: 'Claims.routeless',
      what: 'option routes is undefined (allowed: an object of keys and step names, such as { yes: "pay", no: END })',
      fix: 'say where each key that the method returns leads',
    },
    make: (type) => {
      method(type, 'routeless', router({ after }));
      method(type, 'target', step());
    },
  },
  {
    title: 'a route to a step that was renamed',
    problem: {
      code: 'UNKNOWN_NODE',
      where: 'Claims.bySize',
      what: `the target of route "large" "escalate" does not exist ${STEPS}`,
      fix: 'add a method escalate() decorated with @Step()',
    },
    make: (type) => {
      method(type, 'bySize', router({ after, routes: { large: 'escalate', small: END } }));
      method(type, 'askManager', step());
    },
  },
  {
    title: 'an onError that is END',
    problem: {
      code: 'UNKNOWN_NODE',
      where: 'Claims.risky',
      what: 'the step of onError is Symbol(drawloom.END) (allowed: the name of a step; steps: …)',
      fix: 'name a step by its text',
    },
    make: (type) => method(type, 'risky', step({ after, onError: END })),
  },
];

function mistaken(...mistakes: readonly Mistake[]): AnyWorkflow {
  const type = rightClass(Object.assign({}, ...mistakes.map(({ configuration }) => configuration)) as object);
  for (const { make } of mistakes) make?.(type);
  return type;
}

function thrownBy(act: () => unknown): DefinitionError {
  try {
    act();
  } catch (error) {
    if (DefinitionError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The problems of a class, without the names of its steps and the forms of durations. */
function problemsOf(...types: readonly AnyWorkflow[]): Problem[] {
  return thrownBy(() => workflows(...types)).problems.map(({ what, ...rest }) => ({
    ...rest,
    what: what.replace(/(\(|; )steps: [^)]*\)/, '$1steps: …)').replace(/\(allowed: more than 0;.*\)/, '(allowed: …)'),
  }));
}

const byPlace = (one: Problem, other: Problem): number =>
  `${one.where} ${one.what}`.localeCompare(`${other.where} ${other.what}`);

describe('A class with mistakes', () => {
  it(`reports all ${INDEPENDENT.length} of them in one error, each once`, () => {
    const found = problemsOf(mistaken(...INDEPENDENT));
    expect(found.sort(byPlace)).toEqual(INDEPENDENT.map(({ problem }) => problem).sort(byPlace));
  });

  it.each([...INDEPENDENT, ...OVERWHELMING])('reports nothing but the one mistake: $title', (mistake) => {
    expect(problemsOf(mistaken(mistake))).toEqual([mistake.problem]);
  });

  it.each([...INDEPENDENT, ...OVERWHELMING])('is told in the words of classes: $title', (mistake) => {
    const { message } = thrownBy(() => workflows(mistaken(mistake)));
    expect(message).toMatch(
      /^\[[A-Z_]+\] Claims[^\n]*[^.]\n {2}Fix: [a-z][^\n]*[^.]\n {2}More: docs\/errors\.md#[a-z_]+$/,
    );
    expect(message).not.toMatch(/addNode|addEdge|addRouter|setStart|\bnode\b/);
  });

  it('is refused where it is registered and where it is run; its name can be asked for, and it can be drawn', async () => {
    const type = mistaken(INDEPENDENT[0]!, INDEPENDENT[1]!);
    const workflow = new type();
    const { message } = thrownBy(() => workflows(type));
    expect(message.startsWith('2 problems\n\n')).toBe(true);
    const acts = [() => workflow.stream(1), () => workflow.start(1)];
    for (const act of acts) expect(thrownBy(act).message).toBe(message);
    await expect(workflow.run(1)).rejects.toMatchObject({ name: 'DefinitionError', message });
    expect(workflow.name).toBe('Claims');
    for (const text of [workflow.toMermaid(), workflow.toDot()]) expect(text).toContain(workflow.graph.nodes[0]!.name);
  });

  it('does not keep other classes from telling theirs, whatever else is registered with them', () => {
    class Service {}
    const both = [
      mistaken(INDEPENDENT[0]!),
      rightClass(),
      mistaken(INDEPENDENT[1]!),
      Service,
      undefined,
      new Service(),
    ];
    expect(problemsOf(...(both as AnyWorkflow[]))).toEqual([
      INDEPENDENT[0]!.problem,
      INDEPENDENT[1]!.problem,
      {
        code: 'NOT_A_WORKFLOW_CLASS',
        where: 'Service',
        what: 'the class is not a workflow (allowed: classes that extend WorkflowBase)',
        fix: 'let it extend WorkflowBase, or bind it like any other service',
      },
      expect.objectContaining({
        code: 'NOT_A_WORKFLOW_CLASS',
        where: 'workflows',
        what: expect.stringMatching(/^undefined is not/),
      }),
      expect.objectContaining({
        code: 'NOT_A_WORKFLOW_CLASS',
        what: expect.stringMatching(/^an instance of Service is/),
      }),
    ]);
  });
});

describe('A class that begins nowhere', () => {
  it('is told that no method begins, and not what follows from it', () => {
    class Startless extends WorkflowBase<unknown, unknown> {
      @Step() first(value: unknown): unknown {
        return value;
      }
      @End({ after: 'first' }) last(value: unknown): unknown {
        return value;
      }
    }
    expect(problemsOf(Startless)).toEqual([
      {
        code: 'NO_START',
        where: 'Startless',
        what: 'no method begins the run',
        fix: 'decorate the method that takes the input with @Start()',
      },
    ]);
  });

  it('is told that it has no step, when it has none', () => {
    class Stepless extends WorkflowBase<unknown, unknown> {
      @State() kept = 1;
      same(value: unknown): unknown {
        return value;
      }
    }
    expect(problemsOf(Stepless)).toEqual([
      {
        code: 'EMPTY_WORKFLOW',
        where: 'Stepless',
        what: 'no member of the class is a step',
        fix: 'decorate the method that takes the input with @Start()',
      },
    ]);
  });

  it.each([
    ['its only start cannot be one', (type: AnyWorkflow) => start()(type, 'begin', { value: () => 1 })],
    [
      'its only start is a router and an end',
      (type: AnyWorkflow) => method(type, 'begin', start(), end(), router({ routes: {} })),
    ],
  ])('is told of that alone when %s', (_, make) => {
    class Refused extends WorkflowBase<unknown, unknown> {}
    make(Refused);
    method(Refused, 'next', step({ after: 'begin' }));
    expect(problemsOf(Refused).map(({ code, where }) => `${code} ${where}`)).toEqual([
      expect.stringMatching(/^(INVALID_MEMBER|CONFLICTING_DECORATORS) Refused\.begin$/),
    ]);
    class Alone extends WorkflowBase<unknown, unknown> {}
    make(Alone);
    expect(problemsOf(Alone)).toHaveLength(1);
  });

  it('is told of a circle that nothing leads into by one of its steps', () => {
    const type = rightClass();
    method(type, 'behind', step({ after: 'round' }));
    method(type, 'round', step({ after: 'and' }));
    method(type, 'and', step({ after: 'round' }));
    expect(problemsOf(type).map(({ code, where }) => `${code} ${where}`)).toEqual(['UNREACHABLE_NODE Claims.round']);
  });
});

describe('A class with a wrong configuration', () => {
  const configured = (...options: readonly unknown[]): AnyWorkflow => {
    class Configured extends WorkflowBase<unknown, unknown> {
      @Start() same(value: unknown): unknown {
        return value;
      }
    }
    for (const given of options) Configure(given as never)(Configured);
    return Configured;
  };

  it.each([
    [null, 'INVALID_OPTION', '@Configure was given null (allowed: an object of options, or nothing)'],
    ['name', 'INVALID_OPTION', '@Configure was given "name" (allowed: an object of options, or nothing)'],
    [{ name: '' }, 'INVALID_NAME', 'option name of @Configure is "" (allowed: '],
    [{ name: '__proto__' }, 'INVALID_NAME', 'option name of @Configure is "__proto__" (allowed: '],
    [{ name: Symbol('s') }, 'INVALID_NAME', 'option name of @Configure is Symbol(s) (allowed: '],
    [{ version: 2 }, 'INVALID_OPTION', 'option version is 2 (allowed: text)'],
    [{ maxStep: 3 }, 'INVALID_OPTION', 'there is no option "maxStep" (options: '],
    [{ timeout: '1 fortnight' }, 'INVALID_OPTION', 'option timeout is "1 fortnight" (allowed: '],
    [JSON.parse('{"__proto__": {"freeze": true}}'), 'INVALID_OPTION', 'there is no option "__proto__" (options: '],
  ])('is told of %p', (options, code, what) => {
    expect(problemsOf(configured(options))).toEqual([
      { code, where: 'Configured', what: expect.stringContaining(what), fix: expect.any(String) },
    ]);
  });

  it('is told that it was configured twice', () => {
    expect(problemsOf(configured({ timeout: '1s' }, { name: 'x' }))).toEqual([
      {
        code: 'CONFLICTING_DECORATORS',
        where: 'Configured',
        what: '@Configure stands on the class twice',
        fix: 'put all options into one of the two',
      },
    ]);
  });

  it('is told of a mistake that it inherits, under its own name', () => {
    const parent = configured({ maxSteps: -1 });
    const child = ((): AnyWorkflow => {
      class Child extends parent {}
      return Child;
    })();
    expect(problemsOf(child).map(({ code, where }) => `${code} ${where}`)).toEqual(['INVALID_OPTION Child']);
  });
});

describe('The mistakes of a class that only its loops show', () => {
  it('are told with what a class writes for a join', () => {
    const type = rightClass();
    method(type, 'join', step({ after: allOf('intake', 'back') }));
    method(type, 'back', step({ after: 'join' }));
    const { code, where, fix } = problemsOf(type)[0]!;
    expect(`${code} ${where}: ${fix}`).toBe(
      'IMPOSSIBLE_JOIN Claims.join: use join "one" or "any" (in a class oneOf or anyOf), or put a step that joins before the loop',
    );
  });
});
