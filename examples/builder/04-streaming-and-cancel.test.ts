import { askAndCancel, assistant, firstWords } from './04-streaming-and-cancel.js';

test('a stream has every event of its run, in order and without a gap', async () => {
  const seen: { seq: number; type: string }[] = [];
  for await (const { seq, type } of assistant.stream('Tea?')) seen.push({ seq, type });
  expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
  expect([seen[0]!.type, seen.at(-1)!.type]).toEqual(['run.started', 'run.completed']);
});

test('who has read enough stops the run', async () => {
  expect(await firstWords('Tea?', 3)).toEqual(['You', 'asked:', 'Tea?']);
});

test('a cancelled run says why, and how far it came', async () => {
  expect(await askAndCancel('Tea?')).toMatchObject({
    status: 'cancelled',
    error: { code: 'RUN_CANCELLED', cause: 'never mind' },
    partial: { visited: [], steps: [{ node: 'answer', outcome: 'cancelled' }] },
  });
});
