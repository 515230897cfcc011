/**
 * 4. `stream` gives a run's events while it goes on at its own pace, `start` gives a handle. A run is cancelled by its
 * handle, by an AbortSignal, or by leaving the loop over its stream; every step that has begun is told by its signal.
 */
import { Workflow, type StepContext } from '@drawloom/core';

/** Stands for a model that answers word by word, and stops when it is told to. */
const answer = async (question: string, context: StepContext): Promise<string> => {
  const words = `You asked: ${question} It is a matter of taste.`.split(' ');
  for (const word of words) {
    await new Promise((resolve) => setImmediate(resolve));
    context.signal.throwIfAborted();
    context.emit('token', word);
  }
  return words.join(' ');
};

export const assistant = Workflow.chain(
  { answer, sign: (text: string) => `${text} (the assistant)` },
  { name: 'assistant' },
);

export async function firstWords(question: string, count: number): Promise<string[]> {
  const words: string[] = [];
  for await (const event of assistant.stream(question)) {
    if (event.type === 'step.emitted') words.push(String(event.data));
    if (words.length === count) break; // cancels the run
  }
  return words;
}

export async function askAndCancel(question: string) {
  const handle = assistant.start(question);
  for await (const event of handle.events()) {
    if (event.type === 'step.emitted') handle.cancel('never mind'); // leaving this loop would not cancel
  }
  return handle.result(); // never rejects: completed, failed or cancelled
}

export async function main() {
  const types = new Map<string, number>();
  for await (const { type } of assistant.stream('Tabs or spaces?')) types.set(type, (types.get(type) ?? 0) + 1);
  console.log([...types].map(([type, count]) => `${count} × ${type}`).join(', '));
  console.log((await firstWords('Tabs or spaces?', 4)).join(' '), '…');

  const outcome = await askAndCancel('Tabs or spaces?');
  if (outcome.status === 'cancelled') {
    const steps = outcome.partial.steps.map(({ node, outcome }) => `${node} ${outcome}`);
    console.log(`${outcome.status}: ${String(outcome.error.cause)}; ${steps.join(', ')}`);
  }
  const signal = AbortSignal.abort(new Error('the shop is closed'));
  await assistant.run('Hello?', { signal }).catch((error: Error) => console.log(error.message.split('\n')[0]));
}
