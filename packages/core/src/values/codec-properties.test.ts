import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { AdapterError } from '../errors/adapter-error.js';
import { ValueCodec } from './codec.js';

const FACTS = { workflow: 'w', node: 'n', visit: 1, attempt: 1 };
const RUNS = { numRuns: 400 };

class Point {
  constructor(
    readonly x: unknown,
    readonly y: unknown,
  ) {}
}
const revive = (plain: unknown): Point => new Point((plain as Point).x, (plain as Point).y);
const codec = new ValueCodec({ types: { Point: { type: Point, revive } } });
const encode = (value: unknown): string => codec.encode(value, FACTS);
const decode = (text: string): unknown => codec.decode(text, 'w.n');

/** Any UTF-16 units, surrogates alone as well; and what looks like a tag or a trap. */
const text = fc.oneof(
  fc.array(fc.nat(0xffff), { maxLength: 6 }).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom(
    '$',
    '$$',
    '$date',
    '$map',
    '$class',
    '$bare',
    '__proto__',
    'constructor',
    'toJSON',
    'length',
    '7',
    'hole',
  ),
);

const leaf = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.constantFrom(null, undefined, true, false, -0, NaN, Infinity, -Infinity, Number.MAX_VALUE, 5e-324),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array({ maxLength: 20 }),
);

function objectOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  return fc.tuple(fc.array(fc.tuple(text, value), { maxLength: 5 }), fc.boolean()).map(([entries, isBare]) => {
    const object: object = Object.fromEntries(entries) as object;
    return isBare ? Object.assign(Object.setPrototypeOf({}, null) as object, object) : object;
  });
}

function errorOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<Error> {
  const code = fc.option(fc.oneof(text, fc.double()), { nil: undefined });
  const type = fc.constantFrom(Error, TypeError, RangeError);
  return fc.tuple(type, text, code, fc.option(value)).map(([type, message, code, cause]) => {
    const error = cause === null ? new type(message) : new type(message, { cause });
    return code === undefined ? error : Object.assign(error, { code });
  });
}

/** Values of the whole set. */
const { value } = fc.letrec((tie) => {
  const any = tie('value');
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(any, { maxLength: 5 }),
      fc.array(fc.option(any, { nil: 'hole!' }), { maxLength: 5 }).map(withHoles),
      objectOf(any),
      fc.array(fc.tuple(any, any), { maxLength: 4 }).map((entries) => new Map(entries)),
      fc.array(any, { maxLength: 4 }).map((members) => new Set(members)),
      errorOf(any),
      fc.tuple(any, any).map(([x, y]) => new Point(x, y)),
    ),
  };
});

function withHoles(list: unknown[]): unknown[] {
  list.forEach((item, index) => {
    if (item === 'hole!') delete list[index];
  });
  return list;
}

/** Errors have a stack, which is not kept; all else is compared as it is. */
function isSame(left: unknown, right: unknown): boolean {
  if (left instanceof Error && right instanceof Error) {
    const [one, other] = [left, right].map((error) => ({
      ...error,
      message: error.message,
      name: error.name,
      has: 'cause' in error,
    }));
    return (
      isDeepStrictEqual(one, other) &&
      Object.getPrototypeOf(left) === Object.getPrototypeOf(right) &&
      isSame(left.cause, right.cause)
    );
  }
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null)
    return Object.is(left, right);
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
  if (left instanceof Map) return isSame([...left], [...(right as Map<unknown, unknown>)]);
  if (left instanceof Set) return isSame([...left], [...(right as Set<unknown>)]);
  if (left instanceof Date) return Object.is(left.getTime(), (right as Date).getTime()); // two invalid ones are the same
  if (left instanceof Uint8Array) return isDeepStrictEqual(left, right);
  const [keys, others] = [Reflect.ownKeys(left), Reflect.ownKeys(right)];
  return (
    isDeepStrictEqual(keys, others) &&
    keys.every((key) =>
      isSame((left as Record<PropertyKey, unknown>)[key], (right as Record<PropertyKey, unknown>)[key]),
    )
  );
}

/** The same value with the keys of every object the other way round. */
function turned(item: unknown): unknown {
  if (Array.isArray(item)) return item.map(turned);
  if (typeof item !== 'object' || item === null) return item;
  const prototype: unknown = Object.getPrototypeOf(item);
  if (prototype !== Object.prototype && prototype !== null) return item;
  const entries = Object.entries(item).reverse();
  const result = Object.fromEntries(entries.map(([key, member]) => [key, turned(member)])) as object;
  return prototype === null ? Object.setPrototypeOf(result, null) : result;
}

const namesOf = (object: object): string => Reflect.ownKeys(object).map(String).join();
const inherited = namesOf(Object.prototype);
afterEach(() => expect(namesOf(Object.prototype)).toBe(inherited));

/** Reads hostile text: a value that is written again and read as the same, or the one error. */
function readsOrRefuses(json: string): void {
  let read: unknown;
  try {
    read = decode(json);
  } catch (error) {
    expect(error).toBeInstanceOf(AdapterError);
    expect((error as AdapterError).code).toBe('JOURNAL_VALUE_UNREADABLE');
    return;
  }
  expect(isSame(decode(encode(read)), read)).toBe(true);
}

describe('For any value of the set', () => {
  it('A: what is read is what was written, and is written as the same text', () => {
    fc.assert(
      fc.property(value, (value) => {
        const json = encode(value);
        const read = decode(json);
        expect(isSame(read, value)).toBe(true);
        expect(encode(read)).toBe(json);
      }),
      RUNS,
    );
  });

  it('E: equal values have equal digests, whatever the order of their keys', () => {
    fc.assert(
      fc.property(value, (value) => {
        const digest = codec.digestOf(value, FACTS);
        expect(codec.digestOf(decode(encode(value)), FACTS)).toBe(digest);
        expect(codec.digestOf(turned(value), FACTS)).toBe(digest);
      }),
      RUNS,
    );
  });

  it('E: values with the same digest are the same but for the order of keys', () => {
    fc.assert(
      fc.property(value, value, (left, right) => {
        const isEqual = codec.digestOf(left, FACTS) === codec.digestOf(right, FACTS);
        if (encode(left) !== encode(right) && isEqual)
          expect(encode(turned(left)) + encode(left)).toContain(encode(right));
      }),
      RUNS,
    );
  });

  it('C: text that was cut off, or in which a unit has changed, gives a value or the one error', () => {
    fc.assert(
      fc.property(value, fc.nat(), fc.constantFrom('', '"', '$', '0', '}', 'x'), (value, place, unit) => {
        const json = encode(value);
        const at = place % json.length;
        readsOrRefuses(json.slice(0, at));
        readsOrRefuses(json.slice(0, at) + unit + json.slice(at + 1));
      }),
      RUNS,
    );
  });
});

describe('For any text', () => {
  it('B, C: reading gives a value or the one error', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), readsOrRefuses), RUNS);
  });

  it('B, C: so it does for any JSON, with tags in wrong places', () => {
    const tag = fc.constantFrom(
      '$',
      '$date',
      '$bigint',
      '$bytes',
      '$map',
      '$set',
      '$bare',
      '$error',
      '$class',
      '$$',
      'a',
      '__proto__',
    );
    const content = fc.constantFrom('undefined', 'hole', 'NaN', '-0', '0x1', 'AQ==', 'Point', 'TypeError', null, 1);
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'medium' },
        content,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(tag, tie('tree'), { maxKeys: 2 }),
        fc.record(
          { name: content, message: content, code: tie('tree'), cause: tie('tree') },
          { requiredKeys: ['name', 'message'] },
        ),
      ),
    }));
    fc.assert(
      fc.property(fc.oneof(tree, fc.jsonValue()), (tree) => readsOrRefuses(JSON.stringify(tree))),
      RUNS,
    );
  });
});
