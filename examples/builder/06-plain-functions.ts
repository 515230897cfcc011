/**
 * 6. Not everything is a graph. `workflow` opens a run around plain control flow; a function decorated with `step` is seen in
 * the run's events and telemetry, and outside a run it is exactly the function.
 */
// begin-example
import { currentContext, step, workflow } from '@drawloom/core';

export const lookUp = step('lookUp', async (name: string) => ({ name, limit: name === 'acme' ? 5_000 : 100 }));
export const decide = step('decide', async (limit: number, amount: number) => (amount <= limit ? 'grant' : 'refuse'));

export const credit = workflow('credit', async ({ name, amount }: { name: string; amount: number }) => {
  const customer = await lookUp(name);
  const verdict = await decide(customer.limit, amount);
  return `${verdict} ${amount} to ${name}, asked by ${currentContext().userId ?? 'nobody'}`;
});
// end-example

export async function main() {
  console.log(await decide(100, 50)); // no run, no events: the plain function
  for await (const event of credit.stream({ name: 'acme', amount: 900 }, { userId: 'bob' })) {
    if (event.type === 'function.completed') console.log(`${event.function} done, in ${event.node}`);
    if (event.type === 'run.completed') console.log(event.output);
  }
}
