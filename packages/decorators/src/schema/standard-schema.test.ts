import { restoreAbsence, standardSchema, type Schema, type Violation } from '@drawloom/core';
import { z } from 'zod';
import { describeSchema } from '../../../core/test/support/schema-contract.js';
import { isSchemaSource, schemaOf } from './input-schema.js';

const claim = z.strictObject({
  customer: z.string().min(3),
  items: z.array(z.strictObject({ amount: z.number().int().max(100) })),
  email: z.email().optional(),
  currency: z.enum(['EUR', 'USD']).default('EUR'),
});
const fitting = { customer: 'Alice', items: [{ amount: 3 }] };

const violations = async (schema: Schema, value: unknown): Promise<readonly Violation[]> => {
  const judged = await schema.validate(value);
  return judged.ok ? [] : judged.violations;
};

describeSchema('a schema of zod', () => ({ schema: standardSchema(claim), fitting }));

describe('A schema of zod', () => {
  it('is a source of schemas, with its defaults and transformations', () => {
    expect(isSchemaSource(claim)).toBe(true);
    const { schema } = schemaOf(claim, 'Claims.intake');
    expect(schema!.validate(fitting)).toEqual({ ok: true, value: { ...fitting, currency: 'EUR' } });
    const trimmed = schemaOf(z.string().trim().transform(Number), 'w.a').schema!;
    expect(trimmed.validate(' 12 ')).toEqual({ ok: true, value: 12 });
  });

  it('tells each violation with path, code and what was expected, and none of the value', async () => {
    const wrong = {
      customer: 'Al',
      items: [{ amount: 1 }, { amount: 1.5 }, { amount: 'secret' }, { amount: 101, note: 'secret' }],
      email: 'secret',
      currency: 'secret',
      iban: 'secret',
    };
    expect(await violations(standardSchema(claim), wrong)).toEqual([
      { path: ['customer'], constraint: 'too_small', message: 'expected at least 3', received: 'text' },
      { path: ['items', 1, 'amount'], constraint: 'invalid_type', message: 'expected int', received: 'a number' },
      { path: ['items', 2, 'amount'], constraint: 'invalid_type', message: 'expected number', received: 'text' },
      { path: ['items', 3, 'amount'], constraint: 'too_big', message: 'expected at most 100', received: 'a number' },
      { path: ['items', 3, 'note'], constraint: 'unknown property', received: 'text' },
      { path: ['email'], constraint: 'invalid_format', message: 'expected email', received: 'text' },
      { path: ['currency'], constraint: 'invalid_value', received: 'text' },
      { path: ['iban'], constraint: 'unknown property', received: 'text' },
    ]);
  });

  it('waits for refinements that wait', async () => {
    const schema = standardSchema(z.string().refine(async (text) => text === 'known'));
    expect(await schema.validate('known')).toEqual({ ok: true, value: 'known' });
    expect(await violations(schema, 'secret')).toEqual([{ path: [], constraint: 'custom', received: 'text' }]);
  });

  it('keeps what a refinement throws to itself', async () => {
    const schema = standardSchema(z.string().refine((text) => JSON.parse(text) as boolean));
    expect(await violations(schema, 'secret')).toEqual([
      { path: [], constraint: 'threw SyntaxError', received: 'text' },
    ]);
  });

  it('gives its JSON Schema, strict, and takes an answer in that form', () => {
    const schema = standardSchema(claim);
    expect(schema.jsonSchema()).toMatchObject({
      type: 'object',
      required: ['customer', 'items', 'email', 'currency'],
      additionalProperties: false,
      properties: {
        customer: { type: 'string', description: '(minLength: 3)' },
        items: { type: 'array', items: { required: ['amount'], additionalProperties: false } },
        email: { type: ['string', 'null'], format: 'email' },
        currency: {
          anyOf: [{ type: 'string', enum: ['EUR', 'USD'] }, { type: 'null' }],
          description: '(default: "EUR")',
        },
      },
    });
    const answer = { ...fitting, email: null, currency: null };
    expect(schema.validate(answer)).toMatchObject({ ok: false });
    expect(schema.validate(restoreAbsence(answer, schema.jsonSchema('plain')))).toMatchObject({
      ok: true,
      value: { currency: 'EUR' },
    });
  });

  it('keeps recursion and unions', () => {
    const tree = z.strictObject({
      name: z.string(),
      get children() {
        return z.array(tree).optional();
      },
      of: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('a'), x: z.string().optional() }),
        z.object({ kind: z.literal('b') }),
      ]),
    });
    const schema = standardSchema(tree);
    expect(schema.jsonSchema()).toMatchObject({
      properties: {
        children: { anyOf: [{ type: 'array', items: { $ref: '#' } }, { type: 'null' }] },
        of: { anyOf: [{ required: ['kind', 'x'] }, { required: ['kind'] }] },
      },
    });
    const leaf = { name: 'l', children: null, of: { kind: 'a', x: null } };
    expect(restoreAbsence({ name: 'r', children: [leaf], of: { kind: 'b' } }, schema.jsonSchema('plain'))).toEqual({
      name: 'r',
      children: [{ name: 'l', of: { kind: 'a' } }],
      of: { kind: 'b' },
    });
  });

  it('says what cannot be said as JSON Schema, and whose schema it is', () => {
    expect(() => standardSchema(z.object({ at: z.date() })).jsonSchema()).toThrow(
      /^\[NO_JSON_SCHEMA\] standardSchema: the library "zod" gives no JSON Schema; it says: Date/,
    );
    expect(() => standardSchema(z.object({ by: z.record(z.string(), z.number()) })).jsonSchema()).toThrow(
      '[NO_JSON_SCHEMA] zod: by is an object with any properties (a table)',
    );
  });
});
