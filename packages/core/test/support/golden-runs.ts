import {
  Agent,
  END,
  step,
  tool,
  Workflow,
  currentContext,
  type ApprovalDecision,
  type Duration,
  type LocalExecutor,
  type RunResult,
  type StepContext,
  type StepFailure,
  type Settled,
  type SuspendedRun,
} from '@drawloom/core';
import { z } from 'zod';
import { AnsweringModel, callOf, isAfterTools } from './answering-model.js';

/** Notes that a body is at its work, and lets others go on meanwhile. */
export type Note = (what: string) => Promise<void>;

/** A run whose outcome is the same however often it was interrupted. */
export interface GoldenRun {
  readonly name: string;
  readonly input: unknown;
  /** How it ends. */
  readonly ends: 'completed' | 'failed';
  /** With bodies that note what they do. */
  build(note: Note): Workflow;
}

/** What a body notes of itself: its idempotency key, and which attempt this is. */
function working<I, O>(note: Note, work: (input: I, context: StepContext) => O) {
  return async (input: I, context: StepContext): Promise<O> => {
    await note(`${context.idempotencyKey}:${context.attempt}`);
    return work(input, context);
  };
}

/** The same for a call of a model, a tool or a decorated function; `name` is that of its record. */
function calling<A extends unknown[], O>(note: Note, name: string, work: (...args: A) => O) {
  return async (...args: A): Promise<O> => {
    await note(`${currentContext().runId}!${name}`);
    return work(...args);
  };
}

/** Undoes a step. */
function undoing(note: Note) {
  return (_: unknown, { idempotencyKey }: StepContext) => note(`undo ${idempotencyKey}`);
}

const untilAborted = (_: unknown, { signal }: StepContext): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

const SOON: Duration = '20ms';
const AGAIN = { maximumAttempts: 3, initialInterval: '5ms' } as const;

function loop(note: Note): Workflow {
  return new Workflow<number>('golden-loop')
    .addNode(
      'begin',
      working(note, (count: number) => ({ count, seen: new Map([[count, new Date(count)]]) })),
    )
    .addNode(
      'grow',
      working(note, ({ count, seen }: { count: number; seen: Map<number, Date> }) => ({
        count: count + 1,
        seen: new Map([...seen, [count + 1, new Date(count + 1)]]),
      })),
    )
    .addNode(
      'log',
      working(note, ({ count }: { count: number }) => `at ${count}`),
    )
    .setStart('begin')
    .addEdge('begin', 'grow')
    .addEdge('grow', 'log')
    .addEdge('grow', 'decide')
    .addNode(
      'decide',
      working(note, (grown: { count: number; seen: Map<number, Date> }) => grown),
    )
    .addRouter('decide', ({ count }: { count: number }) => (count < 4 ? 'again' : 'done'), {
      again: 'grow',
      done: END,
    }) as unknown as Workflow;
}

function joins(note: Note): Workflow {
  const number = working(note, (count: number) => count + 1);
  return new Workflow<number>('golden-joins')
    .addNode('split', number)
    .addNode('a', number)
    .addNode('b', number)
    .addNode('odd', number)
    .addNode('even', number)
    .addNode(
      'all',
      working(note, ({ a, b }: { a: number; b: number }) => a * b),
      { join: 'all' },
    )
    .addNode(
      'any',
      working(note, (some: { odd?: number; even?: number }) => JSON.stringify(some)),
      { join: 'any' },
    )
    .addNode('one', number, { join: 'one' })
    .addNode('auto', working(note, String))
    .setStart('split')
    .addEdge('split', 'a')
    .addEdge('split', 'b')
    .addEdge('a', 'all')
    .addEdge('b', 'all')
    .addEdge('split', 'classify')
    .addNode('classify', number)
    .addRouter('classify', (count: number) => (count % 2 === 0 ? 'even' : 'odd'), { even: 'even', odd: 'odd' })
    .addEdge('odd', 'any')
    .addEdge('even', 'any')
    .addEdge('odd', 'one')
    .addEdge('even', 'one')
    .addEdge('all', 'auto')
    .addEdge('any', 'auto')
    .addEdge('one', 'auto') as unknown as Workflow;
}

function race(note: Note): Workflow {
  return new Workflow<string>('golden-race')
    .addNode('slow', untilAborted)
    .addNode('slower', untilAborted)
    .addNode(
      'quick',
      working(note, (text: string) => `${text} quick`),
    )
    .addNode(
      'beside',
      working(note, (text: string) => `${text} beside`),
    )
    .addNode(
      'race',
      working(note, (text: string) => `${text} first`),
      { join: 'first', cancelOthers: true },
    )
    .addNode('last', working(note, String))
    .setStart('slow')
    .setStart('slower')
    .setStart('quick')
    .setStart('beside')
    .addEdge('slow', 'race')
    .addEdge('slower', 'race')
    .addEdge('quick', 'race')
    .addEdge('race', 'last')
    .addEdge('beside', 'last') as unknown as Workflow;
}

/** Items of which each third fails once, and a step that fails twice. */
function retries(note: Note): Workflow {
  return new Workflow<number>('golden-retries')
    .addNode(
      'list',
      working(note, (count: number) => Array.from({ length: count }, (_, index) => index)),
    )
    .addMap(
      'each',
      working(note, (item: number, { attempt }: StepContext) => {
        if (item % 3 === 0 && attempt === 1) throw new RangeError(`item ${item}`);
        return item * 10;
      }),
      { retry: AGAIN, concurrency: 2 },
    )
    .addNode(
      'sum',
      working(note, (items: number[], { attempt }: StepContext) => {
        if (attempt < 3) throw new RangeError(`attempt ${attempt}`);
        return items.reduce((sum, item) => sum + item, 0);
      }),
      { retry: AGAIN },
    )
    .setStart('list')
    .addEdge('list', 'each')
    .addEdge('each', 'sum') as unknown as Workflow;
}

function failures(note: Note): Workflow {
  return new Workflow<string>('golden-failures')
    .addNode(
      'try',
      working(note, (text: string): string => {
        throw new TypeError(`cannot ${text}`);
      }),
      { onError: 'rescue' },
    )
    .addNode('never', working(note, String))
    .addNode(
      'rescue',
      working(note, ({ error, input }: StepFailure<string>) => [input, (error as Error).message]),
    )
    .addMap(
      'letters',
      working(note, (text: string) => {
        if (text === 'walk') throw new TypeError('no');
        return text.length;
      }),
      { settled: true },
    )
    .addNode(
      'tell',
      working(note, (all: Settled<number>[]) => all.map(({ status }) => status).join()),
    )
    .setStart('try')
    .addEdge('try', 'never')
    .addEdge('rescue', 'letters')
    .addEdge('letters', 'tell') as unknown as Workflow;
}

function nested(note: Note): Workflow {
  const innermost = new Workflow<string>('golden-innermost')
    .addNode(
      'x',
      working(note, (text: string) => `${text}x`),
    )
    .addNode(
      'y',
      working(note, (text: string) => `${text}y`),
    )
    .setStart('x')
    .addEdge('x', 'y');
  const inner = new Workflow<string>('golden-inner')
    .addNode('deep', innermost)
    .addNode(
      'judge',
      working(note, (text: string) => text),
    )
    .setStart('deep')
    .addEdge('deep', 'judge')
    .addRouter('judge', (text: string) => (text.length < 5 ? 'again' : 'done'), { again: 'deep', done: END });
  return new Workflow<string>('golden-nested')
    .addNode('first', inner)
    .addNode('second', async (text: string, context: StepContext) => {
      await note(`${context.idempotencyKey}:${context.attempt}`);
      return (await innermost.run(`${text}-`)).output;
    })
    .addMap('parts', innermost)
    .addNode(
      'list',
      working(note, (text: string) => [...text].slice(0, 2)),
    )
    .setStart('first')
    .addEdge('first', 'second')
    .addEdge('second', 'list')
    .addEdge('list', 'parts') as unknown as Workflow;
}

function finishing(note: Note): Workflow {
  return new Workflow<string>('golden-finish')
    .addNode('before', working(note, String))
    .addNode('endless', untilAborted)
    .addNode(
      'enough',
      working(note, (text: string, context: StepContext) => {
        context.finish({ answer: text });
        return 'ignored';
      }),
    )
    .addNode('after', working(note, String))
    .setStart('before')
    .addEdge('before', 'endless')
    .addEdge('before', 'enough')
    .addEdge('enough', 'after') as unknown as Workflow;
}

function approvals(note: Note): Workflow {
  const request = working(note, (text: string) => ({ title: text }));
  const outcome = ({ outcome }: ApprovalDecision): string => outcome;
  return new Workflow<string>('golden-approvals')
    .addNode('begin', working(note, String))
    .addApproval('one', request, { users: ['mia'] })
    .addApproval('two', request, { groups: ['staff'], quorum: 2, notBy: ['begin'] })
    .addNode('work', working(note, String))
    .addNode(
      'join',
      working(note, ({ one, two, work }: { one: ApprovalDecision; two: ApprovalDecision; work: string }) =>
        [outcome(one), outcome(two), work].join(),
      ),
      { join: 'all' },
    )
    .setStart('begin')
    .addEdge('begin', 'one')
    .addEdge('begin', 'two')
    .addEdge('begin', 'work')
    .addEdge('one', 'join')
    .addEdge('two', 'join')
    .addEdge('work', 'join') as unknown as Workflow;
}

function waits(note: Note): Workflow {
  return new Workflow<string>('golden-waits')
    .addDelay('sleep', SOON)
    .addWait('arrival', {
      payload: z.object({ place: z.string() }),
      expiresAfter: '365d',
      routes: { received: 'tell', expired: 'search' },
    })
    .addNode(
      'tell',
      working(note, (text: string, context: StepContext) => [text, context.decision('arrival')]),
    )
    .addNode('search', working(note, String))
    .setStart('sleep')
    .addEdge('sleep', 'arrival') as unknown as Workflow;
}

function saga(note: Note): Workflow {
  const trip = new Workflow<string>('golden-trip')
    .addNode(
      'flight',
      working(note, (to: string) => `F-${to}`),
    )
    .addNode(
      'hotel',
      working(note, (flight: string) => `H-${flight}`),
    )
    .addCompensation('flight', undoing(note))
    .addCompensation('hotel', undoing(note))
    .setStart('flight')
    .addEdge('flight', 'hotel');
  return new Workflow<string>('golden-saga')
    .addNode('reserve', working(note, String))
    .addNode('trip', trip)
    .addNode(
      'pay',
      working(note, (): string => {
        throw new TypeError('no money');
      }),
    )
    .addCompensation('reserve', undoing(note))
    .addCompensation('trip', undoing(note))
    .setStart('reserve')
    .addEdge('reserve', 'trip')
    .addEdge('trip', 'pay') as unknown as Workflow;
}

/** It fails while one step works and another one waits. */
function sagaBeside(note: Note): Workflow {
  return new Workflow<string>('golden-saga-beside')
    .addNode('reserve', working(note, String))
    .addNode('endless', untilAborted)
    .addApproval(
      'ask',
      working(note, (text: string) => ({ title: text })),
      { users: ['nobody'] },
    )
    .addNode('look', working(note, String))
    .addNode(
      'pay',
      working(note, (): string => {
        throw new TypeError('no money');
      }),
    )
    .addCompensation('reserve', undoing(note))
    .addCompensation('look', undoing(note))
    .setStart('reserve')
    .addEdge('reserve', 'endless')
    .addEdge('reserve', 'ask')
    .addEdge('reserve', 'look')
    .addEdge('look', 'pay') as unknown as Workflow;
}

/** A model that calls the tools one after the other, and then says how many answers it got. */
function modelFor(note: Note, agent: string, calls: readonly (readonly [name: string, given: unknown])[]) {
  return new AnsweringModel(async (request) => {
    const answered = request.messages.filter(({ role }) => role === 'tool').length;
    await note(`${currentContext().runId}!model:${agent}.${answered + 1}`);
    const next = calls[answered];
    if (next !== undefined)
      return { toolCalls: [callOf(next[0], next[1], `c${answered}`)], usage: { inputTokens: 10, outputTokens: 5 } };
    return { content: `after ${answered}: ${isAfterTools(request) ? request.messages.at(-1)!.content : ''}` };
  });
}

function agentic(note: Note): Workflow {
  const look = step(
    'look',
    calling(note, 'look.1', (name: string) => new Map([[name, 1]])),
  );
  const order = tool({
    name: 'order',
    description: 'Orders things.',
    input: z.object({ count: z.int() }),
    run: calling(note, 'tool:clerk.order.1', ({ count }: { count: number }) => `ordered ${count}`),
  });
  const pack = tool({
    name: 'pack',
    description: 'Packs things.',
    run: calling(note, 'tool:clerk.pack.1', () => 'packed'),
  });
  const model = modelFor(note, 'clerk', [
    ['order', { count: 2 }],
    ['pack', {}],
  ]);
  return new Workflow<string>('golden-agent')
    .addNode('find', async (name: string, context: StepContext) => {
      await note(`${context.idempotencyKey}:${context.attempt}`);
      return [...(await look(name)).keys()].join();
    })
    .addNode('clerk', new Agent({ name: 'clerk', model, tools: [order, pack] }))
    .addNode('tell', working(note, String))
    .setStart('find')
    .addEdge('find', 'clerk')
    .addEdge('clerk', 'tell') as unknown as Workflow;
}

/** An agent whose tool is a workflow that asks a person. */
function asking(note: Note): Workflow {
  const release = new Workflow<string>('release')
    .addNode('check', working(note, String))
    .addApproval(
      'ask',
      working(note, (text: string) => ({ title: text })),
      { users: ['mia'] },
    )
    .addNode(
      'note',
      working(note, ({ outcome }: ApprovalDecision) => `it is ${outcome}`),
    )
    .setStart('check')
    .addEdge('check', 'ask')
    .addEdge('ask', 'note');
  const model = modelFor(note, 'boss', [['release', { input: 'v2' }]]);
  const boss = new Agent({ name: 'boss', model, tools: [release.asTool({ description: 'Releases.' })] });
  return new Workflow<string>('golden-asking')
    .addNode('boss', boss)
    .addNode('tell', working(note, String))
    .setStart('boss')
    .addEdge('boss', 'tell') as unknown as Workflow;
}

const golden = (name: string, input: unknown, build: (note: Note) => Workflow, ends: GoldenRun['ends'] = 'completed') =>
  ({ name, input, build, ends }) as const;

/** Each part of a graph that a crash may find in the middle of something. */
export const goldenRuns: readonly GoldenRun[] = [
  golden('a loop', 1, loop),
  golden('joins of every kind', 1, joins),
  golden('a race', 'the', race),
  golden('a map and a step that are tried again', 5, retries),
  golden('an error edge', 'walk', failures),
  golden('workflows two levels deep', 'a', nested),
  golden('an early finish', 'so', finishing),
  golden('approvals side by side', 'pay', approvals),
  golden('a delay and a signal', 'parcel', waits),
  golden('an undoing', 'Rome', saga, 'failed'),
  golden('an undoing beside other work', 'Oslo', sagaBeside, 'failed'),
  golden('an agent with tools', 'ink', agentic),
  golden('an agent whose tool waits for a person', 'go', asking),
];

/** How a run is carried out to its end. */
export interface CarryOut {
  readonly executor: LocalExecutor;
  readonly runId: string;
  /** Whether it goes on, instead of beginning. */
  readonly goesOn: boolean;
  /** Lets time pass until the promise has settled, and a moment longer. */
  pass<T>(result: Promise<T>): Promise<T>;
}

/** What can be told of a run when it is over, in an order that does not depend on chance. */
export interface GoldenOutcome {
  readonly status: string;
  readonly output?: unknown;
  readonly visited?: readonly string[];
  readonly perStep?: unknown;
  readonly routes?: readonly string[];
  readonly error?: string;
}

/** Carries a run out to its end, and does for it what people and the world have to do. */
export async function carryOut(
  workflow: Workflow,
  input: unknown,
  { executor, runId, goesOn, pass }: CarryOut,
): Promise<GoldenOutcome> {
  try {
    let result: RunResult<unknown> | SuspendedRun = await pass(
      goesOn ? workflow.resume(runId, { executor, takeOver: true }) : workflow.run(input, { executor, runId, userId: 'alice' }),
    ); // prettier-ignore
    for (let rests = 0; result.status === 'suspended'; rests++) {
      if (rests > 9) throw new Error('it comes to rest again and again');
      for (const { id, kind } of result.waits) await pass(answer(executor, runId, id, kind));
      result = await pass(workflow.resume(runId, { executor }));
    }
    const { status, output, visited, perStep, routes } = result;
    return {
      status,
      output: timeless(output),
      visited: [...visited].sort(),
      perStep: timeless(perStep),
      routes: routes.map((route) => JSON.stringify(route)).sort(),
    };
  } catch (error) {
    const text = String((error as Error).message);
    return { status: 'failed', error: /no money/.exec(text)?.[0] ?? text };
  }
}

/** Decides and sends what a run waits for; what was decided before its process died is decided. */
async function answer(executor: LocalExecutor, runId: string, id: string, kind: string): Promise<void> {
  const isLate = (error: unknown): void => {
    const { reason } = error as { reason?: string };
    if (!['settled', 'already-decided', 'not-entitled'].includes(reason!)) throw error;
  };
  if (kind === 'signal')
    await executor.signals.send({ runId, signal: 'arrival', payload: { place: 'Graz' }, sender: { userId: 'post' } }).catch(isLate); // prettier-ignore
  if (kind !== 'approval') return;
  for (const userId of ['mia', 'max']) {
    const { digest } = await executor.approvals.get(id);
    await executor.approvals.decide(id, { actor: { userId, groups: ['staff'] }, outcome: 'approved', digest }).catch(isLate); // prettier-ignore
  }
}

/** A value without the times of decisions, its keys in order. */
function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const kept = Object.entries(value).filter(([key, inner]) => key !== 'at' || typeof inner !== 'number');
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, timeless(inner)]));
}
