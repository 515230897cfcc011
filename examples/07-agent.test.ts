import { ModelRegistry } from '@drawloom/core';
import { scriptedModels } from '@drawloom/testing';
import { testWorkflow } from '@drawloom/testing/classes';
import { AnswerMail, StandIn, Writer } from './07-agent.js';

const scripted = scriptedModels();
const mail = { from: 'Alice', text: ' Where is parcel 4711?' };

test('the agent is given the mail, and what it answers is signed', async () => {
  const model = scripted(
    [
      {
        expect: { system: /parcel service/, lastMessage: '{"from":"Alice","text":"Where is parcel 4711?"}' },
        content: 'In Graz.',
      },
    ],
    { name: 'gpt-4.1-mini' },
  );
  const result = await testWorkflow(AnswerMail)
    .override(Writer, new Writer())
    .override(ModelRegistry, new ModelRegistry([model]))
    .run(mail);
  expect(result.output).toBe('In Graz.\nThe parcel desk');
  expect(result).toHaveVisitedExactly('read', 'writer', 'sign');
});

test('the run tells what its models were asked for, and what that cost', async () => {
  const { usage } = await testWorkflow(AnswerMail)
    .override(Writer, new Writer())
    .override(ModelRegistry, new ModelRegistry([new StandIn()]))
    .run(mail);
  expect(usage).toMatchObject({ calls: 1, totalTokens: 98, byModel: { 'gpt-4.1-mini': { calls: 1 } } });
  expect(usage.cost).toBeGreaterThan(0);
});
