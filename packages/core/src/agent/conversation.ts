import type { ModelMessage } from '../ports/language-model.js';
import { withTone, type Tone } from '../tone/tone.js';
import { remindersOf, type AgentMemory } from './agent-memory.js';
import type { AgentRun } from './agent-run.js';
import { RecordedCall } from './recorded-call.js';
import { outputDirective } from './structured-output.js';

/** What goes into a run of an agent beside the agent itself. */
export interface Conversation {
  readonly input: string;
  /** The tone that holds. */
  readonly tone: Tone | undefined;
  readonly memory: AgentMemory | undefined;
}

/** The first messages: what the model is told, what was said before, and the input. The tone is told last of what it is told. */
export async function prepareConversation(run: AgentRun, conversation: Conversation): Promise<ModelMessage[]> {
  const { instructions, output } = run.settings;
  const { memory, input, tone } = conversation;
  // A memory may have more to say when the step runs again, and recorded answers belong to what was asked before.
  const call = new RecordedCall(run, `memory:${run.name}`);
  const reminders = memory === undefined ? undefined : await call.keep(input, () => remindersOf(run, memory, input));
  const isTold = output !== undefined && !run.model.capabilities.structuredOutput;
  const parts = [instructions, reminders?.told ?? '', isTold ? outputDirective(output) : ''];
  const system = withTone(parts.filter((part) => part.trim() !== '').join('\n\n'), tone);
  return [
    ...(system === '' ? [] : [{ role: 'system', content: system } as const]),
    ...(reminders?.history ?? []),
    { role: 'user', content: input },
  ];
}
