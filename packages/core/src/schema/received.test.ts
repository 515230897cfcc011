import { couldNotJudge, receivedAt } from './received.js';

describe('receivedAt', () => {
  class Claim {
    amount = 1;
    get total(): string {
      return 'x';
    }
  }

  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    ['secret', 'text'],
    [1, 'a number'],
    [NaN, 'NaN'],
    [true, 'a boolean'],
    [1n, 'a bigint'],
    [Symbol('secret'), 'a symbol'],
    [() => 1, 'a function'],
    [['secret', 2], 'a list of 2'],
    [{ secret: 1 }, 'an object'],
    [Object.create(null), 'an object'],
    [new Date(), 'an instance of Date'],
    [new Claim(), 'an instance of Claim'],
    [{ constructor: { name: 'secret' } }, 'an object'],
    [Object.create({ constructor: { name: 'se cret' } }), 'an object'],
  ])('calls %p %s', (value, name) => {
    expect(receivedAt(value)).toBe(name);
  });

  it('follows a path, over what is the value own, a list, a map and the accessors of a class', () => {
    const value = { items: [{ amount: 'x' }], by: new Map([['a', [1]]]), claim: new Claim() };
    expect(receivedAt(value, ['items', 0, 'amount'])).toBe('text');
    expect(receivedAt(value, ['items', 1, 'amount'])).toBe('undefined');
    expect(receivedAt(value, ['by', 'a'])).toBe('a list of 1');
    expect(receivedAt(value, ['claim', 'total'])).toBe('text');
    expect(receivedAt(value, ['constructor'])).toBe('undefined');
    expect(receivedAt(value, ['items', 0, 'amount', 'length'])).toBe('undefined');
  });

  it('never throws', () => {
    const throwing = {
      get secret(): never {
        throw new Error('secret');
      },
    };
    expect(receivedAt(throwing, ['secret'])).toBe('something that cannot be looked at');
  });
});

describe('couldNotJudge', () => {
  it('tells the class of the error and nothing that it says', () => {
    const judged = couldNotJudge('secret', new SyntaxError('"secret" is not valid JSON'));
    expect(judged).toEqual({
      ok: false,
      violations: [{ path: [], constraint: 'threw SyntaxError', received: 'text' }],
    });
    expect(couldNotJudge(1, 'secret')).toMatchObject({
      violations: [{ constraint: 'threw something that is not an Error' }],
    });
  });
});
