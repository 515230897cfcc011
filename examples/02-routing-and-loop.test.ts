import { begun, endless, refine } from './02-routing-and-loop.js';

test('the letter is revised until the reviewer misses nothing', async () => {
  const { output, visited, routes } = await refine.run(begun);
  expect(output).toMatchObject({
    text: 'Dear Ms Brown, we received your complaint and answer by Friday.',
    missing: [],
  });
  expect(visited).toEqual(['write', 'review', 'write', 'review', 'write', 'review']);
  expect(routes.map(({ keys }) => keys)).toEqual([['revise'], ['revise'], ['approve']]);
});

test('a loop that never ends is stopped by its cap, with what it did so far', async () => {
  await expect(endless.run(begun)).rejects.toMatchObject({
    code: 'MAX_VISITS',
    node: 'write',
    cap: {
      cap: 3,
      cycle: [
        { node: 'write', visits: 3 },
        { node: 'review', visits: 3 },
      ],
    },
    partial: { visited: ['write', 'review', 'write', 'review', 'write', 'review'] },
  });
});
