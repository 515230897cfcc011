import { main } from './13-saga.js';

test('a trip without a seat leaves nothing behind: what was done is undone, the last first', async () => {
  const lines = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  const log = await main();
  expect(lines.mock.calls.flat().slice(0, 2)).toEqual(['A seat to Lyon, and a room.', 'Oslo: failed']);
  lines.mockRestore();
  expect(log.filter((line) => line.includes('Lyon'))).toEqual(['charge for Lyon', 'reserve a room in Lyon']);
  expect(log.filter((line) => line.includes('Oslo'))).toEqual([
    'charge for Oslo',
    'reserve a room in Oslo',
    'release room-Oslo',
    'refund charge-Oslo',
  ]);
});
