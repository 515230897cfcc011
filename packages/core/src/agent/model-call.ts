import { AdapterError } from '../errors/adapter-error.js';
import { errorInfo } from '../execution/events.js';
import { sumUsage } from '../model/model-answer.js';
import { MissingUsage } from '../model/missing-usage.js';
import { PriceList } from '../model/price-list.js';
import type {
  FinishReason,
  LanguageModel,
  ModelAnswer,
  ModelCallOptions,
  ModelDelta,
  ModelRequest,
  ModelUsage,
} from '../ports/language-model.js';
import type { SpanAttributes } from '../ports/telemetry.js';
import { modelContent } from '../telemetry/model-content.js';
import { providerName } from '../telemetry/provider-name.js';
import { DRAWLOOM, GEN_AI } from '../telemetry/semantic-conventions.js';
import { admit } from './admission.js';
import type { AgentRun } from './agent-run.js';
import { RecordedCall } from './recorded-call.js';

/** What it remembers is only which models it has warned of: a process is warned once. */
const LIST_PRICES = new PriceList();
/** The same of models that tell no usage. */
const MISSING_USAGE = new MissingUsage();

/** How a model is asked. */
export interface AskOptions {
  /** Whether it is no part of the conversation: its answer is not streamed, and a budget that is used up fails only it. */
  readonly isAside?: boolean;
}

/**
 * Asks the model once: corrective turns and whatever else asks a model come here, so that budget, events and spans
 * see every call.
 *
 * @throws {@link RunError} BUDGET_EXCEEDED, ALLOWANCE_USED_UP, RATE_LIMITED before the model is asked.
 */
export async function askModel(
  run: AgentRun,
  request: ModelRequest,
  turn: number,
  { isAside = false }: AskOptions = {},
): Promise<ModelAnswer> {
  const { step, meter, model } = run;
  const room = step.owner.roomForEvents();
  if (room !== undefined) await room; // a consumer of events is behind, and an answer is many of them
  const call = new RecordedCall(run, `model:${run.name}`);
  const admitted = call.isRecorded ? undefined : await admit(run, isAside);
  try {
    meter.begin(isAside);
  } catch (error) {
    admitted?.giveBack();
    step.signal.throwIfAborted(); // the budget is a whole run's, and that run has been stopped
    throw error;
  }
  let made: ModelAnswer | undefined;
  const about = {
    operation: 'chat',
    name: model.name,
    attributes: { ...requestAttributes(model, request), [DRAWLOOM.turn]: turn },
    endAttributes: () =>
      made === undefined ? {} : { ...answerAttributes(made), [DRAWLOOM.cost]: priced(run, made).cost },
    content: modelContent(request),
  } as const;
  let answer: ModelAnswer;
  try {
    answer = await call.make(
      about,
      request,
      async () => (made = wellFormed(await model.answer(request, callOptions(run, turn, isAside)), model.name)),
    );
  } catch (error) {
    meter.end(model.name, undefined, 0);
    admitted?.settle();
    throw error;
  }
  const { usage, cost } = priced(run, answer);
  if (usage === undefined && isBoundByUsage(run)) MISSING_USAGE.tell(answer.model);
  meter.end(answer.model, usage, cost);
  admitted?.settle({ usd: cost, tokens: usage === undefined ? 0 : usage.inputTokens + usage.outputTokens });
  run.announce({ type: 'model.called', turn, model: answer.model, usage, cost, finishReason: answer.finishReason });
  return answer;
}

/** Budgets and allowances alike. */
function isBoundByUsage({ meter, surroundings: { allowances = [] } }: AgentRun): boolean {
  return meter.needsUsage || allowances.some(({ needsUsage }) => needsUsage);
}

/** What an answer has used, and what that costs. */
function priced({ settings }: AgentRun, { model, usage: given }: ModelAnswer): Priced {
  // What a model of one's own counts may be no number, and nothing is more than that: no budget would hold.
  const usage = given == null ? undefined : sumUsage([given]);
  return { usage, cost: (settings.prices ?? LIST_PRICES).costOf(model, usage) };
}

interface Priced {
  readonly usage: ModelUsage | undefined;
  readonly cost: number;
}

/** Models of one's own are checked as they are asked: what they give is told to the model again, and read by others. */
function wellFormed(answer: ModelAnswer, model: string): ModelAnswer {
  const { message, finishReason, model: who } = (answer ?? {}) as Partial<ModelAnswer>;
  const calls: unknown = message?.toolCalls ?? [];
  const isSaid = typeof message?.content === 'string' && Array.isArray(calls) && calls.every(isCall);
  if (isSaid && typeof who === 'string' && FINISH_REASONS.has(finishReason)) return answer;
  const what = isSaid
    ? `its answer does not say which model gave it, or why it ended (${[...FINISH_REASONS].join(', ')})`
    : 'its answer has no message with a text, or calls without id and name';
  throw AdapterError.model('MODEL_FAILED', { model, what, fix: 'let the adapter make its answers with modelAnswer()' });
}

const FINISH_REASONS: ReadonlySet<unknown> = new Set<FinishReason>([
  'stop',
  'length',
  'tool_calls',
  'content_filter',
  'refusal',
]);

function isCall(call: unknown): boolean {
  const { id, name } = (call ?? {}) as Record<string, unknown>;
  return typeof id === 'string' && typeof name === 'string'; // odd arguments are told to the model
}

/** The pieces of an answer are asked for only where somebody wants them. */
function callOptions(run: AgentRun, turn: number, isAside: boolean): ModelCallOptions {
  const { step, isObserved } = run;
  const { signal, clock } = step;
  if (!isObserved) return { signal, clock };
  const isHeldBack = (run.guardrails?.output ?? []).length > 0; // what is announced cannot be taken back
  return {
    signal,
    clock,
    // A model that goes on after it was given up speaks to nobody: another attempt may be under way.
    ...(step.owner.isFollowed && {
      onDelta: (delta: ModelDelta): void => {
        signal.throwIfAborted();
        if (isAside || (delta.type === 'text' && isHeldBack)) return;
        run.announce({ type: 'model.delta', turn, delta });
      },
    }),
    onRetry: ({ model, next, delayMs, error }) => {
      if (!signal.aborted)
        run.announce({ type: 'model.retrying', turn, model, next, delayMs, error: errorInfo(error) });
    },
  };
}

function requestAttributes(model: LanguageModel, { settings = {}, output }: ModelRequest): SpanAttributes {
  return {
    [GEN_AI.provider]: providerName(model),
    [GEN_AI.requestModel]: model.name,
    [GEN_AI.outputType]: output === undefined ? 'text' : 'json',
    [GEN_AI.temperature]: settings.temperature,
    [GEN_AI.topP]: settings.topP,
    [GEN_AI.maxTokens]: settings.maxOutputTokens,
    [GEN_AI.stopSequences]: settings.stop,
    [GEN_AI.seed]: settings.seed,
  };
}

function answerAttributes({ model, usage, finishReason, id }: ModelAnswer): SpanAttributes {
  return {
    [GEN_AI.responseModel]: model,
    [GEN_AI.responseId]: id,
    [GEN_AI.finishReasons]: [finishReason],
    [GEN_AI.inputTokens]: usage?.inputTokens,
    [GEN_AI.outputTokens]: usage?.outputTokens,
    [GEN_AI.cacheReadTokens]: usage?.cachedTokens,
    [GEN_AI.cacheWrittenTokens]: usage?.cacheWrittenTokens,
    [GEN_AI.reasoningTokens]: usage?.reasoningTokens,
  };
}
