import { SumInvoices } from './04-map.js';

test('items that cannot be read are counted, the others summed', async () => {
  const { output, perStep } = await new SumInvoices().run('A EUR 1\nnonsense\nB EUR 2\n');
  expect(output).toEqual({ sum: 3, unreadable: 1 });
  expect(perStep['read']).toMatchObject([
    { value: { number: 'A' } },
    { status: 'rejected' },
    { value: { number: 'B' } },
  ]);
});

test('a list of nothing gives an empty list', async () => {
  expect((await new SumInvoices().run('')).perStep['read']).toEqual([]);
});

test('the method itself is called with one item', async () => {
  expect(await new SumInvoices().read('A-1 EUR 120')).toEqual({ number: 'A-1', total: 120 });
});
