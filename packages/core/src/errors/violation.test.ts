import { listViolations, type Violation } from './violation.js';

const violation = (path: Violation['path'], more: Partial<Violation> = {}): Violation => ({
  path,
  constraint: 'isInt',
  received: 'text',
  ...more,
});

describe('listViolations', () => {
  it('says where, which rule, and what kind of value was there', () => {
    const list = [
      violation(['items', 2, 'amount']),
      violation(['note'], { constraint: 'unknown property' }),
      violation([], { constraint: 'object', message: 'expected object', received: 'a list of 3' }),
      violation([3, 'größe']),
    ];
    expect(listViolations(list)).toBe(
      'items[2].amount: isInt (received text); note: unknown property (received text); ' +
        'as a whole: object, expected object (received a list of 3); [3].größe: isInt (received text)',
    );
  });

  it('cuts after twelve, with a count of the rest', () => {
    const text = listViolations(Array.from({ length: 15 }, (_, index) => violation([index])));
    expect(text.split('; ')).toHaveLength(13);
    expect(text).toMatch(/\[11\]: isInt \(received text\); and 3 more$/);
  });

  it('hides keys that nobody would declare, because they are data', () => {
    const list = ['alice@example.com', '+49 170 1234567', 'a\nb', 'x'.repeat(50), ''].map((key) =>
      violation(['by', key]),
    );
    expect(listViolations(list)).toBe(Array(5).fill('by[…]: isInt (received text)').join('; '));
  });

  it('stays in one line and short, whatever a library says', () => {
    const odd = violation(
      Array.from({ length: 1_000 }, () => 'next'),
      {
        constraint: 'a\n\tb',
        message: 'm'.repeat(1_000_000),
      },
    );
    const text = listViolations([odd]);
    expect(text).toMatch(/^next(\.next){11}…: a b, m{97}\.\.\. \(received text\)$/);
  });
});
