import {
  Agent,
  EchoModel,
  InMemoryMemory,
  LocalExecutor,
  Memory,
  MemoryRegistry,
  Workflow,
  type AgentOptions,
  type MemoryProvider,
  type StepContext,
} from '@drawloom/core';
import { thrownBy } from './collect-events.js';

/** A provider that notes what it opened. */
function files(): { readonly provider: MemoryProvider; readonly opened: string[]; readonly memories: MemoryRegistry } {
  const opened: string[] = [];
  const memory = (text: string): Memory => {
    opened.push(text);
    return new InMemoryMemory();
  };
  const provider: MemoryProvider = { name: 'file', form: 'file:<path>', memory };
  return { provider, opened, memories: new MemoryRegistry([provider]) };
}
const ada = { userId: 'ada' };
const echo = (options: Partial<AgentOptions> = {}): Agent =>
  new Agent({ name: 'a', model: new EchoModel(), ...options });
/** Gives the memory of its run. */
const look = (_: unknown, { run }: StepContext): Memory | undefined => run.memory;

describe('A memory by text', () => {
  it('B232 is opened once, when it is first needed, however many say it', async () => {
    const { opened, memories } = files();
    const first = Workflow.chain([look], { memories, memory: 'file:a' });
    const second = new Workflow('w', { memories, memory: 'file:a' }).addNode('look', look).setStart('look');
    expect(opened).toEqual([]);
    const seen = [await first.run(1), await second.run(1), await first.run(1)].map(({ output }) => output);
    expect(opened).toEqual(['file:a']);
    expect(new Set(seen).size).toBe(1);
    expect(seen[0]).toBeInstanceOf(InMemoryMemory);
    expect((await first.run(1, { memory: 'file:b' })).output).not.toBe(seen[0]);
    expect(opened).toEqual(['file:a', 'file:b']);
  });

  it('B232 is a text or a memory and no map of options: what may stand there is said', async () => {
    const error = await thrownBy(() => echo({ memory: { backend: 'sqlite', path: 'app.db' } as never }));
    expect(error).toMatchObject({ problems: [{ code: 'INVALID_OPTION', where: 'a' }] });
    expect(error.message).toContain('memory is an object (allowed: a Memory, a text such as "in-memory"');
  });

  it('B134 may be said wherever a memory may: by agent, call, workflow and executor', async () => {
    const { memories } = files();
    const episodes = async (text: string): Promise<number> => (await memories.resolve(text, 't').profile(ada)).episodes;
    await echo({ memories, memory: 'file:agent' }).run('x', ada);
    await echo({ memories }).run('x', { ...ada, memory: 'file:call' });
    await Workflow.chain([echo()], { memories, memory: 'file:workflow' }).run('x', ada);
    await Workflow.chain([echo({ memory: 'file:node' })], { memories }).run('x', ada);
    await echo({ executor: new LocalExecutor({ memories, memory: 'file:executor' }) }).run('x', ada);
    await echo({ memory: 'file:own', executor: new LocalExecutor({ memories }) }).run('x', ada);
    for (const place of ['agent', 'call', 'workflow', 'node', 'executor', 'own']) {
      expect([place, await episodes(`file:${place}`)]).toEqual([place, 1]);
    }
  });

  it('B232 in-memory needs nobody to open it, and is a memory of whoever says it', async () => {
    const flow = Workflow.chain([look], { memory: 'in-memory' });
    const own = (await flow.run(1)).output;
    expect(own).toBeInstanceOf(InMemoryMemory);
    expect((await flow.run(1)).output).toBe(own);
    expect((await Workflow.chain([look], { memory: 'in-memory' }).run(1)).output).not.toBe(own);
    expect((await flow.run(1, { memory: 'in-memory' })).output).not.toBe(own);
    const agent = echo({ memory: 'in-memory' });
    await agent.run('one', { ...ada, sessionId: 's' });
    expect((await agent.run('two', { ...ada, sessionId: 's' })).output).toBe('two');
    const executor = new LocalExecutor({ memory: 'in-memory' });
    const prepared = async (): Promise<unknown> => {
      const program = Workflow.chain([look]).compiled();
      return (await executor.prepare(program, { input: 1 }).execute()).output;
    };
    expect(await prepared()).toBe(await prepared());
  });

  it('B232 that nobody can open is an error with the known forms, and shows no more than how it begins', async () => {
    const { memories } = files();
    const error = await thrownBy(() => Workflow.chain([look], { memories, memory: 'postgres://me:secret@db' }).run(1));
    expect(error).toMatchObject({ code: 'UNKNOWN_MEMORY', where: 'chain' });
    expect(error.message).toContain('no memory is opened by "postgres:…" (known: "in-memory", "file:<path>")');
    expect(error.message).not.toContain('secret');
    const wrong = await thrownBy(() => echo({ memory: 'file' }).run('x'));
    expect(wrong.cause ?? wrong).toMatchObject({ code: 'UNKNOWN_MEMORY', where: 'a' });
    expect(await thrownBy(() => new LocalExecutor({ memory: 'file:a' }))).toMatchObject({ code: 'UNKNOWN_MEMORY' });
    for (const empty of ['', 3, {}]) {
      expect(await thrownBy(() => echo({ memory: empty as never }))).toMatchObject({ code: 'INVALID_OPTION' });
    }
    for (const none of [3, {}, { name: 'x' }, { memory: () => undefined }]) {
      expect(await thrownBy(() => new MemoryRegistry([none as never]))).toMatchObject({ code: 'INVALID_OPTION' });
    }
  });
});
