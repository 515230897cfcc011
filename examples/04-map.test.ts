import { sumInvoices } from './04-map.js';

test('items that cannot be read are counted, the others summed', async () => {
  const { output, perStep } = await sumInvoices.run('A EUR 1\nnonsense\nB EUR 2\n');
  expect(output).toEqual({ sum: 3, unreadable: 1 });
  expect(perStep['read']).toMatchObject([
    { value: { number: 'A' } },
    { status: 'rejected' },
    { value: { number: 'B' } },
  ]);
});

test('a map over nothing gives an empty list', async () => {
  expect((await sumInvoices.run('')).perStep['read']).toEqual([]);
});
