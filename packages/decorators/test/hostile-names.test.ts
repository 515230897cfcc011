import { END, Workflow, type Problem } from '@drawloom/core';
import {
  allOf,
  Configure,
  Container,
  drawloom,
  End,
  oneOf,
  Router,
  Start,
  State,
  Step,
  WorkflowBase,
  workflows,
  type Join,
} from '@drawloom/decorators';

type AnyWorkflow = new () => WorkflowBase<never, unknown>;
type Decorate = (target: object, key: string | symbol, descriptor?: PropertyDescriptor) => void;

/** What was on every object before these tests; nothing may be there afterwards that was not. */
const everyObject = Reflect.ownKeys(Object.prototype);
afterEach(() => expect(Reflect.ownKeys(Object.prototype)).toEqual(everyObject));

/** Gives a class a method by any name, and decorates it. */
function method(type: AnyWorkflow, name: string | number, body: unknown, ...decorators: readonly unknown[]): void {
  Object.defineProperty(type.prototype, name, { value: body, configurable: true, writable: true });
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, name)!;
  for (const decorate of decorators as Decorate[]) decorate(type.prototype as object, name as string, descriptor);
}

const untyped = { start: Start, step: Step, end: End, router: Router, state: State };
const { start, step, end, router, state } = untyped as unknown as Record<
  keyof typeof untyped,
  (options?: unknown) => Decorate
>;

function freshClass(name = 'Hostile'): AnyWorkflow {
  return Object.defineProperty(class extends WorkflowBase<never, unknown> {}, 'name', { value: name });
}

function handleOf<I, O>(type: new () => WorkflowBase<I, O>): WorkflowBase<I, O> {
  const container = new Container();
  container.load(drawloom(), workflows(type));
  return container.get(type);
}

function problemsOf(...types: readonly AnyWorkflow[]): readonly Problem[] {
  try {
    workflows(...types);
  } catch (error) {
    return (error as { problems: readonly Problem[] }).problems;
  }
  throw new Error('nothing was thrown');
}

/** Names that a step can have, whatever else they mean elsewhere. */
const STEP_NAMES = [
  'prototype',
  'length',
  'arguments',
  'caller',
  'toJSON',
  'default',
  'class',
  'await',
  'end',
  'START',
  'END',
  'START?',
  'null',
  'undefined',
  'a "b" |c',
  "it's",
  '`code`',
  '[a]{b}(c)<d>&amp;#35;',
  'line\nbreak\r\n\ttab',
  'back\\slash\\',
  ' ',
  '  leading',
  'a.b',
  'a/b',
  '-1',
  '0',
  '1',
  '01',
  '1e3',
  '4294967295',
  'größe',
  '\u00e9', // in one character
  'e\u0301', // in two
  '名前',
  '🧵',
  '\u202Eright to left',
  '\uD800 half a pair',
  'x'.repeat(2_000),
];

describe('A step by any name', () => {
  const Chain = freshClass('Chain');
  STEP_NAMES.forEach((name, index) => {
    const decorator = index === 0 ? start() : step({ after: STEP_NAMES[index - 1] });
    method(Chain, name, (list: string[]) => [...list, name], decorator);
  });

  it.each([
    ['constructed by hand', new Chain()],
    ['from a container', handleOf(Chain)],
  ])('runs in its place, and stands in every record, %s', async (_, workflow) => {
    const result = await workflow.run([] as never);
    expect(result.output).toEqual(STEP_NAMES);
    expect(result.visited).toEqual(STEP_NAMES);
    expect(Object.keys(result.perStep).sort()).toEqual([...STEP_NAMES].sort());
    expect(result.steps.map(({ node }) => node)).toEqual(STEP_NAMES);
    expect(result.explain()).toEqual([]);
    const events: string[] = [];
    for await (const event of workflow.stream([] as never))
      if (event.type === 'step.completed') events.push(event.node);
    expect(events).toEqual(STEP_NAMES);
  });

  it('is drawn and hashed as the builder does it', () => {
    let built = new Workflow('Chain');
    for (const name of STEP_NAMES) built = built.addNode(name, () => 'x') as never;
    built.setStart(STEP_NAMES[0]! as never);
    STEP_NAMES.slice(1).forEach((name, index) => built.addEdge(STEP_NAMES[index]! as never, name as never));
    expect(new Chain().hash).toBe(built.hash);
    expect(new Chain().toMermaid()).toBe(built.toMermaid());
    expect(new Chain().toDot()).toBe(built.toDot());
  });

  it('is a key of its own where all are joined', async () => {
    const All = freshClass();
    for (const name of STEP_NAMES) method(All, name, () => name, start());
    method(All, 'join', (found: unknown) => found, end({ after: allOf(...STEP_NAMES) }));
    const { output } = await new All().run(null as never);
    expect(Object.entries(output as object).sort()).toEqual(STEP_NAMES.map((name) => [name, name]).sort());
    expect(Object.getPrototypeOf(output)).toBe(Object.prototype);
  });

  it('is named as it is written in the class: in quotes, computed, or a number', async () => {
    const computed = 'computed name';
    class Written extends WorkflowBase<number, unknown> {
      @Start() 'a "b" |c'(n: number): number {
        return n + 1;
      }
      @Step({ after: 'a "b" |c' }) [computed](n: number): number {
        return n * 2;
      }
      @(Step({ after: computed }) as unknown as MethodDecorator) 7(n: number): number {
        return n + 3;
      }
      @(End({ after: '7' as never }) as unknown as MethodDecorator) 1e3(n: number): unknown {
        return [n];
      }
    }
    const result = await handleOf(Written).run(1);
    expect([result.output, result.visited]).toEqual([[7], ['a "b" |c', 'computed name', '7', '1000']]);
  });
});

describe('A name that no step can have', () => {
  const ofEveryObject = everyObject.filter((key): key is string => typeof key === 'string');
  const ofWorkflows = ['name', 'context', 'graph', 'run', 'stream', 'start', 'toMermaid', 'show', 'compiled'];

  it.each([...ofEveryObject, ...ofWorkflows, 'then'])('is refused as a step, and as a state field: %s', (name) => {
    const asStep: Decorate = (target, key) => step({ after: 'begin' })(target, key, { value: () => 1 });
    for (const decorate of [asStep, state()]) {
      const type = freshClass();
      method(type, 'begin', () => 1, start());
      decorate(type.prototype as object, name);
      expect(problemsOf(type)).toMatchObject([
        { code: 'INVALID_MEMBER', where: `Hostile.${name}`, fix: 'rename the method' },
      ]);
    }
  });

  it('is none at all', () => {
    const type = freshClass();
    method(type, 'begin', () => 1, start());
    method(type, '', () => 1, step({ after: 'begin' }));
    expect(problemsOf(type)).toEqual([
      {
        code: 'INVALID_NAME',
        where: 'Hostile',
        what: 'a step has the name "" (allowed: text of at least one character)',
        fix: 'give the method a name that a person would recognise in a diagram',
      },
    ]);
  });

  it('is that of the constructor, however it is written', () => {
    const Disguised = freshClass();
    method(Disguised, 'constructor', () => 1, start());
    expect(() => workflows(Disguised)).toThrow(expect.objectContaining({ code: 'EMPTY_WORKFLOW' }));
    expect(() => new Disguised().start(1 as never)).toThrow(expect.objectContaining({ name: 'DefinitionError' }));
  });

  it('is not looked for on every object when a step names it as its source', () => {
    for (const name of [...ofEveryObject, 'then']) {
      const type = freshClass();
      method(type, 'begin', () => 1, start());
      method(type, 'next', () => 1, step({ after: name }));
      expect(problemsOf(type)).toMatchObject([{ code: 'UNKNOWN_NODE', where: 'Hostile.next' }]);
    }
  });
});

describe('The name of a class', () => {
  it('has to be there, or to be configured', async () => {
    const nameless = (): AnyWorkflow => {
      const type = freshClass('');
      method(type, 'begin', () => 1, start());
      return type;
    };
    const mistaken = nameless();
    method(mistaken, 'next', () => 1, step({ after: 'begn' }));
    expect(problemsOf(mistaken).map(({ code, where, fix }) => [code, where, fix])).toEqual([
      ['INVALID_NAME', '<anonymous>', 'give the class a name, or decorate it with @Configure({ name: "..." })'],
      ['UNKNOWN_NODE', '<anonymous>.next', 'change it to "begin", or add a method begn() decorated with @Step()'],
    ]);
    const configured = nameless();
    Configure({ name: 'configured' })(configured as never);
    expect((await handleOf(configured).run(null as never)).workflow).toBe('configured');
  });

  it.each([
    ['a number', 3],
    ['a function', () => 'name'],
    ['a symbol', Symbol('name')],
  ])('is not taken from a static member that is %s', (_, name) => {
    const type = freshClass();
    Object.defineProperty(type, 'name', { value: name });
    method(type, 'begin', () => 1, start());
    expect(problemsOf(type)).toMatchObject([{ code: 'INVALID_NAME', where: '<anonymous>' }]);
    expect(() => workflows(class {} as never, type)).toThrow(/2 problems/);
  });

  it.each(['toString', '名前', 'a "b"', 'line\nbreak', 'constructor', 'END', ' '])('may be %j', async (name) => {
    const type = freshClass(name);
    method(type, 'begin', () => 1, start());
    expect((await handleOf(type).run(null as never)).workflow).toBe(name);
    expect(new type().toMermaid()).toContain('begin');
  });

  it('may be that of another class, in one container: each runs as itself', async () => {
    const make = (word: string): AnyWorkflow => {
      const type = freshClass('Same');
      method(type, 'begin', () => word, start());
      return type;
    };
    const [one, other] = [make('one'), make('other')];
    const container = new Container();
    container.load(drawloom(), workflows(one, other));
    const runs = [one, other].map((type) => container.get(type).run(null as never));
    expect((await Promise.all(runs)).map(({ output, workflow }) => [workflow, output])).toEqual([
      ['Same', 'one'],
      ['Same', 'other'],
    ]);
  });

  it('is no obstacle where the same class is registered twice', async () => {
    const type = freshClass();
    method(type, 'begin', () => 1, start());
    const container = new Container();
    container.load(drawloom(), workflows(type, type));
    expect((await container.get(type).run(null as never)).output).toBe(1);
  });
});

describe('The key of a route', () => {
  const KEYS = [
    '__proto__',
    'constructor',
    'toString',
    '',
    ' ',
    '0',
    '-1',
    '1.5',
    'NaN',
    'true',
    'false',
    'null',
    'END',
  ];

  class Routes extends WorkflowBase<unknown, string> {
    @Start()
    @Router({ routes: Object.fromEntries(KEYS.map((key) => [key, 'taken'])) as Record<string, 'taken'> })
    choose(key: unknown): string {
      return key as string;
    }
    @End() taken(key: unknown): string {
      return `took ${String(key)}`;
    }
  }

  it.each(KEYS)('may be %j', async (key) => {
    const { output, routes } = await handleOf(Routes).run(key);
    expect([output, routes]).toEqual([
      `took ${key}`,
      [{ router: 'choose', keys: [key], targets: ['taken'], ends: false }],
    ]);
  });

  it.each([0, -0, -1, 1.5, NaN, true, false, 1n * 0n])('is compared as text: %p', async (key) => {
    expect((await handleOf(Routes).run(key)).output).toBe(`took ${String(key)}`);
  });

  it.each(['hasOwnProperty', 'valueOf', '__defineGetter__', 'False', ' 0', null, undefined, {}, Symbol('0')])(
    'is none of %p, which nothing routes',
    async (key) => {
      await expect(handleOf(Routes).run(key)).rejects.toMatchObject({ code: 'NO_ROUTE', where: 'Routes.choose' });
    },
  );

  it('is drawn with every route', () => {
    const edges = new Routes().graph.edges.filter(({ kind }) => kind === 'route');
    expect(edges.map((edge) => (edge.kind === 'route' ? edge.key : '')).sort()).toEqual([...KEYS].sort());
    expect(new Routes().toMermaid()).toContain('constructor');
  });

  it('is not a symbol, which could not be recorded', () => {
    const type = freshClass();
    method(type, 'choose', () => 'x', start(), router({ routes: { x: END, [Symbol('hidden')]: 'nowhere' } }));
    expect(problemsOf(type)).toMatchObject([
      { code: 'INVALID_OPTION', where: 'Hostile.choose', what: expect.stringContaining('Symbol(hidden)') },
    ]);
  });
});

describe('A state field by any name', () => {
  it('is kept, and no other field is changed with it', async () => {
    const type = freshClass();
    for (const name of STEP_NAMES) state()(type.prototype as object, name);
    function write(this: Record<string, string>): void {
      for (const name of STEP_NAMES) this[name] = `${name}!`;
    }
    function read(this: Record<string, string>): string[] {
      return STEP_NAMES.map((name) => this[name]!);
    }
    method(type, 'write', write, start());
    method(type, 'read', read, end({ after: 'write' }));
    expect((await handleOf(type).run(null as never)).output).toEqual(STEP_NAMES.map((name) => `${name}!`));
  });

  it('is no step any more where a subclass makes one of its parent a field', () => {
    class Parent extends WorkflowBase<number, number> {
      @Start() count(n: number): number {
        return n;
      }
      @End({ after: oneOf('count') }) done(n: number): number {
        return n;
      }
    }
    class Child extends (Parent as unknown as new () => WorkflowBase<number, number>) {
      @State() count = 0;
    }
    expect(problemsOf(Child as never).map(({ code, fix }) => [code, fix])).toEqual([
      ['UNKNOWN_NODE', 'name a step: count is a @State field'],
      ['NO_START', 'decorate the method that takes the input with @Start()'],
    ]);
  });
});

describe('What decorators are given', () => {
  it.each([
    ['options', () => step(JSON.parse('{"__proto__": {"after": "begin"}}'))],
    [
      'a source',
      () => step({ after: JSON.parse('{"__proto__": {"join": "all", "sources": ["begin"]}}') as Join<'all'> }),
    ],
    ['a list that reads badly', () => step({ after: [Object.create(null), Object.create(null)] })],
    ['a list with one source twice, which is no text', () => step({ after: Array(2).fill(Object.create(null)) })],
    ['routes', () => router({ after: 'begin', routes: Object.create({ x: 'begin' }) })],
  ])('is refused where it is not its own: %s', (_, decorate) => {
    const type = freshClass();
    method(type, 'begin', () => 1, start());
    method(type, 'next', () => 1, decorate());
    for (const { code, where } of problemsOf(type)) {
      expect([code, where]).toEqual([
        expect.stringMatching(/^(INVALID_OPTION|UNKNOWN_NODE|CONFLICTING_DECORATORS)$/),
        'Hostile.next',
      ]);
    }
  });
});
