import { keepState, restoreWrites, StateLayout, writesOf } from './run-state.js';

const order = { isBefore: () => true } as unknown as StateLayout['order'];
const place = { node: 0, tag: [], name: 'each', visit: 1 } as unknown as Parameters<typeof writesOf>[1];
const ofItem = (item: number) => [{ item, fields: { sum: item }, base: {} }];

function instance(): { sum: number } {
  const made = { sum: 0 };
  keepState(made, new StateLayout('w', [{ name: 'sum', merge: 'last' }], order));
  return made;
}

test('writes of an item are kept for the record of its map, which is still to come', () => {
  const made = instance();
  restoreWrites(made, place, ofItem(3), 3);
  expect(made.sum).toBe(3);
  expect(writesOf(made, place)).toEqual(ofItem(3));
});

test('writes of a map that has its record are kept no longer', () => {
  const made = instance();
  restoreWrites(made, place, [...ofItem(1), ...ofItem(2)]);
  expect(made.sum).toBe(2);
  expect(writesOf(made, place)).toBeUndefined();
});
