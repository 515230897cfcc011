import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api';
import type { SpanAttributes, SpanOperation } from '../ports/telemetry.js';
import { DRAWLOOM, DURATION_BOUNDARIES, GEN_AI, GENERAL, METRICS, TOKEN_BOUNDARIES } from './semantic-conventions.js';

/** What tells the values of a metric apart. No ids, no content: each combination is a series of its own. */
const OF_MODEL = [GEN_AI.operation, GEN_AI.provider, GEN_AI.requestModel, GEN_AI.responseModel] as const;
const OF_STEP = [DRAWLOOM.workflowName, DRAWLOOM.stepName, DRAWLOOM.stepKind, DRAWLOOM.functionName] as const;

const OF_BUDGET = [DRAWLOOM.workflowName, GEN_AI.agent, DRAWLOOM.allowance, DRAWLOOM.cap] as const;

/** The metrics, which come from the same places as the spans. */
export class Instruments {
  readonly #durations: Readonly<Record<string, Histogram>>;
  readonly #tokens: Histogram;
  readonly #cost: Counter;
  readonly #queue: Histogram;
  readonly #retries: Counter;
  readonly #exceeded: Counter;

  constructor(meter: Meter) {
    const seconds = (name: string, description: string): Histogram =>
      meter.createHistogram(name, {
        description,
        unit: 's',
        advice: { explicitBucketBoundaries: [...DURATION_BOUNDARIES] },
      });
    const step = seconds(METRICS.stepDuration, 'How long attempts of steps took.');
    this.#queue = seconds(METRICS.stepQueue, 'How long steps waited for their turn.');
    this.#durations = {
      invoke_workflow: seconds(METRICS.runDuration, 'How long runs took.'),
      step,
      map: step,
      compensate: step,
      route: step,
      function: step,
      invoke_agent: seconds(METRICS.agentDuration, 'How long runs of agents took.'),
      chat: seconds(METRICS.operationDuration, 'GenAI operation duration.'),
      execute_tool: seconds(METRICS.toolDuration, 'How long calls of tools took.'),
    };
    this.#tokens = meter.createHistogram(METRICS.tokenUsage, {
      description: 'Number of input and output tokens used.',
      unit: '{token}',
      advice: { explicitBucketBoundaries: TOKEN_BOUNDARIES },
    });
    this.#cost = meter.createCounter(METRICS.cost, { description: 'What models were paid.', unit: '{USD}' });
    this.#retries = meter.createCounter(METRICS.stepRetries, { description: 'Further attempts.', unit: '{attempt}' });
    this.#exceeded = meter.createCounter(METRICS.budgetExceeded, {
      description: 'Calls of models that were refused for a cap.',
      unit: '{call}',
    });
  }

  /** Takes what a span has come to. `attributes` has those of its end as well. */
  record(operation: SpanOperation, attributes: SpanAttributes, seconds: number): void {
    const end = [DRAWLOOM.outcome, GENERAL.errorType];
    switch (operation) {
      case 'invoke_workflow':
        return this.#took(operation, seconds, only(attributes, [DRAWLOOM.workflowName, ...end]));
      case 'chat':
        this.#used(attributes);
        return this.#took(operation, seconds, only(attributes, [...OF_MODEL, GENERAL.errorType]));
      case 'invoke_agent':
        return this.#took(operation, seconds, only(attributes, [GEN_AI.agent, ...end]));
      case 'execute_tool':
        return this.#took(operation, seconds, only(attributes, [GEN_AI.tool, ...end]));
      case 'search_memory':
      case 'upsert_memory':
      case 'delete_memory':
        return;
      default: {
        const of = only(attributes, OF_STEP);
        if (Number(attributes[DRAWLOOM.attempt] ?? 1) > 1) this.#retries.add(1, of);
        const { [DRAWLOOM.queued]: queued } = attributes;
        if (typeof queued === 'number') this.#queue.record(queued, of);
        return this.#took(operation, seconds, only(attributes, [...OF_STEP, ...end]));
      }
    }
  }

  /** Takes something that was noted in a span. */
  note(event: string, attributes: SpanAttributes): void {
    if (event === DRAWLOOM.budgetExceeded) this.#exceeded.add(1, only(attributes, OF_BUDGET));
  }

  #took(operation: SpanOperation, seconds: number, of: Attributes): void {
    this.#durations[operation]?.record(seconds, of);
  }

  #used(attributes: SpanAttributes): void {
    const of = only(attributes, OF_MODEL);
    const { [GEN_AI.inputTokens]: input, [GEN_AI.outputTokens]: output, [DRAWLOOM.cost]: cost } = attributes;
    if (typeof input === 'number') this.#tokens.record(input, { ...of, [GEN_AI.tokenType]: 'input' });
    if (typeof output === 'number') this.#tokens.record(output, { ...of, [GEN_AI.tokenType]: 'output' });
    if (typeof cost === 'number') this.#cost.add(cost, of);
  }
}

function only(attributes: SpanAttributes, names: readonly string[]): Attributes {
  const some: Record<string, string | number | boolean> = {};
  for (const name of names) {
    const value = attributes[name];
    if (value !== undefined && typeof value !== 'object') some[name] = value;
  }
  return some;
}
