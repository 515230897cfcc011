import type { RunEvent } from '@drawloom/core';

/** One step of the review, as the terminal shows it. */
export interface StepProgress {
  readonly node: string;
  state: 'running' | 'completed' | 'failed' | 'cancelled';
  visits: number;
  /** Milliseconds since the epoch, of the first visit. */
  readonly startedAt: number;
  endedAt: number;
  /** Of a map: items that are done, and all of them. */
  done: number;
  total: number;
}

/** What a review has done so far, from its events. */
export class ReviewProgress {
  readonly #steps = new Map<string, StepProgress>();
  readonly #verdicts = new Map<string, number>();
  #readers = 0;
  #toolCalls = 0;

  /** In the order in which they began. */
  get steps(): readonly StepProgress[] {
    return [...this.#steps.values()];
  }

  /** Packages by finding, in the order in which each was first met. */
  get verdicts(): ReadonlyMap<string, number> {
    return this.#verdicts;
  }

  /** How often an agent was asked within the review of a package, and how often it called a tool. */
  get readings(): { readonly agents: number; readonly toolCalls: number } {
    return { agents: this.#readers, toolCalls: this.#toolCalls };
  }

  /** Takes note of an event; returns the step that has changed, if it is one of the review's own. */
  hear(event: RunEvent): StepProgress | undefined {
    if (event.path.length > 0) {
      if (event.type === 'route.taken' && event.router === 'byVerdict') this.#count(event.keys);
      if (event.type === 'agent.started') this.#readers++;
      if (event.type === 'tool.returned') this.#toolCalls++;
      return undefined;
    }
    switch (event.type) {
      case 'step.started':
        return this.#begin(event.node, event.time);
      case 'step.completed':
        return this.#end(event.node, 'completed', event.time);
      case 'step.failed':
        return this.#end(event.node, 'failed', event.time);
      case 'step.cancelled':
        return this.#end(event.node, 'cancelled', event.time);
      case 'item.completed':
      case 'item.failed':
        return this.#progress(event.node, event.total);
      default:
        return undefined;
    }
  }

  #count(keys: readonly string[]): void {
    for (const key of keys) this.#verdicts.set(key, (this.#verdicts.get(key) ?? 0) + 1);
  }

  #begin(node: string, time: number): StepProgress {
    const known = this.#steps.get(node);
    const step = known ?? { node, state: 'running', visits: 0, startedAt: time, endedAt: time, done: 0, total: 0 };
    step.visits++;
    step.state = 'running';
    this.#steps.set(node, step);
    return step;
  }

  #end(node: string, state: StepProgress['state'], time: number): StepProgress | undefined {
    const step = this.#steps.get(node);
    if (step !== undefined) Object.assign(step, { state, endedAt: time });
    return step;
  }

  #progress(node: string, total: number): StepProgress | undefined {
    const step = this.#steps.get(node);
    if (step !== undefined) Object.assign(step, { done: step.done + 1, total });
    return step;
  }
}
