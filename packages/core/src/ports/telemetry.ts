/** What is known of a span. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** What a span is about. Names and attributes hold no input, output or message content. */
export interface SpanInfo {
  /**
   * `invoke_workflow`: a whole run. `step`: one attempt of a node, or of one item of a map. `function`: a function decorated
   * with `step()`. `invoke_agent`, `chat`, `execute_tool`: a run of an agent, and its calls of a model and of tools.
   */
  readonly operation: 'invoke_workflow' | 'step' | 'function' | 'invoke_agent' | 'chat' | 'execute_tool';
  /** The workflow, node, function, agent, model or tool. */
  readonly name: string;
  readonly attributes: SpanAttributes;
  /** What is known only afterwards, such as tokens: to be asked for when the body has ended. */
  readonly endAttributes?: (() => SpanAttributes) | undefined;
}

/**
 * Where spans go: a hook around everything that runs. It never changes an outcome: what it throws is ignored, and a
 * body that it does not call is called without it. A class, so that it is its own injection token; any object with
 * the method will do.
 */
export abstract class Telemetry {
  /** Calls `body` exactly once, with the span open until its result (or the promise it returns) is settled. */
  abstract span<T>(info: SpanInfo, body: () => T): T;
}
