/** What is known of a span. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/**
 * What a span is around. `invoke_workflow`: a whole run. `step`: one attempt of a node, or of one item of a map. `map`: all
 * items of one. `compensate`: an attempt to undo what a step has done. `route`: a router making its choice. `function`: a call of a function decorated with `step()`. `invoke_agent`,
 * `chat`, `execute_tool`: a run of an agent, and its calls of a model and of tools. `search_memory`, `upsert_memory`, `delete_memory`:
 * what an agent, or the code of a step, does with its memory.
 */
export type SpanOperation =
  | 'invoke_workflow'
  | 'step'
  | 'map'
  | 'compensate'
  | 'route'
  | 'function'
  | 'invoke_agent'
  | 'chat'
  | 'execute_tool'
  | 'search_memory'
  | 'upsert_memory'
  | 'delete_memory';

/** What a span is about. Names and attributes hold no input, output or message content; only `content` does. */
export interface SpanInfo {
  readonly operation: SpanOperation;
  /** The workflow, node, router, function, agent, model or tool; of a memory, what is read or written. */
  readonly name: string;
  /** Known before the body runs, so that a sampler can go by it. */
  readonly attributes: SpanAttributes;
  /**
   * What is known only afterwards, such as tokens: to be asked for when the body has ended, with its error if it failed.
   * `error.type` says that it failed although nothing was thrown, `drawloom.outcome` what it came to.
   */
  readonly endAttributes?: ((error?: unknown) => SpanAttributes) | undefined;
  /** To be asked for only where somebody has switched on that content is kept. */
  readonly content?: SpanContent | undefined;
  /** What a carrier said of this span, which another process may have begun. */
  readonly continues?: string | undefined;
}

/** What goes into a body and comes out of it, by the names of attributes. */
export interface SpanContent {
  input?(): Readonly<Record<string, unknown>>;
  output?(value: unknown): Readonly<Record<string, unknown>>;
}

/**
 * Where spans go: a hook around everything that runs. It never changes an outcome: what it throws is ignored, and a
 * body that it does not call is called without it. A class, so that it is its own injection token; any object with
 * `span` will do.
 */
export abstract class Telemetry {
  /** Calls `body` exactly once, with the span open until its result (or the promise it returns) is settled. */
  abstract span<T>(info: SpanInfo, body: () => T): T;

  /**
   * Whether spans go anywhere at the moment. A run asks once, before it begins, and with `false` it has no spans, which
   * costs nothing. Without the method the answer is yes.
   */
  isActive?(): boolean;

  /**
   * Notes something that happened within the span that the calling code is in.
   *
   * @param at - milliseconds since the epoch, where it was not just now: what an earlier process has noted in a span that goes on here
   *   is noted again.
   */
  event?(name: string, attributes: SpanAttributes, at?: number): void;

  /**
   * What another process needs to go on with the run that the calling code is in: a text that begins with a W3C
   * `traceparent`. `undefined` outside of any run.
   */
  carrier?(): string | undefined;

  /** The same for a run that is about to begin here: the span that is given it as `continues` is the one that is meant. */
  newCarrier?(): string | undefined;

  /**
   * The same for a run that was suspended, with the span that `carrier` says, and is about to go on here: the same again, where the
   * span goes on too, or that of another span, where it ended when the run was suspended.
   */
  nextCarrier?(carrier: string): string | undefined;
}
