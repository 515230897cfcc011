import { Workflow } from '@drawloom/core';
import { VirtualClock } from '@drawloom/testing';
import { collectEvents } from './collect-events.js';

const increment = (value: number): number => value + 1;

describe('chain', () => {
  it('B37 gives each step what the one before returned, and records names and values in order', async () => {
    async function parse(text: string): Promise<number> {
      return Number(text);
    }
    function show(value: number): string {
      return `<${value}>`;
    }
    const result = await Workflow.chain([parse, increment, show]).run('41');
    expect(result.output).toBe('<42>');
    expect(result.visited).toEqual(['parse', 'increment', 'show']);
    expect(result.perStep).toEqual({ parse: 41, increment: 42, show: '<42>' });
  });

  it('B38 makes the names of a repeated step unique, and runs each of them', async () => {
    const result = await Workflow.chain([increment, increment, increment]).run(0);
    expect(result.output).toBe(3);
    expect(result.visited).toEqual(['increment', 'increment_1', 'increment_2']);
  });

  it('B38 does not let a made-up name meet a given one', async () => {
    const taken = (value: number): number => value * 2;
    Object.defineProperty(taken, 'name', { value: 'increment_1' });
    const result = await Workflow.chain([increment, taken, increment]).run(1);
    expect(new Set(result.visited).size).toBe(3);
    expect(result.output).toBe(5);
  });

  it.each([[[]], [{}]])('B39 refuses nothing', (steps) => {
    expect(() => Workflow.chain(steps)).toThrow('[EMPTY_WORKFLOW] chain: chain needs at least one step');
  });

  it('B40 takes functions and workflows mixed, by list or by name', async () => {
    const inner = Workflow.parallel([increment, increment], { name: 'both', merge: ([a, b]) => a! + b! });
    const agent = { name: 'agent', runStep: async (value: number) => value * 2 };
    expect((await Workflow.chain([increment, inner, agent]).run(1)).visited).toEqual(['increment', 'both', 'agent']);
    expect((await Workflow.chain({ one: increment, two: inner, three: agent }).run(1)).output).toBe(12);
  });

  it('B40 takes every option of the constructor', async () => {
    const clock = new VirtualClock({ startAt: 7 });
    const options = {
      name: 'mine',
      version: '2',
      maxSteps: 2,
      maxVisitsPerNode: 1,
      maxConcurrency: 1,
      history: 1,
    } as const;
    const built = Workflow.chain([increment, increment], { ...options, timeout: '1h', cancelGrace: 0, clock });
    const result = await built.run(1);
    expect(built.graph).toMatchObject({ name: 'mine', version: '2' });
    expect(result).toMatchObject({ workflow: 'mine', startedAt: 7, dropped: 1, visited: ['increment_1'] });
    await expect(Workflow.chain([increment, increment], { maxSteps: 1 }).run(1)).rejects.toMatchObject({
      code: 'MAX_STEPS',
    });
  });

  it('B41 of more than 100 steps needs no option: the default cap grows with the graph', async () => {
    const result = await Workflow.chain(Array.from({ length: 250 }, () => increment)).run(0);
    expect(result.output).toBe(250);
    expect(result.visited).toHaveLength(250);
  });

  it('B75 announces exactly what a plain walk over the steps would', async () => {
    const { lines } = await collectEvents(Workflow.chain({ a: increment, b: increment }).stream(1));
    expect(lines).toEqual([
      'run.started',
      'step.started a',
      'step.completed a',
      'step.started b',
      'step.completed b',
      'run.completed',
    ]);
  });
});
