/**
 * 7. Every workflow can draw itself, in Mermaid's language and in Graphviz's: the graph as it is declared, and, with
 * `run`, what a run made of it. The diagram comes from the graph that runs, so it cannot be out of date.
 */
import { Workflow } from '@drawloom/core';

export const triage = new Workflow<string>('triage')
  .addNode('read', (text: string) => ({ text, length: text.length }))
  .addNode('reply', () => 'a canned reply', { output: true })
  .addNode('escalate', () => 'a person answers', { output: true })
  .setStart('read')
  .addRouter('read', ({ length }) => (length < 20 ? 'simple' : 'hard'), { simple: 'reply' }, { default: 'escalate' });

export async function drawRun(text: string): Promise<string> {
  const result = await triage.run(text);
  return triage.toMermaid({ direction: 'LR', run: result });
}

export async function main() {
  console.log(triage.toMermaid({ direction: 'LR' }));
  console.log(await drawRun('Why was my card charged twice?'));
  console.log(triage.toDot().split('\n').slice(0, 3).join('\n'), '…');
}
