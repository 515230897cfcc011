import { ModelRegistry } from '@drawloom/core';
import { agents, workflows } from '@drawloom/decorators';
import { scriptedModels, type ScriptedTurn } from '@drawloom/testing';
import { testWorkflow } from '@drawloom/testing/classes';
import { Desk, RefundOrder, Support } from './10-workflow-as-tool.js';

const scripted = scriptedModels();

async function ask(...turns: ScriptedTurn[]): Promise<string> {
  const models = new ModelRegistry([scripted(turns, { name: 'gpt-4.1-mini' })]);
  const test = testWorkflow(Support).load(workflows(RefundOrder), agents(Desk)).override(ModelRegistry, models);
  return (await test.run('I want my money back.', { userId: 'alice' })).output;
}
const refund = (order: string, euros: number) => ({ toolCalls: [{ name: 'refund', arguments: { order, euros } }] });

test('the workflow runs for the user of the agent, and the model is told what it gave', async () => {
  const told = '40 euros for o-17 are on their way to alice.';
  expect(await ask(refund('o-17', 40), { expect: { lastMessage: told }, content: 'Done.' })).toBe('Done. Your shop');
});

test('however the model puts it, a large amount goes to a person', async () => {
  await ask(refund('o-17', 4_000), { expect: { lastMessage: 'A person looks at o-17 today.' }, content: 'Patience.' });
});

test('no run begins with what the first step does not take', async () => {
  await ask(refund('17', -1), { expect: { lastMessage: /^ERROR: .*order.*euros/ }, content: 'Which order?' });
});
