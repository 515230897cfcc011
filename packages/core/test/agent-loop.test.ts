import { Agent, EchoModel, ModelRegistry, StepError, tool, Workflow, type ModelRequest } from '@drawloom/core';
import { ScriptedModel, VirtualClock } from '@drawloom/testing';
import { z } from 'zod';
import { collectEvents, thrownBy } from './collect-events.js';

const add = tool({
  name: 'add',
  description: 'Adds two numbers.',
  input: z.object({ a: z.number(), b: z.number() }),
  run: ({ a, b }) => a + b,
});

const told = ({ messages }: ModelRequest): string[] => messages.map(({ role, content }) => `${role}: ${content}`);

describe('The loop of an agent', () => {
  it('B210 gives the text of an answer without tool calls', async () => {
    const model = new ScriptedModel(['Hello Ada.']);
    const agent = new Agent({ name: 'greeter', model, instructions: 'Greet.' });
    const result = await agent.run('I am Ada');
    expect(result).toMatchObject({ output: 'Hello Ada.', text: 'Hello Ada.', turns: 1, interrupted: false });
    expect(told(model.requests[0]!)).toEqual(['system: Greet.', 'user: I am Ada']);
    model.expectDone();
  });

  it('B210 runs all tools of an answer at once, and tells what they gave in the order of the calls', async () => {
    const order: string[] = [];
    const slow = tool({
      name: 'slow',
      description: 'Waits.',
      input: z.object({ ms: z.number() }),
      run: async ({ ms }) => {
        order.push(`begin ${ms}`);
        for (let hop = 0; hop < ms; hop++) await null;
        order.push(`end ${ms}`);
        return `waited ${ms}`;
      },
    });
    const model = new ScriptedModel([
      {
        toolCalls: [
          { name: 'slow', arguments: { ms: 50 } },
          { name: 'slow', arguments: { ms: 1 } },
        ],
      },
      { expect: { lastRole: 'tool' }, content: 'done' },
    ]);
    const result = await new Agent({ name: 'a', model, tools: [slow] }).run('go');
    expect(order).toEqual(['begin 50', 'begin 1', 'end 1', 'end 50']);
    expect(told(model.requests[1]!)).toEqual(['user: go', 'assistant: ', 'tool: waited 50', 'tool: waited 1']);
    expect(result).toMatchObject({ output: 'done', turns: 2 });
    expect(result.toolCalls.map(({ tool: name, outcome }) => [name, outcome])).toEqual([
      ['slow', 'returned'],
      ['slow', 'returned'],
    ]);
  });

  it('works as a step: the value flows on', async () => {
    const model = new ScriptedModel([{ toolCalls: [{ name: 'add', arguments: { a: 2, b: 3 } }] }, 'five']);
    const agent = new Agent({ name: 'adder', model, tools: [add] });
    const flow = Workflow.chain([agent, (text: string) => text.length]);
    const result = await flow.run('2 + 3');
    expect(result.output).toBe(4);
    expect(result.visited[0]).toBe('adder');
    expect(result.usage).toMatchObject({ calls: 2 });
  });
});
