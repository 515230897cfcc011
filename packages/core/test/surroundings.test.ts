import { InMemoryMemory, LocalExecutor, ModelRegistry, Workflow, type StepContext, type Tone } from '@drawloom/core';
import { thrownBy } from './collect-events.js';

/** What a level of a run says of its tone. */
type Said = Tone | null | undefined;
const SAID: readonly Said[] = ['legal', null, undefined];

/** Gives the tone of its run. */
const look = (_: unknown, { run }: StepContext): Said => run.tone;

/** The tone that holds in an inner workflow, each level around having its say. */
async function toneOf(call: Said, inner: Said, outerCall: Said, outer: Said, executor: Said): Promise<Said> {
  const innermost = new Workflow('inner', { tone: inner }).addNode('look', look).setStart('look');
  const around = new Workflow('outer', { tone: outer }).addNode('nest', async (n: number) => {
    return (await innermost.run(n, { tone: call })).output as Said;
  });
  const program = around.setStart('nest').compiled();
  const request = { input: 1, tone: outerCall };
  return (await new LocalExecutor({ tone: executor }).prepare(program, request).execute()).output as Said;
}

it('B164 Telemetry by text is refused, with where such a text belongs', async () => {
  const error = await thrownBy(() => new Workflow('w', { telemetry: 'console' as never }));
  expect(error).toMatchObject({ problems: [{ code: 'INVALID_OPTION' }] });
  expect(error.message).toContain('startTelemetry({ exporter: "console" })');
});

describe('The tone of a run', () => {
  const levels = SAID.flatMap((a) =>
    SAID.flatMap((b) => SAID.flatMap((c) => SAID.flatMap((d) => SAID.map((e) => [a, b, c, d, e] as const)))),
  );

  it.each(levels)(
    'is the first that is said: call %p, workflow %p, outer call %p, outer workflow %p, executor %p',
    async (...said) => {
      const first = said.find((tone) => tone !== undefined);
      expect(await toneOf(...said)).toBe(first ?? undefined);
    },
  );

  it('is that of the executor, where the run around it has another one and says nothing', async () => {
    const program = new Workflow('inner').addNode('look', look).setStart('look').compiled();
    const executor = new LocalExecutor({ tone: 'legal' });
    const inner = new Workflow('outer').addNode('nest', async (n: number, parent: StepContext) => {
      return (await executor.prepare(program, { input: n, parent }).execute()).output as Said;
    });
    expect((await inner.setStart('nest').run(1)).output).toBe('legal');
    expect((await inner.run(1, { tone: null })).output).toBeUndefined();
  });

  it('does not reach a later or a concurrent run, also after a failure (B137)', async () => {
    const workflow = new Workflow('w')
      .addNode('look', async (fails: boolean, { run }: StepContext) => {
        await null;
        if (fails) throw new Error('asked to');
        return run.tone;
      })
      .setStart('look');
    const [casual, none, legal] = [
      workflow.run(false, { tone: 'casual' }),
      workflow.run(false),
      workflow.run(true, { tone: 'legal' }),
    ];
    expect([(await casual).output, (await none).output]).toEqual(['casual', undefined]);
    await expect(legal).rejects.toMatchObject({ code: 'STEP_FAILED' });
    expect((await workflow.run(false)).output).toBeUndefined();
  });

  it('is refused where it is no text', async () => {
    expect((await thrownBy(() => new Workflow('w', { tone: 3 as never }))).message).toContain('option tone is 3');
    const workflow = new Workflow('w').addNode('look', look).setStart('look');
    expect((await thrownBy(() => workflow.run(1, { tone: {} as never }))).message).toContain(
      'option tone is an object',
    );
  });
});

describe('Memory and models of a run', () => {
  const memories = { own: new InMemoryMemory(), outer: new InMemoryMemory() };
  const models = new ModelRegistry();

  it('are those of the innermost level that has any; null clears the memory', async () => {
    const seen: unknown[] = [];
    const see = (n: number, { run }: StepContext): number => {
      seen.push([run.memory, run.models]);
      return n;
    };
    const built = (options: object): Workflow =>
      new Workflow('inner', options).addNode('see', see).setStart('see') as never;
    const outer = new Workflow('outer', { memory: memories.outer, models })
      .addNode('a', built({}))
      .addNode('b', built({ memory: memories.own }))
      .addNode('c', built({ memory: null }))
      .setStart('a')
      .addEdge('a', 'b')
      .addEdge('b', 'c');
    await outer.run(1);
    expect(seen).toEqual([
      [memories.outer, models],
      [memories.own, models],
      [undefined, models],
    ]);
    seen.length = 0;
    await built({}).run(1, { memory: memories.own });
    await built({ memory: memories.outer }).run(1, { memory: null });
    expect(seen).toEqual([
      [memories.own, undefined],
      [undefined, undefined],
    ]);
  });

  it('are refused where they are none', async () => {
    expect((await thrownBy(() => new Workflow('w', { memory: 3 as never }))).message).toContain('option memory is 3');
    expect((await thrownBy(() => new Workflow('w', { models: {} as never }))).message).toContain('or a ModelRegistry');
    const workflow = new Workflow('w').addNode('look', look).setStart('look');
    expect((await thrownBy(() => workflow.run(1, { memory: {} as never }))).message).toContain('option memory');
  });
});
