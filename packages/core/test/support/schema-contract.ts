import type { Schema } from '@drawloom/core';

/** What every implementation of the port promises, whatever the value. */
export interface SchemaUnderTest {
  readonly schema: Schema;
  /** A plain value that fits. */
  readonly fitting: object;
}

const SECRET = 'secret-4711';

const fail = (): never => {
  throw new Error(SECRET);
};

/** A chain of objects that is longer than the stack. */
function deep(): object {
  let value: object = {};
  for (let level = 0; level < 50_000; level++) value = { items: [value] };
  return value;
}

function cyclic(): object {
  const value: Record<string, unknown> = { text: SECRET };
  value['items'] = [value];
  value['self'] = value;
  return value;
}

const hostile: readonly [string, () => unknown][] = [
  ['nothing', () => undefined],
  ['null', () => null],
  ['text', () => SECRET],
  ['huge text', () => SECRET.repeat(200_000)],
  ['NaN', () => NaN],
  ['a symbol', () => Symbol(SECRET)],
  ['a function', () => () => SECRET],
  ['a list', () => [SECRET]],
  ['a map', () => new Map([[SECRET, SECRET]])],
  ['a set', () => new Set([SECRET])],
  ['a date', () => new Date(NaN)],
  ['a promise', () => Promise.resolve(SECRET)],
  ['an object that looks like a promise', () => ({ then: fail })],
  ['a getter that throws', () => Object.defineProperty({}, 'items', { get: fail, enumerable: true })],
  [
    'a proxy that throws at every look',
    () => new Proxy({}, { get: fail, has: fail, getPrototypeOf: fail, ownKeys: fail, getOwnPropertyDescriptor: fail }),
  ],
  ['a revoked proxy', () => revoked()],
  ['what contains itself', cyclic],
  ['what is deeper than the stack', deep],
  ['a key __proto__', () => JSON.parse(`{ "__proto__": { "polluted": "${SECRET}" } }`)],
  ['a key constructor', () => ({ constructor: { prototype: { polluted: SECRET } } })],
  ['an own constructor', () => ({ constructor: Object })],
  ['names of methods', () => ({ toString: SECRET, hasOwnProperty: SECRET })],
  ['keys that are data', () => ({ [`${SECRET}@example.com`]: 1, [`${SECRET}\n[FAKE] line`]: 1 })],
  ['ten thousand wrong items', () => ({ items: Array.from({ length: 10_000 }, () => ({ amount: SECRET })) })],
  [
    'a hundred thousand unknown keys',
    () => Object.fromEntries(Array.from({ length: 100_000 }, (_, key) => [`k${key}`, SECRET])),
  ],
];

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** One suite for every `Schema`: it judges whatever comes, and tells nothing of it. */
export function describeSchema(name: string, make: () => SchemaUnderTest): void {
  describe(`${name}, as a Schema`, () => {
    it('passes what fits', async () => {
      const { schema, fitting } = make();
      expect(await schema.validate(fitting)).toMatchObject({ ok: true });
    });

    it('does not change what it is given', async () => {
      const { schema, fitting } = make();
      const before = JSON.stringify(fitting);
      await schema.validate(fitting);
      await schema.validate({ ...fitting, unknown: 1 });
      expect(JSON.stringify(fitting)).toBe(before);
    });

    it.each(hostile)('refuses %s, without throwing or telling what is in it', async (_, value) => {
      const judged = await make().schema.validate(value());
      if (judged.ok) throw new Error('it passed');
      expect(judged.violations.length).toBeGreaterThan(0);
      const said = judged.violations.map(
        ({ constraint, message = '', received }) => `${constraint} ${message} ${received}`,
      );
      expect(said.filter((text) => text.includes(SECRET) || text.length > 200)).toEqual([]);
      const keys = judged.violations.flatMap(({ path }) => path);
      expect(keys.filter((key) => typeof key !== 'string' && typeof key !== 'number')).toEqual([]);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    });
  });
}
