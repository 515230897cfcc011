/**
 * 5. A workflow is a step, too. Nested, it runs as a run of its own that inherits user, session and metadata, is cancelled
 * with the outer one, and whose events carry the path that leads to it.
 */
import { currentContext, Workflow } from '@drawloom/core';

const translate = async (text: string) => `[${currentContext().get('language')}] ${text}`;
const check = (text: string) => ({ text, by: currentContext().userId ?? 'nobody' });

export const section = Workflow.chain({ translate, check }, { name: 'section' });

export const contract = new Workflow<string>('contract')
  .addNode('split', (text: string) => text.split('; '))
  .addMap('section', section, { concurrency: 2 })
  .addNode('bind', (sections: { text: string; by: string }[]) => sections.map(({ text }) => text).join('\n'))
  .setStart('split')
  .addEdge('split', 'section')
  .addEdge('section', 'bind');

export async function main() {
  const options = { userId: 'alice', metadata: { language: 'de' }, maxTotalSteps: 20 };
  for await (const event of contract.stream('Rent; Notice', options)) {
    const where = [event.workflow, ...event.path].join(' in ');
    if (event.type === 'step.completed') console.log(`${where}: ${event.node} →`, event.output);
    if (event.type === 'run.completed' && event.path.length === 0) console.log(event.output);
  }
}
