/**
 * 3. What can go wrong, and who deals with it: `retry` tries again, `timeout` bounds each attempt, `onError` names a step that
 * takes over. What is left fails the run with one error that has a code, a place and a fix. A wrong graph never starts.
 */
import { DefinitionError, StepError, Workflow, type StepContext, type StepFailure } from '@drawloom/core';

/** Stands for a rating service that needs a second try, and for one customer never answers. */
const rate = async (customer: string, { attempt, signal }: StepContext): Promise<string> => {
  if (customer === 'sloth')
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  if (customer === 'nobody') throw new RangeError('no such customer');
  if (attempt === 1) throw new Error('connection reset');
  return `${customer} is rated A, at attempt ${attempt}`;
};

export const rateCustomer = new Workflow<string>('rate-customer')
  .addNode('rate', rate, {
    retry: { maximumAttempts: 3, initialInterval: '10ms', nonRetryableErrors: [RangeError, 'STEP_TIMEOUT'] },
    timeout: '50ms',
    onError: 'askPerson',
  })
  .addNode('askPerson', (failure: StepFailure<string>) => {
    if (failure.error instanceof RangeError) throw failure.error;
    return `a person rates ${failure.input}, because: ${(failure.error as Error).message.split('\n')[0]}`;
  })
  .setStart('rate');

/** Three mistakes; the one error lists them all. */
export const wrong = () =>
  new Workflow<string>('wrong')
    .addNode('read', (text: string) => text)
    .addNode('check', (text: string) => text, { onError: 'repiar' })
    .addNode('repair', (text: string) => text)
    .addNode('forgotten', (text: string) => text)
    .setStart('read')
    .addEdge('read', 'chek')
    .validate();

export async function main() {
  console.log((await rateCustomer.run('acme')).output);
  console.log((await rateCustomer.run('sloth')).output);
  try {
    await rateCustomer.run('nobody');
  } catch (error) {
    if (!StepError.is(error)) throw error;
    console.log(error.message);
    console.log(
      'cause:',
      String(error.cause),
      '| before it:',
      error.partial?.steps.map(({ node, outcome }) => `${node} ${outcome}`),
    );
  }
  try {
    wrong();
  } catch (error) {
    if (DefinitionError.is(error)) console.log(error.message);
  }
}
