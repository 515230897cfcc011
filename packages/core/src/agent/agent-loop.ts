/**
 * Job. The loop of an agent: ask the model; run the tools that it wants, all at once; tell it what they gave, in its order;
 * until it answers with text.
 *
 * Boundary. One call of a model is `askModel`'s, one of a tool `callTool`'s, what goes around the prompt `prepareConversation`'s.
 *
 * Invariants.
 * L1. Each run announces `agent.started` once, and after it either `agent.completed` or `agent.failed`.
 * L2. What is interrupted has no side effect left half done: tools that a cut or refused answer names do not run, and after
 *     the last turn none runs.
 * L3. Nothing is remembered, recalled with or asked before the guardrails have passed the input, and no text leaves, also not
 *     with an error, before they have passed it.
 */
import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { StepError } from '../errors/step-error.js';
import { errorInfo } from '../execution/events.js';
import type { FinishReason, ModelMessage, ModelRequest, ModelSettings, ToolMessage } from '../ports/language-model.js';
import { DRAWLOOM, GEN_AI } from '../telemetry/semantic-conventions.js';
import { providerName } from '../telemetry/provider-name.js';
import { contentOf } from '../execution/spans.js';
import { deepFreeze } from '../values/freeze.js';
import { rememberEpisode, type AgentMemory } from './agent-memory.js';
import type { AgentResult, InterruptReason, ToolCallRecord } from './agent-result.js';
import type { AgentRun } from './agent-run.js';
import { guardText } from './guard-text.js';
import { prepareConversation, type Conversation } from './conversation.js';
import { isLearning, learnFacts } from './learn-facts.js';
import { askModel } from './model-call.js';
import { RecordedCall, withinAgent } from './recorded-call.js';
import { correction, outputDefinition, readOutput, type ReadOutput } from './structured-output.js';
import { callTool } from './tool-call.js';

/** Runs an agent once. */
export function runAgent(run: AgentRun, conversation: Conversation): Promise<AgentResult<unknown>> {
  let result: AgentResult<unknown> | undefined;
  const about = {
    operation: 'invoke_agent',
    continues: run.step.owner.loneTrace,
    name: run.name,
    attributes: { [GEN_AI.requestModel]: run.model.name, [GEN_AI.provider]: providerName(run.model) },
    endAttributes: () => ({
      [GEN_AI.inputTokens]: run.meter.usage.inputTokens,
      [GEN_AI.outputTokens]: run.meter.usage.outputTokens,
      [DRAWLOOM.cost]: run.meter.usage.cost,
      [DRAWLOOM.turns]: result?.turns,
      [DRAWLOOM.interrupted]: result?.reason,
    }),
    content: {
      ...contentOf(conversation.input),
      output: (answered: unknown) => ({ [DRAWLOOM.output]: (answered as AgentResult<unknown>).output }),
    },
  } as const;
  return withinAgent(run, about, async () => (result = await announced(run, conversation)));
}

/** L1. */
async function announced(run: AgentRun, conversation: Conversation): Promise<AgentResult<unknown>> {
  const tools = [...run.tools.keys()];
  const { tone, memory } = conversation;
  run.announce({ type: 'agent.started', model: run.model.name, tools, tone, memorySession: memory?.sessionId });
  try {
    const record = new RecordedCall(run, `guard:${run.name}`);
    const asked = await guardText(run, 'input', conversation.input, { record });
    run.step.signal.throwIfAborted();
    const input = asked.isBlocked ? '' : asked.text;
    const answered = asked.isBlocked
      ? blocked(run, 0, [])
      : await converse(run, await prepareConversation(run, { ...conversation, input }));
    run.step.signal.throwIfAborted(); // an answer that is found fit too late replaces nothing that a later attempt remembers
    const result =
      memory === undefined || answered.interrupted ? answered : await remembered(run, memory, input, answered);
    run.announce({ type: 'agent.completed', turns: result.turns, usage: result.usage, reason: result.reason });
    return result;
  } catch (error) {
    run.announce({ type: 'agent.failed', error: errorInfo(error) });
    throw error;
  }
}

/** The result, with what learning from it has cost. */
async function remembered(
  run: AgentRun,
  memory: AgentMemory,
  input: string,
  result: AgentResult<unknown>,
): Promise<AgentResult<unknown>> {
  await rememberEpisode(run, memory, input, result);
  if (!isLearning(run)) return result;
  await learnFacts(run, memory, { input, output: result.text }, result.turns);
  run.step.signal.throwIfAborted();
  return resultOf(run, result);
}

async function converse(run: AgentRun, messages: ModelMessage[]): Promise<AgentResult<unknown>> {
  const { settings, step } = run;
  const { output: schema, maxTurns } = settings;
  const first = requestOf(run);
  const later = { ...first, ...(first.settings === undefined ? {} : { settings: unforced(first.settings) }) };
  const records: ToolCallRecord[] = [];
  let corrections = 0;
  for (let turn = 1; ; turn++) {
    const { message, finishReason } = await askModel(
      run,
      { messages: [...messages], ...(turn === 1 ? first : later) },
      turn,
    );
    step.signal.throwIfAborted();
    messages.push(message);
    const text = message.content;
    const end = (reason?: InterruptReason, read?: ReadOutput): Promise<AgentResult<unknown>> =>
      conclude(run, { text, turns: turn, reason, toolCalls: records }, read);
    const reason = interruption(finishReason);
    if (reason !== undefined) return end(reason);
    const calls = message.toolCalls ?? [];
    if (calls.length > 0) {
      if (turn >= maxTurns + corrections) return end('max_turns_exceeded');
      const made = await Promise.all(calls.map((call) => callTool(run, call, turn)));
      step.signal.throwIfAborted();
      records.push(...made);
      messages.push(...made.map(asMessage));
      continue;
    }
    if (schema === undefined) return end();
    const read = await readOutput(text, schema);
    if (read.ok || corrections >= settings.corrections) return end(undefined, read);
    corrections++;
    messages.push({ role: 'user', content: correction(read.violations) });
  }
}

/** L3. The end of a conversation. With a schema the value is that of the text that the guardrails leave. */
async function conclude(
  run: AgentRun,
  { text: given, ...parts }: Omit<ResultParts, 'output'>,
  before: ReadOutput | undefined,
): Promise<AgentResult<unknown>> {
  const { step, settings } = run;
  const found = await guardText(run, 'output', given);
  step.signal.throwIfAborted();
  if (found.isBlocked) return blocked(run, parts.turns, parts.toolCalls);
  const { text } = found;
  if (settings.output === undefined) return resultOf(run, { ...parts, output: text, text });
  if (parts.reason !== undefined) return resultOf(run, { ...parts, output: undefined, text });
  const read = before !== undefined && text === given ? before : await readOutput(text, settings.output);
  if (!read.ok) throw StepError.invalidOutput(step.facts, run.name, read.violations, text);
  return resultOf(run, { ...parts, output: read.value, text });
}

/** What a guardrail leaves of a run. */
function blocked(run: AgentRun, turns: number, toolCalls: readonly ToolCallRecord[]): AgentResult<unknown> {
  const output = run.settings.output === undefined ? '' : undefined;
  return resultOf(run, { output, text: '', turns, reason: 'guardrail', toolCalls });
}

/** What is the same in every turn, but for the choice of tools. */
function requestOf({ settings, model, tools, name }: AgentRun): Omit<ModelRequest, 'messages'> {
  if (tools.size > 0 && !model.capabilities.tools) {
    const allowed = `none: the model ${model.name} cannot call tools`;
    throw new DefinitionError([problem.invalidOption(name, 'tools', [...tools.keys()], allowed)]);
  }
  const { output } = settings;
  const isHeld = output !== undefined && model.capabilities.structuredOutput;
  return {
    ...(tools.size > 0 ? { tools: [...tools.values()].map(({ definition }) => definition) } : {}),
    ...(isHeld ? { output: outputDefinition(output) } : {}),
    ...(settings.settings === undefined ? {} : { settings: settings.settings }),
  };
}

/** A model that must call a tool in every turn would never answer: it has to in the first one only. */
function unforced(settings: ModelSettings): ModelSettings {
  const { toolChoice } = settings;
  const isForced = toolChoice === 'required' || typeof toolChoice === 'object';
  return isForced ? { ...settings, toolChoice: 'auto' } : settings;
}

/** L2. */
function interruption(reason: FinishReason): InterruptReason | undefined {
  return reason === 'stop' || reason === 'tool_calls' ? undefined : reason;
}

function asMessage({ id, tool, result }: ToolCallRecord): ToolMessage {
  return { role: 'tool', callId: id, name: tool, content: result };
}

type ResultParts = Pick<AgentResult<unknown>, 'output' | 'text' | 'turns' | 'reason' | 'toolCalls'>;

function resultOf(run: AgentRun, parts: ResultParts): AgentResult<unknown> {
  const { usage } = run.meter;
  const endedAt = run.step.clock.now();
  deepFreeze(parts.toolCalls);
  return Object.freeze({
    ...parts,
    agent: run.name,
    usage,
    cost: usage.cost,
    startedAt: run.startedAt,
    endedAt,
    durationMs: endedAt - run.startedAt,
    interrupted: parts.reason !== undefined,
  });
}
