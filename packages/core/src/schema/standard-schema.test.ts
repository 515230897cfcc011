import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describeSchema } from '../../test/support/schema-contract.js';
import { objectSchema } from '../../test/support/object-schema.js';
import { isStandardSchema, standardSchema } from './standard-schema.js';

const failingWith = (issues: object[], vendor = 'by-hand'): StandardSchemaV1 => ({
  '~standard': { version: 1, vendor, validate: () => ({ issues: issues as StandardSchemaV1.Issue[] }) },
});

describeSchema('a Standard Schema', () => ({
  schema: standardSchema(objectSchema({ text: 'string' })),
  fitting: { text: 'x' },
}));

describe('standardSchema', () => {
  it('answers at once where the library does, and gives what it made of the value', () => {
    const given = { text: 'x' };
    const judged = standardSchema(objectSchema({ text: 'string' })).validate(given);
    expect(judged).toEqual({ ok: true, value: { text: 'x' } });
    expect((judged as { value: unknown }).value).not.toBe(given);
  });

  it('waits for a promise of any kind', async () => {
    const late = (result: unknown): StandardSchemaV1 => ({
      '~standard': { version: 1, vendor: 'late', validate: () => result as never },
    });
    const thenable = { then: (settle: (result: unknown) => void) => settle({ issues: [{ message: '' }] }) };
    expect(await standardSchema(late(Promise.resolve({ value: 1 }))).validate(0)).toEqual({ ok: true, value: 1 });
    expect(await standardSchema(late(thenable)).validate(0)).toMatchObject({ ok: false });
    expect(await standardSchema(late(Promise.reject(new TypeError('secret')))).validate(0)).toMatchObject({
      violations: [{ constraint: 'threw TypeError' }],
    });
  });

  it('takes what a library that breaks the rules gives as a refusal', async () => {
    for (const result of [
      undefined,
      null,
      Promise.resolve(undefined),
      { issues: [] },
      { issues: 'no' },
      { issues: [null] },
    ]) {
      const broken = { '~standard': { version: 1, vendor: 'broken', validate: () => result } };
      const judged = await standardSchema(broken as never).validate('secret');
      expect(judged).toMatchObject({ ok: false, violations: [{ received: 'text' }] });
    }
  });

  it('keeps path and constraint of an issue, and drops its message', () => {
    const issues = [
      { message: 'secret', path: ['items', { key: 2 }, Symbol('s')] },
      { message: 'secret', code: 'pattern' },
      { message: 'secret', type: 'min_length', expected: '>=3' },
      { message: 'secret', code: 'a sentence with "quotes" in it' },
    ];
    expect(standardSchema(failingWith(issues)).validate({ items: [0, 1, 2] })).toEqual({
      ok: false,
      violations: [
        { path: ['items', 2, '(a key that is no text)'], constraint: 'invalid', received: 'undefined' },
        { path: [], constraint: 'pattern', received: 'an object' },
        { path: [], constraint: 'min_length', received: 'an object' },
        { path: [], constraint: 'invalid', received: 'an object' },
      ],
    });
  });

  it('tells what was expected where the library has it from the schema', () => {
    const issues = [
      { code: 'invalid_type', expected: 'number' },
      { code: 'too_small', minimum: 3 },
      { code: 'too_big', maximum: 5, inclusive: false },
      { code: 'invalid_format', format: 'email' },
      { code: 'not_multiple_of', divisor: 2 },
      { code: 'invalid_type', expected: 'a sentence, which may be anything' },
    ].map((issue) => ({ message: 'secret', ...issue }));
    const messages = (vendor: string): unknown[] => {
      const judged = standardSchema(failingWith(issues, vendor)).validate('x');
      return judged instanceof Promise || judged.ok ? [] : judged.violations.map(({ message }) => message);
    };
    const all = ['number', 'at least 3', 'less than 5', 'email', 'a multiple of 2'].map((text) => `expected ${text}`);
    expect(messages('zod')).toEqual([...all, undefined]);
    expect(messages('unheard-of')).toEqual(issues.map(() => undefined));
  });

  it('refuses what is no Standard Schema', () => {
    const throwing = Object.defineProperty({}, '~standard', { get: () => JSON.parse('no') as never });
    for (const value of [undefined, null, 1, 'x', {}, () => 1, { '~standard': { version: 2 } }, throwing]) {
      expect(isStandardSchema(value)).toBe(false);
      expect(() => standardSchema(value as never)).toThrow('[INVALID_SCHEMA] standardSchema: ');
    }
    expect(isStandardSchema(Object.assign(() => 1, objectSchema({})))).toBe(true); // arktype's are functions
  });
});

describe('The JSON Schema of a Standard Schema', () => {
  const withConverter = (input: (options: { target: string }) => object): StandardSchemaV1 =>
    objectSchema({}, { jsonSchema: { input, output: () => ({}) } });

  it('is that of the input, plain or strict, asked for once', () => {
    const input = jest.fn(() => ({ type: 'object', properties: { a: { type: 'string' } } }));
    const schema = standardSchema(withConverter(input));
    expect(schema.jsonSchema('plain')).toEqual({ type: 'object', properties: { a: { type: 'string' } } });
    expect(schema.jsonSchema()).toEqual({
      type: 'object',
      properties: { a: { type: ['string', 'null'] } },
      required: ['a'],
      additionalProperties: false,
    });
    expect(schema.jsonSchema()).toBe(schema.jsonSchema('strict'));
    expect(input).toHaveBeenCalledTimes(1);
  });

  it('is asked for in an older draft where a library does not know the newer', () => {
    const schema = standardSchema(
      withConverter(({ target }) => {
        if (target !== 'draft-07') throw new RangeError(target);
        return { type: 'string' };
      }),
    );
    expect(schema.jsonSchema()).toEqual({ type: 'string' });
  });

  it('is refused with the name of the library that has none, and with its reason where it gives one', () => {
    expect(() => standardSchema(objectSchema({})).jsonSchema()).toThrow(
      /^\[NO_JSON_SCHEMA\] standardSchema: the library "by-hand" gives no JSON Schema\n {2}Fix: use a version of it/,
    );
    const unable = withConverter(() => JSON.parse('no') as never);
    expect(() => standardSchema(unable).jsonSchema()).toThrow(
      /gives no JSON Schema; it says: .*\n {2}Fix: change the part/,
    );
  });
});
