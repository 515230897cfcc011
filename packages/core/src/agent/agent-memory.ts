import { errorInfo, type MemoryFailed } from '../execution/events.js';
import type { ModelMessage } from '../ports/language-model.js';
import type { Fact, HistoryMessage, Memory, MemoryBlock, RecalledEpisode, ToolExchange } from '../ports/memory.js';
import { DRAWLOOM, MEMORY_OPERATIONS } from '../telemetry/semantic-conventions.js';
import { contentOf } from '../execution/spans.js';
import type { AgentResult } from './agent-result.js';
import type { AgentRun } from './agent-run.js';
import { withinAgent } from './recorded-call.js';

/** The memory of one run of an agent: one store for all that it reads and writes. */
export interface AgentMemory {
  readonly memory: Memory;
  readonly sessionId: string;
}

/** What a memory has for the model. */
export interface Reminders {
  /** For what the model is told; empty where there is nothing. */
  readonly told: string;
  /** What was said before. */
  readonly history: readonly ModelMessage[];
}

const FACTS = 20;

/** Reads everything at once. What fails is announced, and missing. */
export async function remindersOf(
  run: AgentRun,
  { memory, sessionId }: AgentMemory,
  input: string,
): Promise<Reminders> {
  const { settings, step } = run;
  const owner = step.run;
  const { signal } = step;
  const recalling = { limit: settings.recall, excludeSessionId: owner.sessionId, signal };
  const [blocks = '', facts = '', episodes = '', history = []] = await Promise.all([
    attempt(run, 'blocks', undefined, async () => tellBlocks(await memory.blocks(owner))),
    attempt(run, 'facts', undefined, async () => tellFacts(await memory.facts(owner, { limit: FACTS }))),
    attempt(run, 'recall', input, async () => tellEpisodes(await memory.recall(owner, input, recalling))),
    attempt(run, 'history', undefined, async () => {
      const messages = await memory.history(owner, sessionId, { limit: settings.history });
      return messages.map((message) => asMessage(message, run.name));
    }),
  ]);
  signal.throwIfAborted();
  return { told: [blocks, facts, episodes].filter((part) => part !== '').join('\n\n'), history };
}

/** One episode for each run that has an answer, under an id by which a step that runs again replaces it. */
export async function rememberEpisode(
  run: AgentRun,
  { memory, sessionId }: AgentMemory,
  input: string,
  { text, toolCalls }: AgentResult<unknown>,
): Promise<void> {
  const transcript = toolCalls.map(({ tool, arguments: given, result, outcome }): ToolExchange => {
    return { tool, input: given, output: result, ...(outcome === 'returned' ? {} : { isError: true }) };
  });
  const { step, occurrence } = run;
  const episode = {
    id: occurrence === 1 ? step.idempotencyKey : `${step.idempotencyKey}/${occurrence}`,
    sessionId,
    input,
    output: text,
    speaker: run.name,
    ...(transcript.length > 0 ? { transcript } : {}),
  };
  await attempt(run, 'remember', episode, async () => {
    await memory.remember(step.run, episode);
    run.announce({ type: 'memory.written', operation: 'remember', written: episode });
  });
}

/** A memory that fails hides no answer. */
export async function attempt<T>(
  run: AgentRun,
  memoryOperation: MemoryFailed['operation'],
  given: unknown,
  call: () => Promise<T>,
): Promise<T | undefined> {
  const [operation, name] = MEMORY_OPERATIONS[memoryOperation];
  try {
    const attributes = { [DRAWLOOM.memory]: memoryOperation };
    return await withinAgent(run, { operation, name, attributes, content: contentOf(given) }, call);
  } catch (error) {
    run.announce({ type: 'memory.failed', operation: memoryOperation, error: errorInfo(error) });
    return undefined;
  }
}

function asMessage({ role, text, speaker }: HistoryMessage, self: string): ModelMessage {
  if (role === 'user') return { role, content: text };
  return speaker === undefined || speaker === self ? { role, content: text } : { role, content: text, name: speaker };
}

function tellBlocks(blocks: readonly MemoryBlock[]): string {
  return blocks.map(({ name, text }) => `${name}:\n${text}`).join('\n\n');
}

function tellFacts(facts: readonly Fact[]): string {
  if (facts.length === 0) return '';
  return ['What is known:', ...facts.map((fact) => `- ${fact.subject} ${fact.predicate} ${fact.object}`)].join('\n');
}

function tellEpisodes(recalled: readonly RecalledEpisode[]): string {
  if (recalled.length === 0) return '';
  const lines = recalled.map(({ episode }) => `- asked: ${episode.input}\n  answered: ${episode.output}`);
  return ['From earlier conversations:', ...lines].join('\n');
}
