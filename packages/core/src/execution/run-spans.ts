import type { SpanAttributes, SpanInfo, Telemetry } from '../ports/telemetry.js';
import { DRAWLOOM, GEN_AI, GENERAL } from '../telemetry/semantic-conventions.js';
import { toneName } from '../tone/tone.js';
import type { Activation } from '../schedule/activation.js';
import type { Run } from './run.js';
import { contentOf, inSpan } from './spans.js';

/** The spans of one run: where they go, and what each of them says of the run. */
export class RunSpans {
  readonly telemetry: Telemetry;
  readonly #run: Run;
  #attributes: SpanAttributes | undefined;
  /** Since when activations have waited for their turn. */
  readonly #ready = new WeakMap<Activation, number>();

  constructor(telemetry: Telemetry, run: Run) {
    this.telemetry = telemetry;
    this.#run = run;
  }

  /** What every span of the run says of it; made once. */
  get attributes(): SpanAttributes {
    return (this.#attributes ??= describeRun(this.#run));
  }

  ready(activation: Activation): void {
    this.#ready.set(activation, this.#run.clock.now());
  }

  /** How long an activation has waited for its turn, in seconds. */
  queuedFor(activation: Activation): number | undefined {
    const since = this.#ready.get(activation);
    if (since === undefined) return undefined;
    return Math.max(0, this.#run.startedAt + activation.startedAt - since) / 1000;
  }

  /** Runs the whole with its span around it. */
  around<T>(input: unknown, continues: string | undefined, body: () => Promise<T>): Promise<T> {
    const run = this.#run;
    const { name } = run.plan.definition;
    const attributes = { [GEN_AI.operation]: 'invoke_workflow', [GEN_AI.workflow]: name, ...this.attributes };
    const info: SpanInfo = {
      operation: 'invoke_workflow',
      name,
      attributes,
      endAttributes: () => ({ [DRAWLOOM.outcome]: run.status }),
      content: {
        ...contentOf(input),
        output: (result) => ({ [DRAWLOOM.output]: (result as { readonly output?: unknown }).output }),
      },
      continues,
    };
    return inSpan(this.telemetry, info, body);
  }
}

/** What every span within a run says of it. */
export function describeRun({ context, plan, isLoneAgent }: Run): SpanAttributes {
  const { userId, sessionId, runId, parentRunId, tone } = context;
  const all: SpanAttributes = {
    [DRAWLOOM.pattern]: 'workflow',
    [DRAWLOOM.workflowName]: isLoneAgent ? undefined : plan.definition.name,
    [DRAWLOOM.workflowVersion]: plan.definition.version,
    [DRAWLOOM.runId]: runId,
    [DRAWLOOM.parentRunId]: parentRunId,
    [DRAWLOOM.tone]: toneName(tone),
    [GENERAL.userId]: userId,
    [GENERAL.sessionId]: sessionId,
    [GEN_AI.conversation]: sessionId,
  };
  // Every span of the run has a copy, to which more is added: without what is not known it is a small one, and as one of a
  // frozen object Node 20 makes it in a tenth of the time.
  return Object.freeze(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));
}
