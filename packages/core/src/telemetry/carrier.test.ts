import fc from 'fast-check';
import { readCarrier, wantedIds, withWantedIds, writeCarrier } from './carrier.js';

const hex = (length: number) =>
  fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length }).map((all) => all.join(''));

test('what is written is read as the same span', () => {
  const span = fc.record({
    traceId: hex(32),
    spanId: hex(16),
    traceFlags: fc.integer({ min: 0, max: 255 }),
    startedAt: fc.integer({ min: 0, max: 4e12 }),
    parentId: fc.option(hex(16), { nil: undefined }),
    isWithin: fc.boolean(),
  });
  fc.assert(fc.property(span, (carried) => expect(readCarrier(writeCarrier(carried))).toEqual(carried)));
});

test('begins with a W3C traceparent', () => {
  const carried = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, startedAt: 5.7 };
  expect(writeCarrier(carried)).toBe(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01;t=5`);
});

test.each([
  '',
  'nonsense',
  `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01;t=5`,
])('%j is nothing that was written', (text) => expect(readCarrier(text)).toBeUndefined());

test('ids are wanted only while the span is being started, also where starting fails', () => {
  const ids = { spanId: 'b'.repeat(16), isHeeded: false };
  expect(withWantedIds(ids, wantedIds)).toBe(ids);
  expect(wantedIds()).toBeUndefined();
  const fail = (): never => {
    throw new Error('no span');
  };
  expect(() => withWantedIds(ids, fail)).toThrow('no span');
  expect(wantedIds()).toBeUndefined();
});
