import { Agent, EchoModel, tool, Workflow, type AgentResult, type Tool } from '@drawloom/core';
import { expectTypeOf } from 'expect-type';
import { z } from 'zod';

const model = new EchoModel();
const writer = new Agent({ name: 'writer', model });
const judge = new Agent({ name: 'judge', model, output: z.object({ guilty: z.boolean() }) });

// Without a schema the output is text; with one it is what the schema makes of the answer.
expectTypeOf(await writer.run('x')).toEqualTypeOf<AgentResult<string>>();
expectTypeOf((await judge.run('x')).output).toEqualTypeOf<{ guilty: boolean }>();
expectTypeOf((await writer.run('x', { output: z.number() })).output).toEqualTypeOf<number>();

// What an agent gives flows on.
expectTypeOf(Workflow.chain([writer, judge])).toEqualTypeOf<Workflow<unknown, { guilty: boolean }>>();
Workflow.chain([judge, ({ guilty }: { guilty: boolean }) => guilty]);
// @ts-expect-error a text is no number
Workflow.chain([writer, (value: number) => value]);

// A tool gets what its schema makes of the arguments.
const add = tool({
  name: 'add',
  description: 'Adds.',
  input: z.object({ a: z.number(), b: z.number().default(0) }),
  run: ({ a, b }, { signal }) => (signal.aborted ? 0 : a + b),
});
expectTypeOf(add).toEqualTypeOf<Tool<{ a: number; b: number }, number>>();
tool({ name: 'now', description: 'Tells the time.', run: () => 1 });
// @ts-expect-error the schema gives a number
tool({ name: 'bad', description: 'Bad.', input: z.object({ a: z.number() }), run: ({ a }: { a: string }) => a });
new Agent({ name: 'a', model, tools: [add, writer.asTool({ description: 'Writes.' })] });
// @ts-expect-error a function is no tool
new Agent({ name: 'a', model, tools: [() => 1] });
// @ts-expect-error there is no such option
new Agent({ name: 'a', model, prompt: 'x' });
