import {
  Allowance,
  ChainedAuditLog,
  Clock,
  DefinitionError,
  Executor,
  EchoModel,
  hmacKey,
  InMemoryAuditStore,
  InMemoryJournal,
  InMemoryMemory,
  Journal,
  LocalExecutor,
  Memory,
  MemoryRegistry,
  ModelRegistry,
  PersonalData,
  RateLimiter,
  RunContext,
  Telemetry,
  type AuditLog,
  type Guardrail,
  type MemoryProvider,
  type PreparedRun,
  type StepContext,
} from '@drawloom/core';
import {
  AgentBase,
  agents,
  ALLOWANCES,
  AUDIT,
  Configure,
  Container,
  drawloom,
  End,
  GUARDRAILS,
  inject,
  RunScopeCheck,
  TONE,
  Start,
  Step,
  WorkflowBase,
  workflows,
  type RegisteredClass,
  type AgentConfiguration,
} from '@drawloom/decorators';
import { VirtualClock } from '@drawloom/testing';
import { Container as PlainContainer, injectable } from 'inversify';

class Store {
  name(): string {
    return 'real';
  }
}

class Audited {
  constructor(
    @inject(RunContext) readonly context: RunContext,
    @inject(Store) readonly store: Store,
  ) {}
}

class Client {
  constructor(@inject(Audited) readonly audited: Audited) {}
}

class Report extends WorkflowBase<string, string> {
  constructor(@inject(Client) private readonly client: Client) {
    super();
  }
  @Start() write(text: string): string {
    const { context, store } = this.client.audited;
    return `${text} for ${context.userId} in ${store.name()}`;
  }
}

function containerOf(...classes: RegisteredClass[]): Container {
  const container = new Container();
  container.load(drawloom(), workflows(...classes));
  return container;
}

function reportContainer(): Container {
  const container = containerOf(Report);
  container.bind(Store).toSelf().inSingletonScope();
  return container;
}

describe('A singleton that would keep what belongs to one run', () => {
  it('is refused when the workflow is got, with the chain named', () => {
    const container = reportContainer();
    container.bind(Audited).toSelf();
    container.bind(Client).toSelf().inSingletonScope();
    const get = (): unknown => container.get(Report);
    expect(get).toThrow(DefinitionError);
    expect(get).toThrow(
      '[RUN_SCOPE_CAPTURED] Report: Client is a singleton, and would keep the RunContext of its first run for all runs ' +
        '(chain: Report -> Client (singleton) -> Audited -> RunContext)',
    );
  });

  it('is refused for what is made once per request as well: a request is a run', () => {
    class Unit {}
    class Cache {
      constructor(@inject(Unit) readonly unit: Unit) {}
    }
    class Works extends WorkflowBase<string, boolean> {
      constructor(
        @inject(Unit) private readonly unit: Unit,
        @inject(Cache) private readonly cache: Cache,
      ) {
        super();
      }
      @Start() shares(): boolean {
        return this.unit === this.cache.unit;
      }
    }
    const bound = (isSingleton: boolean): Container => {
      const container = containerOf(Works);
      container.bind(Unit).toSelf().inRequestScope();
      const cache = container.bind(Cache).toSelf();
      if (isSingleton) cache.inSingletonScope();
      return container;
    };
    expect(() => bound(true).get(Works)).toThrow(/Cache is a singleton, and would keep the Unit/);
    expect(() => bound(false).get(Works)).not.toThrow();
  });

  it('is found behind injected properties, resolved values and redirections, each once', () => {
    class Deep {
      @inject(Client) readonly client!: Client;
    }
    class Many extends WorkflowBase<string, string> {
      @inject('alias') private readonly deep!: Deep;
      @inject('value') private readonly value!: unknown;
      @Start() same(text: string): string {
        return `${text} ${typeof this.deep} ${typeof this.value}`;
      }
    }
    const container = containerOf(Many);
    container.bind(Store).toSelf();
    container.bind(Audited).toSelf();
    container.bind(Client).toSelf();
    container.bind(Deep).toSelf().inSingletonScope();
    container.bind('alias').toService(Deep);
    container
      .bind('value')
      .toResolvedValue((context: RunContext) => context, [RunContext])
      .inSingletonScope();
    const error = ((): DefinitionError => {
      try {
        container.get(Many);
      } catch (thrown) {
        return thrown as DefinitionError;
      }
      throw new Error('nothing was thrown');
    })();
    expect(error.problems.map(({ what }) => /chain: (.*)\)$/.exec(what)![1])).toEqual([
      'Many -> alias -> Deep (singleton) -> Client -> Audited -> RunContext',
      'Many -> value (singleton) -> RunContext',
    ]);
  });

  it('is not constructed by the check, nor is anything else', () => {
    let constructed = 0;
    @injectable()
    class Expensive {
      constructor() {
        constructed++;
      }
    }
    class Uses extends WorkflowBase<string, string> {
      constructor(@inject(Expensive) readonly expensive: Expensive) {
        super();
      }
      @Start() same(text: string): string {
        return text;
      }
    }
    const container = containerOf(Uses);
    container.bind(Expensive).toSelf();
    container.get(Uses);
    expect(constructed).toBe(0);
  });

  it('is found when it was bound after the workflow was got, the next time', async () => {
    const container = reportContainer();
    container.bind(Audited).toSelf();
    container.bind(Client).toSelf();
    expect((await container.get(Report).run('x', { userId: 'alice' })).output).toBe('x for alice in real');
    container.rebind(Client).toSelf().inSingletonScope();
    expect(() => container.get(Report)).toThrow(/RUN_SCOPE_CAPTURED/);
    container.rebind(Client).toSelf().inTransientScope();
    expect((await container.get(Report).run('x', { userId: 'bob' })).output).toBe('x for bob in real');
  });

  it('may be a singleton as long as it keeps nothing of a run', async () => {
    const container = reportContainer();
    container.bind(Audited).toSelf();
    container.bind(Client).toSelf();
    const report = container.get(Report);
    const outputs = await Promise.all(
      ['alice', 'bob'].map(async (userId) => (await report.run('x', { userId })).output),
    );
    expect(outputs).toEqual(['x for alice in real', 'x for bob in real']);
  });
});

describe('A container', () => {
  it('refuses parts that it could not use, all at once, and options that there are not', () => {
    const wrong = { telemtry: {}, clock: Date, models: [new EchoModel(), 'gpt', {}], tone: 3, memory: undefined };
    expect(() => drawloom(wrong as never)).toThrow(DefinitionError);
    expect(() => drawloom([] as never)).toThrow(/option options is a list of 0 \(allowed: an object\)/);
    const found = ((): DefinitionError => {
      try {
        drawloom(wrong as never);
      } catch (error) {
        return error as DefinitionError;
      }
      throw new Error('nothing was thrown');
    })();
    expect(found.problems.map(({ what, fix }) => `${what}; ${fix}`)).toEqual([
      expect.stringMatching(/no option "telemtry".*change it to "telemetry"/),
      expect.stringContaining('option models is "gpt"'),
      expect.stringContaining('option models is an object (allowed: a model, a provider of models'),
      expect.stringContaining('option tone is 3'),
      expect.stringContaining('option clock is function Date (allowed: an object with the methods now() and'),
    ]);
  });

  it('says what it lacks', () => {
    const without = new Container();
    without.load(workflows(Report));
    expect(() => without.get(Report)).toThrow(/CONTAINER_NOT_READY\] Report: the module drawloom\(\) is not loaded/);
  });

  it('says for what nothing is bound, at once, and how an agent, a workflow and anything else are bound', () => {
    class Clerk extends AgentBase {
      configure(): AgentConfiguration {
        return { model: new EchoModel() };
      }
    }
    class Desk extends WorkflowBase<string, string> {
      @Start() @Step() @inject(Clerk) readonly clerk!: Clerk;
    }
    const without = new Container();
    without.load(drawloom(), workflows(Desk));
    expect(() => without.get(Desk)).toThrow(
      /^\[CONTAINER_NOT_READY\] Desk: nothing is bound for Clerk, .*\n {2}Fix: bind it: agents\(Clerk\) or workflows\(Clerk\) /,
    );
    without.load(agents(Clerk));
    expect(without.get(Desk)).toBeInstanceOf(Desk);
  });

  it('of inversify itself runs no workflow before it checks for singletons; one line lets it', async () => {
    class Same extends WorkflowBase<string, string> {
      @Start() same(text: string): string {
        return text;
      }
    }
    const plain = new PlainContainer();
    plain.load(drawloom(), workflows(Same));
    expect(() => plain.get(Same)).toThrow(/CONTAINER_NOT_READY\] Same: the container does not look for singletons/);
    plain.register(RunScopeCheck);
    expect((await plain.get(Same).run('x')).output).toBe('x');
  });

  it('with a parent uses its own bindings first, and checks with them', async () => {
    class Fake extends Store {
      override name(): string {
        return 'fake';
      }
    }
    const parent = reportContainer();
    parent.bind(Audited).toSelf();
    parent.bind(Client).toSelf();
    expect((await parent.get(Report).run('x', { userId: 'a' })).output).toBe('x for a in real');
    const child = new Container({ parent });
    child.bind(Store).to(Fake);
    expect((await child.get(Report).run('x', { userId: 'a' })).output).toBe('x for a in fake');
    expect((await parent.get(Report).run('x', { userId: 'a' })).output).toBe('x for a in real');

    const greedy = new Container({ parent });
    greedy.bind(Client).toSelf().inSingletonScope();
    expect(() => greedy.get(Report)).toThrow(/RUN_SCOPE_CAPTURED/);
    const unchecked = new PlainContainer({ parent });
    expect(() => unchecked.get(Report)).toThrow(/CONTAINER_NOT_READY/);
  });

  it('keeps nothing of a run even where singletons are its default', async () => {
    const container = new Container({ defaultScope: 'Singleton' });
    container.load(drawloom(), workflows(Report));
    container.bind(Store).toSelf();
    container.bind(Audited).toSelf().inTransientScope();
    container.bind(Client).toSelf().inTransientScope();
    const report = container.get(Report);
    for (const userId of ['alice', 'bob']) expect((await report.run('x', { userId })).output).toContain(userId);
  });

  it('takes a class that two modules register once', async () => {
    const container = reportContainer();
    container.load(workflows(Report));
    container.bind(Audited).toSelf();
    container.bind(Client).toSelf();
    expect((await container.get(Report).run('x', { userId: 'a' })).output).toBe('x for a in real');
  });

  it('lets every part be bound anew', async () => {
    const seen: string[] = [];
    class Watching extends LocalExecutor {
      override prepare(...args: Parameters<LocalExecutor['prepare']>): PreparedRun {
        seen.push(`run of ${args[0].plan.definition.name}`);
        return super.prepare(...args);
      }
    }
    class Noted extends Telemetry {
      override span<T>({ name }: { name: string }, body: () => T): T {
        seen.push(`span ${name}`);
        return body();
      }
    }
    class Same extends WorkflowBase<string, string> {
      @Start() same(text: string): string {
        return text;
      }
    }
    const container = containerOf(Same);
    const clock = new VirtualClock();
    container.rebind(Clock).toConstantValue(clock);
    container.bind(Telemetry).to(Noted);
    const result = await container.get(Same).run('x');
    expect(result.startedAt).toBe(clock.now());
    expect(seen).toEqual(['span Same', 'span same']);
    container.rebind(Executor).toConstantValue(new Watching());
    await container.get(Same).run('x');
    expect(seen.slice(2)).toEqual(['run of Same']);
  });

  it('gives its models, its memory and its tone to every run', async () => {
    const [memory, model] = [new InMemoryMemory(), new EchoModel()];
    class Sees extends WorkflowBase<string, unknown> {
      @Start() see(): unknown {
        const { context } = this;
        return [context.memory, context.models?.resolve('echo', 'Sees'), context.tone];
      }
    }
    const container = new Container();
    container.load(drawloom({ models: model, memory, tone: 'legal' }), workflows(Sees));
    expect((await container.get(Sees).run('x')).output).toEqual([memory, model, 'legal']);
    expect((await container.get(Sees).run('x', { tone: null, memory: null })).output).toEqual([
      undefined,
      model,
      undefined,
    ]);
    const other = new InMemoryMemory();
    container.rebind(Memory).toConstantValue(other);
    container.rebind(TONE).toConstantValue('casual');
    expect((await container.get(Sees).run('x')).output).toEqual([other, model, 'casual']);
  });

  it('lets every single part be given, and bound anew afterwards', async () => {
    const clocks = [1_000, 2_000].map((startAt) => new VirtualClock({ startAt }));
    const [one, two] = ['one', 'two'].map((name) => {
      const memory = new InMemoryMemory();
      const told: string[] = [];
      const guardrail: Guardrail = { name, check: () => (told.push(name), true) };
      return {
        told,
        memory,
        rateLimit: new RateLimiter({ perMinute: 60 }),
        audit: new ChainedAuditLog({ store: new InMemoryAuditStore(), key: hmacKey('k', Buffer.alloc(32, 1)) }),
        allowance: new Allowance({ name, calls: 99 }),
        guardrails: { input: [guardrail] },
        model: new EchoModel(),
        provider: { name: 'text', form: 'text:<any>', memory: () => memory },
        telemetry: new (class extends Telemetry {
          override span<T>(_: unknown, body: () => T): T {
            if (told.at(-1) !== 'span') told.push('span');
            return body();
          }
        })(),
      };
    });
    class Clerk extends AgentBase {
      configure() {
        return { model: 'echo' };
      }
    }
    class Asks extends WorkflowBase<string, unknown> {
      constructor(@inject(Clerk) private readonly clerk: Clerk) {
        super();
      }
      @Start() async ask(text: string): Promise<unknown> {
        const { context } = this;
        const { models, memory, tone } = context;
        const { output } = await this.clerk.run(text);
        return [output, models!.resolve('echo', 'Asks'), memory, tone];
      }
    }
    const container = new Container();
    container.load(
      drawloom({
        clock: clocks[0],
        telemetry: one!.telemetry,
        models: one!.model,
        memories: one!.provider,
        memory: 'text:x',
        tone: 'legal',
        rateLimit: one!.rateLimit,
        guardrails: one!.guardrails,
        allowances: [one!.allowance],
        audit: one!.audit,
      }),
      workflows(Asks),
      agents(Clerk),
    );
    const acquired = [one, two].map((part) => jest.spyOn(part!.rateLimit, 'acquire'));
    const run = async (): Promise<[unknown, number]> => {
      const { output, startedAt } = await container.get(Asks).run('hello', { userId: 'alice' });
      return [output, startedAt];
    };
    const recorded = async (log: AuditLog): Promise<number> => {
      let runs = 0;
      for await (const { action } of log.entries()) if (action === 'run.completed') runs++;
      return Math.sign(runs);
    };
    const used = async (): Promise<unknown[]> => [
      ...(await Promise.all([one, two].map((part) => recorded(part!.audit)))),
      ...(await Promise.all([one, two].map(async (part) => (await part!.allowance.used('alice')).calls))),
      ...acquired.map(({ mock }) => mock.calls.length),
      ...(await Promise.all(
        [one, two].map(async (part) => (await part!.memory.profile({ userId: 'alice' })).episodes),
      )),
    ];
    expect(await run()).toEqual([['hello', one!.model, one!.memory, 'legal'], 1_000]);
    expect([await used(), one!.told, two!.told]).toEqual([[1, 0, 1, 0, 1, 0, 1, 0], ['span', 'one', 'span'], []]);

    container.rebind(Clock).toConstantValue(clocks[1]!);
    container.rebind(Telemetry).toConstantValue(two!.telemetry);
    container.rebind(ModelRegistry).toConstantValue(new ModelRegistry([two!.model]));
    container.rebind(MemoryRegistry).toConstantValue(new MemoryRegistry([two!.provider]));
    container
      .rebind(Memory)
      .toResolvedValue((memories: MemoryRegistry) => memories.resolve('text:x', 'test'), [MemoryRegistry]);
    container.rebind(TONE).toConstantValue('casual');
    container.rebind(RateLimiter).toConstantValue(two!.rateLimit);
    container.rebind(GUARDRAILS).toConstantValue(two!.guardrails);
    container.rebind(AUDIT).toConstantValue({ log: two!.audit, mode: 'required' });
    container.rebind(ALLOWANCES).toConstantValue([two!.allowance]);
    one!.told.length = 0;
    expect(await run()).toEqual([['hello', two!.model, two!.memory, 'casual'], 2_000]);
    expect([await used(), one!.told, two!.told]).toEqual([[1, 1, 1, 1, 1, 1, 1, 1], [], ['span', 'two', 'span']]);
  });

  it('takes the text of a memory, which is opened once and when it is needed', async () => {
    const opened: string[] = [];
    const memories: MemoryProvider = {
      name: 'file',
      form: 'file:<path>',
      memory: (text) => (opened.push(text), new InMemoryMemory()),
    };
    class Sees extends WorkflowBase<string, unknown> {
      @Start() see(): unknown {
        return this.context.memory;
      }
    }
    const container = new Container();
    container.load(drawloom({ memories, memory: 'file:a' }), workflows(Sees));
    expect(opened).toEqual([]);
    const seen = [(await container.get(Sees).run('x')).output, (await container.get(Sees).run('x')).output];
    expect([opened, seen[0] === seen[1], seen[0] instanceof InMemoryMemory]).toEqual([['file:a'], true, true]);
    const plain = new Container();
    plain.load(drawloom({ memory: 'in-memory' }), workflows(Sees));
    const own = (await plain.get(Sees).run('x')).output;
    expect([own instanceof InMemoryMemory, own === (await plain.get(Sees).run('x')).output]).toEqual([true, true]);
    const lost = new Container();
    lost.load(drawloom({ memory: 'sqlite:a' }), workflows(Sees));
    expect(() => lost.get(Sees)).toThrow(/UNKNOWN_MEMORY\] drawloom: no memory is opened by "sqlite:…"/);
  });

  it('knows where data of persons is kept: in the memory and the journal that are bound', async () => {
    const container = containerOf(Report);
    expect((await container.get(PersonalData).forget({ userId: 'alice' })).places).toEqual([]);
    const [memory, journal] = [new InMemoryMemory(), new InMemoryJournal()];
    await memory.setBlock({ userId: 'alice' }, 'plan', 'x');
    container.bind(Memory).toConstantValue(memory);
    container.bind(Journal).toConstantValue(journal);
    const log = new ChainedAuditLog({ store: new InMemoryAuditStore(), key: hmacKey('k', Buffer.alloc(32, 1)) });
    await log.append({ action: 'run.started', actor: 'workflow', user: 'alice' });
    container.bind(AUDIT).toConstantValue(log);
    const { places } = await container.get(PersonalData).forget({ userId: 'alice' });
    expect(places.map(({ place, counts }) => [place, counts])).toEqual([
      ['journal', { runs: 0, records: 0, waits: 0 }],
      ['audit', { entries: 1 }],
      ['memory', { episodes: 0, facts: 0, blocks: 1 }],
    ]);
    container.rebind(AUDIT).toConstantValue({ log, content: 'none' });
    expect((await container.get(PersonalData).forget({ userId: 'alice' })).places[1]).toMatchObject({
      outcome: 'kept',
    });
  });

  it('lets what the workflow itself says come first, and what it is nested in next', async () => {
    const clocks = [1_000, 2_000, 3_000].map((startAt) => new VirtualClock({ startAt }));
    class Inner extends WorkflowBase<string, number> {
      @Start() now(_: string, { run }: StepContext): number {
        return run.userId === 'alice' ? 1 : 0;
      }
    }
    @Configure({ clock: clocks[0] })
    class Outer extends WorkflowBase<string, number> {
      @Start() @Step() @inject(Inner) readonly inner!: Inner;
      @End({ after: 'inner' }) done(n: number): number {
        return n;
      }
    }
    const container = new Container();
    container.load(drawloom({ clock: clocks[1] }), workflows(Inner, Outer));
    const times: number[] = [];
    for await (const { time, type } of container.get(Outer).stream('x', { userId: 'alice' })) {
      if (type === 'run.started') times.push(time);
    }
    expect(times).toEqual([1_000, 1_000]);
    expect((await container.get(Inner).run('x')).startedAt).toBe(2_000);
  });
});
