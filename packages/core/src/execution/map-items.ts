import { StepError } from '../errors/step-error.js';
import { errorInfo } from './events.js';
import { isThenable, type Body } from './step.js';
import type { StepContext } from './step-context.js';

/** What became of one item, or of one branch, where failures do not fail the whole. */
export type Settled<T> =
  { readonly status: 'fulfilled'; readonly value: T } | { readonly status: 'rejected'; readonly reason: unknown };

export interface MapPolicy {
  /** Items at a time. @defaultValue the workflow's `maxConcurrency` */
  readonly concurrency?: number | undefined;
  /** Give an outcome for each item instead of failing with the first failure. @defaultValue `false` */
  readonly settled?: boolean | undefined;
}

/** The body of a map node: calls `item` once per item of the list that arrives; results come in the list's order. */
export function mapBody(item: Body, policy: MapPolicy): Body {
  return (input, context) => {
    if (!Array.isArray(input)) throw StepError.mapInputNotAList(context.facts, input);
    if (input.length === 0) return [];
    return new MapRun(item, policy, input, context).result;
  };
}

/** One pass over a list. A failure aborts what runs, which is awaited before the failure is passed on. */
class MapRun {
  readonly result: Promise<unknown[]>;
  readonly #item: Body;
  readonly #settled: boolean;
  readonly #list: readonly unknown[];
  readonly #context: StepContext;
  readonly #results: unknown[];
  readonly #open = new Set<StepContext>();
  readonly #limit: number;
  readonly #release: () => void;
  #next = 0;
  #failure: { readonly error: unknown } | undefined;
  #resolve!: (results: unknown[]) => void;
  #reject!: (error: Error) => void;

  constructor(item: Body, policy: MapPolicy, list: readonly unknown[], context: StepContext) {
    this.#item = item;
    this.#settled = policy.settled === true;
    this.#list = list;
    this.#context = context;
    this.#results = new Array<unknown>(list.length);
    this.#limit = policy.concurrency ?? context.owner.maxConcurrency;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject as (error: Error) => void;
    });
    this.#release = context.adopt({ cancel: (reason) => this.#fail(reason) });
    this.#fill();
  }

  #fill(): void {
    if (this.#context.owner.journal?.isLyingDown === true) return; // the other items begin when the run goes on
    while (this.#failure === undefined && this.#open.size < this.#limit && this.#next < this.#list.length) {
      this.#start(this.#next++);
    }
    if (this.#open.size > 0) return;
    if (this.#failure === undefined && this.#next < this.#list.length) return;
    this.#release();
    if (this.#failure !== undefined) this.#reject(this.#failure.error as Error);
    else this.#resolve(this.#results);
  }

  #start(index: number): void {
    const context = this.#context.forItem(index);
    this.#open.add(context);
    try {
      const recorded = context.recordedItem();
      if (recorded !== undefined) {
        this.#conclude(index, context, { status: 'fulfilled', value: recorded.output });
        return;
      }
      const result = context.call(this.#item, this.#list[index]);
      if (!isThenable(result)) this.#end(index, context, { status: 'fulfilled', value: result });
      else {
        const leave = context.enterItem();
        result.then(
          (value) => this.#endLater(index, context, { status: 'fulfilled', value }, leave),
          (reason: unknown) => this.#endLater(index, context, { status: 'rejected', reason }, leave),
        );
      }
    } catch (reason) {
      this.#end(index, context, { status: 'rejected', reason });
    }
  }

  #endLater(index: number, context: StepContext, outcome: Settled<unknown>, leave: () => void): void {
    this.#end(index, context, outcome);
    this.#fill();
    leave(); // after the next one has begun: a run that waits elsewhere is not laid to rest in between
  }

  #end(index: number, context: StepContext, outcome: Settled<unknown>): void {
    if (outcome.status === 'rejected') {
      this.#conclude(index, context, outcome);
      return;
    }
    try {
      context.recordItem(outcome.value);
      this.#conclude(index, context, outcome);
    } catch (reason) {
      this.#conclude(index, context, { status: 'rejected', reason }); // what it gave cannot be kept
    }
  }

  #conclude(index: number, context: StepContext, outcome: Settled<unknown>): void {
    this.#open.delete(context);
    const isFulfilled = outcome.status === 'fulfilled';
    if (this.#context.owner.isObserved) {
      const { node, visit } = this.#context;
      const item = { node, visit, index, total: this.#list.length };
      if (isFulfilled) this.#context.announce({ type: 'item.completed', ...item });
      else this.#context.announce({ type: 'item.failed', ...item, error: errorInfo(outcome.reason) });
    }
    if (this.#settled) this.#results[index] = outcome;
    else if (isFulfilled) this.#results[index] = outcome.value;
    else this.#fail(outcome.reason);
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    for (const context of this.#open) context.cancel(error);
  }
}
