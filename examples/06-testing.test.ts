import { Clock, currentContext } from '@drawloom/core';
import { VirtualClock } from '@drawloom/testing';
import { testWorkflow } from '@drawloom/testing/classes';
import { ContainerModule } from 'inversify';
import { Roster, Signature, Triage } from './06-testing.js';

// What is not faked is loaded: nothing is there that the test has not named.
const signatures = new ContainerModule(({ bind }) => {
  bind(Signature).toSelf();
});
const clock = new VirtualClock();
const triage = testWorkflow(Triage)
  .load(signatures)
  .override(Clock, clock)
  .override(Roster, { onCall: async () => 'Fake' });

test('a known topic goes to whoever is on call', async () => {
  const result = await triage.run('The shop is slow', { userId: 'alice' });
  expect(result.output).toBe('Fake takes "The shop is slow" (asked by alice)');
  expect(result).toHaveRouted('isKnown', 'known');
  expect(result).toHaveVisitedExactly('classify', 'assign');
});

test('the roster is asked again after a minute, which the test does not wait for', async () => {
  let calls = 0;
  const onCall = async (topic: string): Promise<string> => {
    if (++calls === 1) throw new Error('busy');
    return `who knows the ${topic}`;
  };
  triage.override(Roster, { onCall });
  const running = triage.run('Is the line down?');
  await clock.advance('1m');
  expect((await running).output).toContain('who knows the network');
});

test('anything else waits for the desk', async () => {
  expect((await triage.run('Hello?')).output).toBe('"Hello?" waits for the desk (asked by nobody)');
});

test('a step is a method, and can be tested as one', () => {
  const triage = new Triage(new Roster(), new Signature(currentContext())); // outside of a run: of nobody
  expect(triage.classify('My cart is gone').topic).toBe('shop');
});

afterAll(() => expect(triage.coverage).toCoverEveryEdge());
