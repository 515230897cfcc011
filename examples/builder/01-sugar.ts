/**
 * 1. A chain: three plain functions, one after the other. Each gets what the one before returned; the types of the run are
 * the input of the first and the output of the last.
 */
// begin-example
import { Workflow } from '@drawloom/core';

const read = (text: string) => ({ text, urgent: /outage|down|asap/i.test(text) });
const assign = (ticket: { text: string; urgent: boolean }) => ({
  ...ticket,
  team: ticket.urgent ? 'on call' : 'support',
});
const acknowledge = async (ticket: { text: string; team: string }) =>
  `"${ticket.text}" is with the ${ticket.team} team.`;

export const intake = Workflow.chain([read, assign, acknowledge], { name: 'intake' });

export async function main() {
  const { output, visited } = await intake.run('The shop is down', { userId: 'alice' });
  console.log(output); // "The shop is down" is with the on call team.
  console.log(visited.join(' → ')); // read → assign → acknowledge
}
// end-example
