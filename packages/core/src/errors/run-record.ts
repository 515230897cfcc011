/** One activation of a step or map node. */
export interface StepRecord {
  readonly node: string;
  /** From 1. */
  readonly visit: number;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: 'running' | 'completed' | 'failed' | 'cancelled';
  /** What its agents, and all runs nested in it, have used, in every attempt; missing where no model was asked. */
  readonly usage?: RunUsage | undefined;
}

/** One choice of a router. */
export interface RouteRecord {
  /** The router, or the source that it belongs to; `START` for a router at the entry. */
  readonly router: string;
  /** What it returned, as text. */
  readonly keys: readonly string[];
  /** The nodes that it led to. */
  readonly targets: readonly string[];
  /** Whether a branch ended here. */
  readonly ends: boolean;
  /** What was used to choose; missing where no model was asked. */
  readonly usage?: RunUsage | undefined;
}

/** A node that did not run, and why. */
export interface NotRun {
  readonly node: string;
  /** One sentence. */
  readonly reason: string;
}

/** What language models were asked for, and what that cost. */
export interface Usage {
  /** How often a model was asked, calls that failed included. */
  readonly calls: number;
  /** All that was read. */
  readonly inputTokens: number;
  /** The part of the input that came from a cache. */
  readonly cachedTokens: number;
  /** The part of the input that was written to a cache. */
  readonly cacheWrittenTokens: number;
  /** All that was written. */
  readonly outputTokens: number;
  /** The part of the output that was only thought. */
  readonly reasoningTokens: number;
  /** Input and output. */
  readonly totalTokens: number;
  /** US dollars, by the list of prices; a model without a price counts as 0. */
  readonly cost: number;
}

/** The same, of a whole run and everything nested in it. */
export interface RunUsage extends Usage {
  /** By the name under which the model answered; of a call that failed, under which it was asked. */
  readonly byModel: Readonly<Record<string, Usage>>;
}

/** What a run did: all of it in a result, so far in the error of a run that failed or was stopped. */
export interface RunRecord {
  readonly workflow: string;
  readonly runId: string;
  readonly parentRunId: string | undefined;
  readonly userId: string | undefined;
  readonly sessionId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly durationMs: number;
  /** Names of the nodes that completed, in order of completion, repeats kept, routers left out. */
  readonly visited: readonly string[];
  /** The last value of each node by iteration. Values are the live ones, not copies. */
  readonly perStep: Readonly<Record<string, unknown>>;
  readonly routes: readonly RouteRecord[];
  /** Every router of the workflow, whether it chose or not, by the name that `routes` has. */
  readonly routers: readonly string[];
  /** Every activation that ended, in order of ending. */
  readonly steps: readonly StepRecord[];
  /** How many older entries of `visited`, `steps` and `routes` the bound of the history has pushed out. */
  readonly dropped: number;
  /** What the agents of the run, and of all runs nested in it, have used up. */
  readonly usage: RunUsage;
  /** Each node that did not run, and why; empty where all ran. */
  explain(): readonly NotRun[];
}
