/**
 * Job: random graphs, carried out with a journal by processes that die at random writes, each before or after it; the next
 * one takes the run up. What holds for the run then, whatever the graph and wherever it dies.
 *
 * A. What is recorded as over is not begun again, and in one life of a process nothing is begun twice.
 * B. What was in flight is begun again, if it is, as the same visit and with the same input.
 * C. Every activation receives what it receives in the undisturbed run, and the run ends as that does; where who is faster
 *    decides (`first` joins), it ends.
 * D. Where a record is required, a step begins when its intent and what it was given are durable, and no earlier.
 * E. Where nodes wait for signals, which come before their waits or after, each is taken once, and A to C hold.
 */
import fc from 'fast-check';
import {
  hmacKey,
  InMemoryJournal,
  LocalExecutor,
  RunError,
  StepError,
  type Journal,
  type Schema,
} from '@drawloom/core';
import { VirtualClock } from '@drawloom/testing';
import { readSignalState } from '../../src/approval/signal-wait.js';
import type { StepContext } from '../../src/execution/step-context.js';
import type { PreparedRun } from '../../src/execution/executor.js';
import type { Program } from '../../src/execution/program.js';
import { signalWaiting } from '../../src/execution/wait-nodes.js';
import { compileGraph } from '../../src/graph/compile-graph.js';
import { readRecord } from '../../src/journal/records.js';
import { assembleProgram } from '../../src/workflow/assemble-program.js';
import { arbitraryGraph, hash, type RandomGraph } from './arbitrary-graph.js';
import { DyingJournal } from './dying-journal.js';
import { SharedJournal } from './shared-journal.js';

// As in `scheduler-properties.ts`: the same cases every time, but for a campaign.
const seed = process.env['CAMPAIGN_SEED'] ?? '1';

const KEY_OF_LOG = hmacKey('k1', 'a secret of many bytes');
const KEY = { tenant: '', runId: 'r' };
/** Longer runs are left out: each of their writes is a run of its own. */
const MAX_ACTIVATIONS = 80;
/** Such a run fails in the same way in whatever order activations end. */
const EXPECTED_CODES = ['AMBIGUOUS_JOIN', 'NO_ROUTE'];

interface Begun {
  readonly node: string;
  /** Node and iterations: the same activation in every life. */
  readonly place: string;
  /** Node and visit: the same activation in the journal. */
  readonly visit: string;
  readonly input: string;
}

interface Death {
  readonly write: number;
  readonly when: 'before' | 'after';
}

const deaths = fc.array(
  fc.record({ write: fc.nat(), when: fc.constantFrom('before', 'after') as fc.Arbitrary<Death['when']> }),
  { minLength: 1, maxLength: 3 },
);

/** Invariants A, B and C; with a record D, with signals E as well. */
export async function survivesItsProcess(
  numRuns: number,
  { withRaces = false, withRecord = false, withSignals = false } = {},
): Promise<void> {
  const newJournal = () => (withRecord ? new SharedJournal(KEY_OF_LOG) : new InMemoryJournal());
  const racing = { joins: ['auto', 'first', 'first', 'any', 'one'], cancelOthers: true } as const;
  const property = fc.asyncProperty(
    arbitraryGraph(withRaces ? racing : {}),
    fc.nat(),
    fc.constantFrom(1, 2, 5, 1_000),
    deaths,
    async (graph, pace, maxConcurrency, deaths) => {
      let options: LifeOptions = { graph, pace, maxConcurrency, withSignals };
      let whole = new DyingJournal(newJournal(), Infinity);
      let undisturbed = life(options, whole, false);
      const outcome = await undisturbed.ended;
      fc.pre(undisturbed.begun.length <= MAX_ACTIVATIONS);
      if (withSignals) {
        // How many signals each wait needs is known from the first time; from then on they come by themselves.
        options = { ...options, signals: undisturbed.begun.map(({ node }) => node).filter(isWaiting(options)) };
        whole = new DyingJournal(newJournal(), Infinity);
        undisturbed = life(options, whole, false);
        expect(await undisturbed.ended).toEqual(outcome);
      }
      const inputs = new Map(undisturbed.begun.map(({ place, input }) => [place, input]));
      const isComparable = !withRaces && outcome.code === undefined;

      const journal = newJournal();
      const seen = new Map<string, Begun>();
      for (const { write, when } of [...deaths, { write: Infinity, when: 'before' } as const]) {
        const over = await recordedAsOver(journal);
        const isKnown = (await journal.run(KEY)) !== undefined;
        const last = write === Infinity ? Infinity : 1 + (write % whole.writes);
        const dying = new DyingJournal(journal, last, when);
        // One begins at another pace than the one before: what had not ended may end in another order.
        const { begun, ended } = life({ ...options, pace: pace + seen.size }, dying, isKnown);
        const end = await Promise.race([ended, dying.died]);
        expect(begun.filter(({ visit }) => over.has(visit))).toEqual([]);
        expect(new Set(begun.map(({ visit }) => visit)).size).toBe(begun.length);
        for (const one of begun) {
          const { place, input } = one;
          expect(one).toEqual(seen.get(place) ?? one);
          seen.set(place, one);
          if (isComparable) expect({ place, input }).toEqual({ place, input: inputs.get(place) });
        }
        if (end === undefined) continue;
        if (!withRaces) expect(end).toEqual(outcome);
        await tookEachOnce(journal);
        if (isComparable) expect(new Set(seen.keys())).toEqual(new Set(inputs.keys()));
        return;
      }
      throw new Error('the run did not end in a life without a death');
    },
  );
  await fc.assert(property, { numRuns, ...(seed === 'random' ? {} : { seed: Number(seed) }) });
}

interface LifeOptions {
  readonly graph: RandomGraph;
  /** In what order activations end. */
  readonly pace: number;
  readonly maxConcurrency: number;
  /** Whether some nodes wait for a signal of their name. */
  readonly withSignals: boolean;
  /** What is sent, whether it is waited for or not. @defaultValue whatever is waited for, when it is */
  readonly signals?: readonly string[];
}

/** One life of a process: what it began, and how the run ended in it. */
function life(options: LifeOptions, journal: DyingJournal, goesOn: boolean) {
  const begun: Begun[] = [];
  const { inner } = journal;
  const shared = inner instanceof SharedJournal ? inner : undefined;
  const program = programOf(options, begun, shared);
  const audit = shared && ({ log: shared.log, mode: 'required' } as const);
  if (shared !== undefined) Object.assign(journal, { carries: () => true });
  const durability = { authentication: { trustedCaller: true }, signals: { most: 1_000 } } as const;
  const clock = new VirtualClock(); // stands still: nothing is left of the dead
  const executor = new LocalExecutor({ journal, clock, audit, durability });
  const prepared = goesOn
    ? executor.prepareResume(program, KEY, { takesOver: true })
    : executor.prepare(program, { input: 'input', runId: KEY.runId });
  const carriedOut = async (): Promise<Awaited<ReturnType<PreparedRun['execute']>>> => {
    let result = await prepared.execute();
    while (result.status === 'suspended') {
      if (options.signals === undefined) for (const { node } of result.waits) await send(executor, node);
      else await Promise.resolve(); // they come
      result = await executor.prepareResume(program, KEY, {}).execute();
    }
    return result;
  };
  const ended = carriedOut().then(outcomeOf, failureOf);
  void sendAll(executor, options);
  return { begun, ended };
}

/** One after the other, each for certain: what was sent before is one message with it. */
async function sendAll(executor: LocalExecutor, { graph, pace, signals = [] }: LifeOptions): Promise<void> {
  for (const [index, node] of signals.entries()) {
    for (let turns = hash(pace, node, [graph.definition.nodes.length, index]) % 60; turns > 0; turns--)
      await Promise.resolve();
    await send(executor, node, `${index}`);
  }
}

async function send(executor: LocalExecutor, node: string, id?: string): Promise<void> {
  const signal = { runId: KEY.runId, signal: node, payload: `${node} heard`, sender: { userId: 'u' }, id };
  for (;;) {
    try {
      await executor.signals.send(signal);
      return;
    } catch (error) {
      if (!RunError.is(error) || (error.code !== 'WAIT_NOT_FOUND' && error.code !== 'SIGNAL_REFUSED')) throw error;
      if (error.reason === 'run-over') return;
      await Promise.resolve(); // the run has not begun
    }
  }
}

/** Invariant E. */
async function tookEachOnce(journal: Journal): Promise<void> {
  const waits = await journal.waits({ tenant: '', kind: 'signal', status: 'closed', limit: Infinity });
  const taken = waits.flatMap((wait) => readSignalState(wait).received?.id ?? []);
  expect(new Set(taken).size).toBe(taken.length);
  expect(await journal.keptSignals(KEY)).toEqual([]);
}

/** About every third step of a graph. */
function isWaiting({ graph, withSignals }: LifeOptions): (node: string) => boolean {
  const { nodes } = graph.definition;
  const steps = nodes.filter(({ kind }) => kind === 'step').map(({ name }) => name);
  return (node) => withSignals && steps.includes(node) && hash(nodes.length, node, []) % 3 === 0;
}

type Outcome = { readonly code: string | undefined; readonly output?: string; readonly perStep?: string };

function outcomeOf(result: Awaited<ReturnType<ReturnType<LocalExecutor['prepare']>['execute']>>): Outcome {
  if (result.status !== 'completed') throw new Error('it is suspended');
  return { code: undefined, output: textOf(result.output), perStep: textOf(result.perStep) };
}

function failureOf(error: unknown): Outcome {
  if ((StepError.is(error) || RunError.is(error)) && EXPECTED_CODES.includes(error.code)) return { code: error.code };
  throw error;
}

function programOf(options: LifeOptions, begun: Begun[], shared: SharedJournal | undefined): Program {
  const { graph, pace, maxConcurrency, withSignals } = options;
  const plan = compileGraph(graph.definition);
  const isRouter = new Set(plan.names.filter((_, node) => plan.isRouter[node] === 1));
  const bodyOf = (node: string) => async (input: unknown, context: StepContext) => {
    const { tag } = context.place;
    const place = `${node}(${tag.join('.')})`;
    begun.push({ node, place, visit: `${node}/${context.visit}`, input: textOf(input) });
    if (shared !== undefined) await isDurable(shared, node, context.visit, textOf(input), isRouter.has(node));
    for (let turns = hash(pace, node, tag) % 5; turns > 0; turns--) await Promise.resolve();
    if (graph.fails(node, tag)) throw new Error(`${place} failed`);
    return isRouter.has(node) ? graph.keys(node, tag) : `${place} result`;
  };
  const limits = { maxConcurrency, maxSteps: 100_000, maxVisitsPerNode: 100_000 };
  const program = assembleProgram({ plan, options: limits, bodyOf, schemaOf: (): Schema | undefined => undefined });
  if (!withSignals) return program;
  const waits = isWaiting(options);
  const waitingOf = (node: string) => (waits(node) ? signalWaiting({ signal: node, timeoutMs: undefined }) : undefined);
  return { ...program, waiting: plan.names.map(waitingOf) };
}

/** Invariant D. Activations name themselves in what they give. */
async function isDurable(journal: SharedJournal, node: string, visit: number, input: string, isRouter: boolean) {
  const records = await journal.records(KEY, 0, Infinity);
  const given = [...input.matchAll(/[^"]+\([\d.]*\) result/g)].map(([value]) => value);
  for (const value of given) expect(records.some(({ text }) => text.includes(JSON.stringify(value)))).toBe(true);
  if (isRouter) return; // its choice is put on record, not that it chooses
  const entries = await journal.stored();
  const isIntent = entries.some(
    (entry) => entry.action === 'step.started' && entry.node === node && entry.visit === visit,
  );
  expect({ node, visit, isIntent }).toEqual({ node, visit, isIntent: true });
}

/** What the journal says is over, by node and visit. */
async function recordedAsOver(journal: Journal): Promise<Set<string>> {
  const over = new Set<string>();
  for (const record of await journal.records(KEY, 0, Infinity)) {
    const body = readRecord(record)!;
    const types = ['step.completed', 'step.failed', 'step.cancelled', 'route.taken', 'wait.opened'];
    if (types.includes(body.type) && 'node' in body) over.add(`${body.node}/${body.visit}`);
  }
  return over;
}

/** Of an error its message: whether it was thrown here, or read of a journal. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof Error ? `thrown: ${part.message}` : part)) ?? '';
}
