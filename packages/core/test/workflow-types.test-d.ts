import { END, START, Workflow, type Runnable, type StepContext } from '@drawloom/core';
import { expectTypeOf } from 'expect-type';

const measure = async (text: string): Promise<number> => text.length;
const double = (value: number): number => value * 2;
const shout = (text: string, context: StepContext): string => `${text}! (${context.node})`;

// A chain takes what its first step takes and gives what its last step gives.
expectTypeOf(Workflow.chain([measure, double])).toEqualTypeOf<Workflow<string, number>>();
expectTypeOf((await Workflow.chain([measure]).run('x')).output).toEqualTypeOf<number>();
// @ts-expect-error a chain does not take another input
void Workflow.chain([measure, double]).run(1);
// @ts-expect-error `shout` does not accept a number
Workflow.chain([measure, shout]);
// A list whose length is not known cannot be judged.
Workflow.chain(Array.from({ length: 3 }, () => double));
Workflow.chain({ first: measure, second: double });

// Edges are checked by the types of their ends.
const typed = new Workflow<string, number>('typed').addNode('measure', measure).addNode('double', double);
typed.addEdge(START, 'measure').addEdge('measure', 'double').addEdge('double', END);
// @ts-expect-error the run's input is text, `double` takes a number
typed.setStart('double');
// @ts-expect-error `measure` takes text, not a number
typed.addEdge('double', 'measure');
// A node may be named before it is added.
new Workflow<string>('forward').setStart('later').addNode('later', measure);

// Joins: a list for `auto`, named values for `all`, some of them for `any`.
const joins = new Workflow<string>('joins')
  .addNode('a', measure)
  .addNode('b', shout)
  .addNode('listed', (values: (number | string)[]) => values.length)
  .addNode('numbers', (values: number[]) => values.length)
  .addNode('both', (found: { a: number; b: string }) => found.a, { join: 'all' })
  .addNode('some', (found: { a?: number; b?: string }) => found.a, { join: 'any' })
  .addNode('either', (value: number | string) => value, { join: 'one' });
joins.addEdge('a', 'listed').addEdge('b', 'listed').addEdge('a', 'both').addEdge('b', 'both');
joins.addEdge('a', 'some').addEdge('b', 'some').addEdge('a', 'either').addEdge('b', 'either');
// @ts-expect-error `numbers` takes a list of numbers, `b` gives text
joins.addEdge('b', 'numbers');
// @ts-expect-error `both` takes no `listed`
joins.addEdge('listed', 'both');

// A router is given what its source gives, and each target has to take it.
typed.addRouter('measure', (length) => (length > 3 ? 'long' : 'short'), { long: 'double', short: END });
typed.addRouter('measure', (length) => expectTypeOf(length).toEqualTypeOf<number>() ?? 'x', { x: END });
// @ts-expect-error `measure` does not take the number that the router passes on
typed.addRouter('double', () => 'again', { again: 'measure' });

// A map takes a list of what its step takes.
const mapped = new Workflow<string[]>('mapped')
  .addMap('lengths', measure)
  .addNode('sum', (all: number[]) => all.length);
mapped.setStart('lengths').addEdge('lengths', 'sum');

// Branches of `parallel` and handlers of `route`.
expectTypeOf(Workflow.parallel([measure, measure])).toEqualTypeOf<Workflow<string, [number, number]>>();
expectTypeOf((await Workflow.parallel([measure, shout]).run('x')).output).toEqualTypeOf<[number, string]>();
expectTypeOf((await Workflow.parallel({ a: measure, b: shout }).run('x')).output).toEqualTypeOf<(number | string)[]>();
// @ts-expect-error no input suits both branches
void Workflow.parallel([measure, double]).run('x');
expectTypeOf(Workflow.parallel([measure], { merge: (all: number[]) => String(all) })).toEqualTypeOf<
  Workflow<string, string>
>();
expectTypeOf(Workflow.route((text: string) => text, { a: measure })).toEqualTypeOf<Workflow<string, number>>();
expectTypeOf((await Workflow.route((text: string) => text, { a: measure, b: shout }).run('x')).output).toEqualTypeOf<
  number | string
>();
Workflow.route((text: string) => text, { a: (text) => text.length }, { default: shout });
// @ts-expect-error a handler gets the original input, which is text
Workflow.route((text: string) => text, { a: double });

// Durations are milliseconds or text with a unit.
typed.addNode('slow', double, { timeout: '30s', retry: { initialInterval: 250 } });
// @ts-expect-error there is no such unit
typed.addNode('slower', double, { timeout: '30 parsecs' });

// Whatever its nodes are, a built workflow is a `Runnable`; a bare `Workflow` knows other nodes, to which other edges would fit.
export const anyOfThem: readonly Runnable<never, unknown>[] = [typed, joins];
export const runnable: Runnable<string, number> = typed;
// @ts-expect-error it takes text
export const misfit: Runnable<number, number> = typed;
// @ts-expect-error edges to its nodes could not be checked
export const bare: Workflow<string, number> = typed;
