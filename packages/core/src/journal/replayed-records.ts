import { activationKey, type RecordBody, type RecordOf } from './records.js';

/** What came of activations, in the order in which it did: what a run is made again from. */
export type ReplayedStep = RecordOf<
  'step.completed' | 'step.failed' | 'step.cancelled' | 'route.taken' | 'wait.opened' | 'wait.resolved'
>;

/** How a run ended, or began to. */
export type ReplayedEnd = RecordOf<'run.failing' | 'run.completed' | 'run.failed' | 'run.cancelled'>;

/** What an earlier execution left of one run: the journal's own, or one nested in it. */
export interface ReplayedRun {
  readonly started: RecordOf<'run.started'> | undefined;
  /** By which its span is begun. */
  readonly trace: string | undefined;
  /** How many of `steps` there were when that span began. */
  readonly tracedFrom: number;
  /** How many entries an audit log had been told of it. */
  readonly audited: number;
  readonly steps: readonly ReplayedStep[];
  /** Inputs in place of those that would arrive, by activation. */
  readonly inputs: ReadonlyMap<string, unknown>;
  /** Activations that have been undone, or could not be, by activation. */
  readonly undone: ReadonlySet<string>;
  readonly failing: RecordOf<'run.failing'> | undefined;
  readonly end: Exclude<ReplayedEnd, RecordOf<'run.failing'>> | undefined;
}

interface Gathered {
  started: RecordOf<'run.started'> | undefined;
  trace: string | undefined;
  tracedFrom: number;
  audited: number;
  readonly steps: ReplayedStep[];
  readonly inputs: Map<string, unknown>;
  readonly undone: Set<string>;
  failing: RecordOf<'run.failing'> | undefined;
  end: ReplayedRun['end'];
}

const NOTHING: ReplayedRun = Object.freeze({
  started: undefined,
  trace: undefined,
  tracedFrom: 0,
  audited: 0,
  steps: [],
  inputs: new Map(),
  undone: new Set<string>(),
  failing: undefined,
  end: undefined,
});

/** The records of a journal, sorted by what they are asked for. */
export class ReplayedRecords {
  readonly #runs = new Map<string, Gathered>();
  readonly #calls = new Map<string, RecordOf<'call.completed'>>();
  readonly #items = new Map<string, RecordOf<'item.completed'>>();
  readonly #attempts = new Map<string, RecordOf<'attempt.failed'>>();

  constructor(records: readonly RecordBody<unknown>[]) {
    for (const record of records) this.#add(record);
  }

  /** Of the run that stands at this path; `undefined` for the journal's own. */
  ofRun(path: string | undefined): ReplayedRun {
    return this.#runs.get(path ?? '') ?? NOTHING;
  }

  /** The span of the journal's own run is begun by this from here on. */
  traced(trace: string): void {
    beginSpan(this.#runOf(undefined), trace);
  }

  call(key: string): RecordOf<'call.completed'> | undefined {
    return this.#calls.get(key);
  }

  /** What was recorded of an item of a map. */
  item(path: string | undefined, node: string, visit: number, item: number): RecordOf<'item.completed'> | undefined {
    return this.#items.get(itemKey(path, node, visit, item));
  }

  /** The last attempt of an activation, or of an item of it, that has failed. */
  failedAttempt(
    path: string | undefined,
    node: string,
    visit: number,
    item: number | undefined,
  ): RecordOf<'attempt.failed'> | undefined {
    return this.#attempts.get(itemKey(path, node, visit, item));
  }

  #add(record: RecordBody<unknown>): void {
    const run = this.#runOf('path' in record ? record.path : undefined);
    if ('audited' in record) run.audited = record.audited ?? run.audited;
    switch (record.type) {
      case 'run.started':
        run.started = record;
        run.trace = record.trace;
        break;
      case 'call.completed':
        this.#calls.set(record.key, record);
        break;
      case 'item.completed':
        this.#items.set(itemKey(record.path, record.node, record.visit, record.item), record);
        break;
      case 'attempt.failed':
        this.#attempts.set(itemKey(record.path, record.node, record.visit, record.item), record);
        break;
      case 'input.replaced':
        run.inputs.set(activationKey(record.node, record.visit), record.input);
        break;
      case 'compensation.completed':
      case 'compensation.failed':
        run.undone.add(activationKey(record.node, record.visit));
        break;
      case 'run.failing':
        run.failing = record;
        break;
      case 'run.completed':
      case 'run.failed':
      case 'run.cancelled':
        run.end = record;
        break;
      case 'run.resumed':
        if (record.trace !== undefined) beginSpan(run, record.trace);
        break;
      default:
        run.steps.push(record);
    }
  }

  #runOf(path: string | undefined): Gathered {
    let run = this.#runs.get(path ?? '');
    if (run === undefined) {
      run = { ...NOTHING, steps: [], inputs: new Map(), undone: new Set() };
      this.#runs.set(path ?? '', run);
    }
    return run;
  }
}

function beginSpan(run: Gathered, trace: string): void {
  run.trace = trace;
  run.tracedFrom = run.steps.length;
}

function itemKey(path: string | undefined, node: string, visit: number, item: number | undefined): string {
  return `${path ?? ''}/${item ?? ''}/${activationKey(node, visit)}`;
}
