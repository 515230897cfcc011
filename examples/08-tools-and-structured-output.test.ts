import { ModelRegistry } from '@drawloom/core';
import { scriptedModels, type ScriptedTurn } from '@drawloom/testing';
import { testWorkflow, type WorkflowTest } from '@drawloom/testing/classes';
import { Adjuster, Claims, Settle } from './08-tools-and-structured-output.js';

const scripted = scriptedModels();
const claims = new Claims();

function settle(...turns: ScriptedTurn[]): WorkflowTest<Settle> {
  const test = testWorkflow(Settle).override(Claims, claims);
  test.container.bind(Adjuster).toSelf();
  return test.override(ModelRegistry, new ModelRegistry([scripted(turns, { name: 'gpt-4.1-mini' })]));
}

afterEach(() => claims.paid.splice(0));

test('a claim is found, paid and reported', async () => {
  const { output } = await settle(
    { toolCalls: [{ name: 'find', arguments: { number: 'c-17' } }] },
    {
      expect: { lastMessage: /"amount":240/ },
      toolCalls: [{ name: 'pay', arguments: { number: 'c-17', amount: 140 } }],
    },
    { expect: { lastMessage: '140 euros were paid.' }, output: { state: 'paid', reason: 'less the excess' } },
  ).run('Settle claim c-17.');
  expect(output).toBe('paid: less the excess');
  expect(claims.paid).toEqual([{ number: 'c-17', amount: 140 }]);
});

test('the model is told of an error, of arguments that do not fit, and of a denial; nothing is paid', async () => {
  await settle(
    { toolCalls: [{ name: 'find', arguments: { number: 'c-1' } }] },
    {
      expect: { lastMessage: 'ERROR: there is no claim c-1' },
      toolCalls: [{ name: 'pay', arguments: { number: 'c-1', amount: 0.5 } }],
    },
    {
      expect: { lastMessage: /^ERROR: the arguments do not fit: .*amount/ },
      toolCalls: [{ name: 'pay', arguments: { number: 'c-1', amount: 5_000 } }],
    },
    { expect: { lastMessage: 'DENIED: it was not approved' }, output: { state: 'open', reason: 'it needs a person' } },
  ).run('Pay claim c-1.');
  expect(claims.paid).toEqual([]);
});

test('an answer that is no decision is corrected once, then refused', async () => {
  const correct = { expect: { lastMessage: /does not fit the JSON Schema.*state/ } };
  const vague = { state: 'perhaps', reason: 'unclear' };
  const done = await settle({ output: vague }, { ...correct, output: { state: 'open', reason: 'unclear' } }).run('?');
  expect(done.output).toBe('open: unclear');
  await expect(settle({ output: vague }, { ...correct, output: vague }).run('?')).rejects.toMatchObject({
    code: 'INVALID_OUTPUT',
    node: 'adjuster',
  });
});
