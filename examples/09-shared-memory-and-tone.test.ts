import { InMemoryMemory, Memory } from '@drawloom/core';
import { agents, Container, drawloom, workflows } from '@drawloom/decorators';
import { ScriptedModel } from '@drawloom/testing';
import { Counsel, Herald, LicenceDesk, StandIn } from './09-shared-memory-and-tone.js';

function desk(models: ScriptedModel | StandIn): { desk: LicenceDesk; memory: Memory } {
  const container = new Container();
  container.load(drawloom({ models, memory: new InMemoryMemory() }), workflows(LicenceDesk), agents(Counsel, Herald));
  return { desk: container.get(LicenceDesk), memory: container.get(Memory) };
}

test('the workflow has a tone, a run may have another, and an agent keeps its own', async () => {
  const told = (system: RegExp) => ({ expect: { system }, content: 'It depends.' });
  const [legal, casual, executive] = [/careful legal language/, /friendly and conversational/, /^[^]*for executives/];
  const model = new ScriptedModel([told(legal), told(casual), told(executive), told(casual)], {
    name: 'gpt-4.1-mini',
  });
  const { desk: handle } = desk(model);
  await handle.run('What does the MIT licence ask?', { userId: 'alice' });
  await handle.run('What does the MIT licence ask?', { userId: 'alice', tone: 'executive' });
  model.expectDone();
});

test('what was said and learned is there in the next run of the same user and session, and nowhere else', async () => {
  const { desk: handle } = desk(new StandIn());
  const ask = async (userId: string, sessionId: string) =>
    (await handle.run('And in a device?', { userId, sessionId })).output;
  await handle.run('What does the GPL ask?', { userId: 'alice', sessionId: 'a' });
  expect(await ask('alice', 'a')).toBe('(the product is under GPL; 6 earlier messages)');
  expect(await ask('alice', 'b')).toBe('(the product is under GPL; 2 earlier messages)');
  expect(await ask('bob', 'a')).toBe('(nothing is known; 2 earlier messages)');
});

test('a user is forgotten altogether, and nobody else is', async () => {
  const { desk: handle, memory } = desk(new StandIn());
  for (const userId of ['alice', 'bob']) await handle.run('What does the GPL ask?', { userId });
  expect(await memory.forget({ userId: 'alice' })).toEqual({ episodes: 2, facts: 1, blocks: 0 });
  expect(await memory.profile({ userId: 'bob' })).toMatchObject({ episodes: 2, facts: 1 });
});
