import {
  Agent,
  agentStep,
  EchoModel,
  InMemoryMemory,
  Workflow,
  type DefinitionError,
  type ToolContext,
} from '@drawloom/core';
import {
  AgentBase,
  agents,
  Configure,
  Container,
  drawloom,
  End,
  inject,
  Start,
  Step,
  Tool,
  WorkflowBase,
  workflows,
  type AgentConfiguration,
} from '@drawloom/decorators';
import { ScriptedModel } from '@drawloom/testing';
import { IsInt, IsString } from 'class-validator';
import { z } from 'zod';
import { thrownBy } from '../../core/test/collect-events.js';

class Ledger {
  readonly asked: string[] = [];
  find(number: string): { number: string; amount: number } {
    this.asked.push(number);
    return { number, amount: 40 };
  }
}

class ClaimNumber {
  @IsString() number!: string;
}

class Verdict {
  @IsString() reason!: string;
  @IsInt() amount!: number;
}

/** An agent whose model answers by a script. */
abstract class Clerk extends AgentBase<Verdict> {
  constructor(
    @inject(Ledger) private readonly ledger: Ledger,
    @inject('model') private readonly model: ScriptedModel,
  ) {
    super();
  }
  configure(): AgentConfiguration<Verdict> {
    return { model: this.model, instructions: 'Decide about claims.', output: Verdict };
  }
  @Tool({ description: 'Finds a claim by its number.', input: ClaimNumber })
  find({ number }: ClaimNumber, { run }: ToolContext): unknown {
    return { ...this.ledger.find(number), for: run.userId };
  }
  @Tool({ description: 'Today.', name: 'current_date' }) today(): string {
    return '2026-11-23';
  }
}
class ClaimClerk extends Clerk {}

class Claims extends WorkflowBase<string, string> {
  @Start() @Step() @inject(ClaimClerk) readonly clerk!: ClaimClerk;
  @End({ after: 'clerk' }) letter({ reason, amount }: Verdict): string {
    return `${amount}: ${reason}`;
  }
}

function containerWith(model: ScriptedModel): Container {
  const container = new Container();
  container.load(drawloom(), workflows(Claims), agents(ClaimClerk));
  container.bind(Ledger).toSelf().inSingletonScope();
  container.bind('model').toConstantValue(model);
  return container;
}

describe('An agent that is a class', () => {
  it('answers with its methods as tools, its services injected, as a step of a workflow', async () => {
    const model = new ScriptedModel([
      {
        toolCalls: [
          { name: 'find', arguments: { number: '17' } },
          { name: 'current_date', arguments: {} },
        ],
      },
      { expect: { lastRole: 'tool' }, content: '{"reason":"covered","amount":40}' },
    ]);
    const container = containerWith(model);
    const result = await container.get(Claims).run('Is claim 17 covered?', { userId: 'alice' });
    expect(result.output).toBe('40: covered');
    expect(result.perStep['clerk']).toBeInstanceOf(Verdict);
    expect(container.get(Ledger).asked).toEqual(['17']);
    const told = model.requests[1]!.messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
    expect(told).toEqual(['{"number":"17","amount":40,"for":"alice"}', '2026-11-23']);
    model.expectDone();
  });

  it('shows its model strict schemas, and runs no tool with arguments that do not fit', async () => {
    const model = new ScriptedModel([
      { toolCalls: [{ name: 'find', arguments: { number: 17, extra: true } }] },
      { content: '{"reason":"none","amount":0}' },
    ]);
    const container = containerWith(model);
    await container.get(ClaimClerk).run('?');
    expect(container.get(Ledger).asked).toEqual([]);
    const [request, second] = model.requests;
    expect(request!.tools).toMatchObject([
      { name: 'find', strict: true, parameters: { required: ['number'], additionalProperties: false } },
      { name: 'current_date' },
    ]);
    expect(request!.output).toMatchObject({
      schema: { required: expect.arrayContaining(['reason', 'amount']) as string[] },
    });
    expect(second!.messages.at(-1)!.content).toMatch(/^ERROR: the arguments do not fit: .*extra/);
  });

  it('is known by the name of its class, or by one of its own', () => {
    class Named extends AgentBase {
      configure(): AgentConfiguration {
        return { name: 'the-clerk', model: new EchoModel() };
      }
    }
    class Plain extends AgentBase {
      configure(): AgentConfiguration {
        return { model: new EchoModel() };
      }
    }
    expect([new Named().name, new Plain().name]).toEqual(['the-clerk', 'Plain']);
  });

  it('runs, streams, and is a tool of another agent', async () => {
    class Echo extends AgentBase {
      configure(): AgentConfiguration {
        return { model: new EchoModel() };
      }
    }
    const echo = new Echo();
    expect((await echo.run('hello')).output).toBe('hello');
    const types: string[] = [];
    for await (const { type } of echo.stream('hello')) types.push(type);
    expect(types).toContain('agent.completed');
    const model = new ScriptedModel([
      { toolCalls: [{ name: 'Echo', arguments: { input: 'deep' } }] },
      { expect: { lastRole: 'tool' }, content: 'done' },
    ]);
    const outer = new Agent({ name: 'outer', model, tools: [echo.asTool({ description: 'Repeats.' })] });
    expect((await outer.run('go')).toolCalls).toMatchObject([{ tool: 'Echo', result: 'deep' }]);
  });

  it('inherits tools, and a subclass replaces them by name', async () => {
    class Special extends ClaimClerk {
      @Tool({ description: 'Finds nothing.', input: ClaimNumber }) override find({ number }: ClaimNumber): unknown {
        return `no ${number}`;
      }
    }
    const model = new ScriptedModel([
      { toolCalls: [{ name: 'find', arguments: { number: '1' } }] },
      { content: '{"reason":"none","amount":0}' },
    ]);
    const result = await new Special(new Ledger(), model).run('?');
    expect(result.toolCalls).toMatchObject([{ tool: 'find', result: 'no 1' }]);
    expect(model.requests[0]!.tools!.map(({ name }) => name)).toEqual(['find', 'current_date']);
  });

  it('has what its container gives where it is run by itself', async () => {
    class Plain extends AgentBase {
      configure(): AgentConfiguration {
        return { model: 'echo' };
      }
    }
    const [memory, spans] = [new InMemoryMemory(), [] as string[]];
    const telemetry = { span: <T>({ name }: { name: string }, body: () => T): T => (spans.push(name), body()) };
    const container = new Container();
    container.load(drawloom({ models: new EchoModel(), memory, telemetry }), agents(Plain));
    expect((await container.get(Plain).run('hello', { userId: 'alice', sessionId: 's' })).output).toBe('hello');
    expect((await memory.history({ userId: 'alice' }, 's')).map(({ text }) => text)).toEqual(['hello', 'hello']);
    expect(spans).toContain('Plain');
    await expect(new Plain().run('hello')).rejects.toMatchObject({ cause: { code: 'UNKNOWN_MODEL' } });
  });

  it('can be asked differently in each node of a builder workflow', async () => {
    class Echo extends AgentBase {
      configure(): AgentConfiguration {
        return { model: new EchoModel() };
      }
    }
    const echo = new Echo();
    const built = Workflow.chain({
      one: agentStep(echo, { prompt: (text: string) => `${text}, one` }),
      two: agentStep(echo, { prompt: (text: string) => `${text}, two` }),
    });
    expect((await built.run('zero')).output).toBe('zero, one, two');
  });

  it('is drawn as an agent', () => {
    const model = new ScriptedModel([]);
    const handle = containerWith(model).get(Claims);
    expect(handle.toMermaid()).toMatch(/clerk\nagent/);
  });
});

describe('Mistakes of an agent class', () => {
  it('come all in one error, before any step of the workflow runs', async () => {
    class Wrong extends AgentBase {
      configure(): AgentConfiguration {
        return { model: '', maxTurns: 0, output: 3 as never };
      }
      @Tool({ description: '' }) silent(): void {}
      @Tool({ description: 'x', timout: '1s' } as never) misspelt(): void {}
      @Tool({ description: 'x', input: 'no' } as never) unfit(): void {}
    }
    const find = Object.getOwnPropertyDescriptor(Wrong.prototype, 'silent')!;
    (Tool({ description: 'x' }) as (target: object, name: symbol, of: object) => void)(
      Wrong.prototype,
      Symbol('s'),
      find,
    );
    class Uses extends WorkflowBase<string, unknown> {
      @Start() first(text: string): string {
        return text;
      }
      @Step({ after: 'first' }) readonly agent = new Wrong();
    }
    const error = await thrownBy(() => new Uses().run('x'));
    const codes = (error as unknown as { problems: { code: string; where: string }[] }).problems;
    expect(codes.map(({ code, where }) => `${code} ${where}`)).toEqual([
      'INVALID_OPTION Wrong.silent',
      'INVALID_OPTION Wrong.misspelt',
      'INVALID_SCHEMA Wrong.unfit',
      'INVALID_MEMBER Wrong.Symbol(s)',
      'INVALID_SCHEMA Wrong.output',
      'NO_MODEL Wrong',
      'INVALID_OPTION Wrong',
    ]);
  });

  it('is a configuration that is none, or not there yet', async () => {
    for (const configured of [undefined, 'gpt-4.1-mini', Promise.resolve({ model: new EchoModel() })]) {
      class Odd extends AgentBase {
        configure(): never {
          return configured as never;
        }
      }
      const error = await thrownBy(() => new Odd().run('x'));
      expect(error).toMatchObject({ code: 'INVALID_OPTION', where: 'Odd' });
      expect(error.message).toContain('configure() returns');
    }
    class Bare extends (AgentBase as never as new () => Agent) {}
    expect(await thrownBy(() => new Bare().run('x'))).toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('is a tool where the model could not call it, or of which nothing is said', async () => {
    class Odd extends AgentBase {
      configure(): AgentConfiguration {
        return { model: new EchoModel() };
      }
    }
    const put = (options: unknown, on: object, name: string | symbol, as: PropertyDescriptor): void =>
      (Tool(options as never) as (target: object, name: string | symbol, as: PropertyDescriptor) => void)(on, name, as);
    const method = { value: () => 1 };
    const described = { description: 'x' };
    put(described, Odd.prototype, 'accessor', { get: () => 1 });
    put(described, Odd.prototype, Symbol('s'), method);
    put(undefined, Odd.prototype, 'none', method);
    put([described], Odd.prototype, 'list', method);
    put(described, Odd, 'fixed', method);
    const { problems } = (await thrownBy(() => new Odd().run('x'))) as unknown as DefinitionError;
    expect(problems.map(({ where, what }) => `${where}: ${what}`)).toEqual([
      'Odd.accessor: @Tool stands on an accessor (allowed: a method of the instance with a name)',
      'Odd.Symbol(s): @Tool stands on a method whose name is a symbol, which a model could not call (allowed: a method of the instance with a name)',
      'Odd.none: @Tool was given undefined (allowed: an object with a description for the model)',
      'Odd.list: @Tool was given a list of 1 (allowed: an object with a description for the model)',
      'Odd.fixed: @Tool stands on a static member (allowed: a method of the instance with a name)',
    ]);
  });

  it('is @Configure on it, which is for workflows', async () => {
    class Configured extends AgentBase {
      configure(): AgentConfiguration {
        return { model: new EchoModel() };
      }
    }
    (Configure({ name: 'x' }) as (type: unknown) => void)(Configured);
    expect(await thrownBy(() => new Configured().run('x'))).toMatchObject({
      code: 'INVALID_MEMBER',
      where: 'Configured',
    });
  });

  it('is a class that is none', () => {
    expect(() => agents(Ledger as never, 3 as never)).toThrow(
      /2 problems[^]*NOT_AN_AGENT_CLASS\] Ledger: [^]*agents: 3 is not/,
    );
  });

  it('is a tool in a workflow, and a step in an agent', async () => {
    class Flow extends WorkflowBase<string, string> {
      @Start() same(text: string): string {
        return text;
      }
    }
    class Helper extends AgentBase {
      configure(): AgentConfiguration {
        return { model: new EchoModel() };
      }
      help(): void {}
    }
    const plain = (decorator: unknown, type: { prototype: object }, name: string): void =>
      (decorator as (target: object, name: string, of: object) => void)(
        type.prototype,
        name,
        Object.getOwnPropertyDescriptor(type.prototype, name)!,
      );
    plain(Tool({ description: 'x' }), Flow, 'same');
    plain(Step(), Helper, 'help');
    expect(await thrownBy(() => new Flow().run('x'))).toMatchObject({ code: 'INVALID_MEMBER', where: 'Flow.same' });
    expect(await thrownBy(() => new Helper().run('x'))).toMatchObject({ code: 'INVALID_MEMBER', where: 'Helper.help' });
  });

  it('are found by the compiler, in a sentence each', () => {
    class Typed extends AgentBase {
      configure(): AgentConfiguration {
        return { model: new EchoModel() };
      }
      // @ts-expect-error -- Tool 'find' does not accept what its input schema gives
      @Tool({ description: 'x', input: z.object({ id: z.number() }) }) find({ id }: { id: string }): string {
        return id;
      }
      // @ts-expect-error -- Tool 'bare' takes arguments, so it needs an input schema
      @Tool({ description: 'x' }) bare({ id }: { id: string }): string {
        return id;
      }
    }
    class NoAgent {
      // @ts-expect-error -- @Tool stands in a class that extends AgentBase
      @Tool({ description: 'x' }) find(): string {
        return '';
      }
    }
    expect([Typed, NoAgent]).toHaveLength(2);
  });
});

describe('A workflow class as a tool of an agent', () => {
  it('takes what the schema of its first step says', async () => {
    class Double extends WorkflowBase<{ n: number }, number> {
      @Start({ input: z.object({ n: z.number() }) })
      @End()
      double({ n }: { n: number }): number {
        return n * 2;
      }
    }
    const container = new Container();
    container.load(drawloom(), workflows(Double));
    for (const workflow of [container.get(Double), new Double()]) {
      const model = new ScriptedModel([
        { toolCalls: [{ name: 'Double', arguments: { n: 'many' } }] },
        { toolCalls: [{ name: 'Double', arguments: { n: 4 } }] },
        { content: 'done' },
      ]);
      const agent = new Agent({ name: 'a', model, tools: [workflow.asTool({ description: 'Doubles a number.' })] });
      const { toolCalls } = await agent.run('?');
      expect(toolCalls.map(({ result }) => result.split(' ')[0])).toEqual(['ERROR:', '8']);
    }
  });
});
