/**
 * 1. A workflow is a class, its decorated methods are the steps, and `after` draws the edges between them. The compiler checks
 * each edge: a step that did not accept what the one before returns would not compile.
 */
// begin-example
import { End, Start, WorkflowBase } from '@drawloom/decorators';

interface Ticket {
  readonly text: string;
  readonly team: 'on call' | 'support';
}

// What a run takes, and what it gives.
export class Intake extends WorkflowBase<string, string> {
  @Start()
  read(text: string): Ticket {
    return { text, team: /outage|down|asap/i.test(text) ? 'on call' : 'support' };
  }

  @End({ after: 'read' })
  async acknowledge({ text, team }: Ticket): Promise<string> {
    return `"${text}" is with the ${team} team.`;
  }
}

export async function main() {
  const { output, visited } = await new Intake().run('The shop is down', { userId: 'alice' });
  console.log(output); // "The shop is down" is with the on call team.
  console.log(visited.join(' → ')); // read → acknowledge
}
// end-example
