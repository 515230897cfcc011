import fc from 'fast-check';
import { DefinitionError } from '../errors/definition-error.js';
import type { JsonSchema } from '../ports/schema.js';
import { restoreAbsence } from './restore-absence.js';
import { strictJsonSchema } from './strict-json-schema.js';

const text = { type: 'string' };
const closed = (properties: object): object => {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
};
const object = (properties: object, required: string[] = Object.keys(properties)): JsonSchema => {
  return { type: 'object', properties, required };
};

describe('strictJsonSchema', () => {
  it('closes every object and requires every property; an optional one may be null', () => {
    const list = { type: 'array', items: object({ deep: text }, []) };
    const choice = { enum: ['a', 'b'] };
    expect(
      strictJsonSchema(object({ name: text, age: { type: 'integer' }, list, choice, of: object({}) }, ['name'])),
    ).toEqual(
      closed({
        name: text,
        age: { type: ['integer', 'null'] },
        list: {
          anyOf: [{ type: 'array', items: closed({ deep: { type: ['string', 'null'] } }) }, { type: 'null' }],
        },
        choice: { anyOf: [{ type: 'string', enum: ['a', 'b'] }, { type: 'null' }] },
        of: { anyOf: [closed({}), { type: 'null' }] },
      }),
    );
  });

  it('leaves alone what takes null by itself', () => {
    const properties = {
      a: { type: ['string', 'null'] },
      b: { anyOf: [text, { type: 'null' }] },
      c: { type: 'null' },
      d: { type: 'string', nullable: true },
      e: { $ref: '#/$defs/maybe' },
      f: { enum: ['x', null] },
      g: { const: null },
    };
    const strict = strictJsonSchema({ ...object(properties, []), $defs: { maybe: { type: ['string', 'null'] } } });
    expect(strict['properties']).toEqual({
      ...properties,
      d: { type: ['string', 'null'] },
      f: { type: ['string', 'null'], enum: ['x', null] },
      g: { type: 'null', const: null },
    });
  });

  it('keeps references and recursion, as $defs of which only the reached ones stay', () => {
    const node = object({ next: { $ref: '#/definitions/node' }, other: { $ref: '#/$defs/node' } }, []);
    const strict = strictJsonSchema({
      ...object({ head: { $ref: '#/definitions/node', description: 'the first' }, self: { $ref: '#' } }),
      definitions: { node, unused: { not: 'even a schema' } },
      $defs: { node: text },
    });
    expect(strict).toEqual({
      ...closed({ head: { anyOf: [{ $ref: '#/$defs/node' }], description: 'the first' }, self: { $ref: '#' } }),
      $defs: {
        node: closed({
          next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
          other: { anyOf: [{ $ref: '#/$defs/node_2' }, { type: 'null' }] },
        }),
        node_2: text,
      },
    });
  });

  it('reads a document that begins with a reference, and pointers to anywhere in it', () => {
    const strict = strictJsonSchema({
      $ref: '#/definitions/a~1b%20c',
      definitions: {
        'a/b c': object({ x: text, y: { $ref: '#/definitions/a~1b%20c/properties/x' }, z: { $ref: '#' } }),
      },
    });
    expect(strict).toEqual({
      ...closed({ x: text, y: { $ref: '#/$defs/x' }, z: { $ref: '#' } }),
      $defs: { x: text },
    });
  });

  it('writes otherwise what has another form: oneOf, allOf, tuples, tables of known keys', () => {
    const tuple = { type: 'array', prefixItems: [text, { type: 'number' }], items: false };
    const strict = strictJsonSchema(
      object({
        one: { oneOf: [text, { type: 'number' }], description: 'd' },
        tuple,
        old: { type: 'array', items: [text, text] },
        all: { allOf: [object({ a: text }), object({ b: text }, []), { required: ['b'] }] },
        table: {
          type: 'object',
          propertyNames: { enum: ['x', 'y'] },
          additionalProperties: text,
          required: ['x', 'y'],
        },
      }),
    );
    expect(strict['properties']).toEqual({
      one: { anyOf: [text, { type: 'number' }], description: 'd' },
      tuple: { type: 'array', items: { anyOf: [text, { type: 'number' }] }, maxItems: 2 },
      old: { type: 'array', items: text, maxItems: 2 },
      all: closed({ a: text, b: text }),
      table: closed({ x: text, y: text }),
    });
  });

  it('gives every alternative of a union what stands beside it', () => {
    const strict = strictJsonSchema({
      ...object({ a: text, b: text }, []),
      anyOf: [{ required: ['a'] }, { required: ['b'] }, { type: 'string' }],
    });
    const maybe = { type: ['string', 'null'] };
    expect(strict).toEqual({ anyOf: [closed({ a: text, b: maybe }), closed({ a: maybe, b: text })] });
  });

  it('puts together what refers to something and adds to it', () => {
    const strict = strictJsonSchema({
      ...object({ x: { $ref: '#/$defs/base', properties: { more: text }, required: ['more'] } }),
      $defs: { base: { allOf: [object({ id: { type: ['integer', 'string'] } }), object({ id: { type: 'number' } })] } },
    });
    expect(strict['properties']).toEqual({ x: closed({ more: text, id: { type: 'integer' } }) });
  });

  it('keeps what a model can be held to, tells the rest in the description, and drops what only narrows', () => {
    const properties = {
      email: { ...text, format: 'email', pattern: '^a', minLength: 3, description: 'whom' },
      url: { ...text, format: 'uri', default: 'x' },
      looked: { ...text, pattern: '^(?=a)' },
      amount: { type: 'number', minimum: 0, exclusiveMaximum: 9, multipleOf: 2, minLength: 1, default: 4 },
      list: { type: 'array', items: text, minItems: 1, uniqueItems: true, contains: text },
      odd: { ...text, not: { const: 'x' }, if: {}, then: {}, examples: ['x'], 'x-own': 1, title: 'T', $comment: 'c' },
    };
    const strict = strictJsonSchema({ $schema: 's', $id: 'i', dependentRequired: {}, ...object(properties) });
    expect(strict).toEqual(
      closed({
        email: { ...text, format: 'email', pattern: '^a', description: 'whom (minLength: 3)' },
        url: { ...text, description: '(default: "x", format: "uri")' },
        looked: { ...text, description: '(pattern: "^(?=a)")' },
        amount: { type: 'number', minimum: 0, exclusiveMaximum: 9, multipleOf: 2, description: '(default: 4)' },
        list: { type: 'array', items: text, minItems: 1, description: '(uniqueItems: true)' },
        odd: { ...text, title: 'T' },
      }),
    );
  });

  it('finds out what a schema without a type speaks of', () => {
    const properties = {
      a: { enum: ['x', 1] },
      b: { const: true },
      c: { pattern: 'x' },
      d: { maximum: 1 },
      e: { items: text },
    };
    expect(strictJsonSchema({ properties, required: ['a', 'b', 'c', 'd', 'e'] })).toEqual(
      closed({
        a: { type: ['string', 'number'], enum: ['x', 1] },
        b: { type: 'boolean', const: true },
        c: { type: 'string', pattern: 'x' },
        d: { type: 'number', maximum: 1 },
        e: { type: 'array', items: text },
      }),
    );
  });

  it('leaves out what must not be there', () => {
    expect(strictJsonSchema(object({ a: text, b: false, c: { not: {} } }, ['a']))).toEqual(closed({ a: text }));
  });

  it.each<[string, JsonSchema, string]>([
    ['any value', {}, 'the schema itself takes any value'],
    ['any value of a property', object({ a: object({ b: true }) }), 'a.b takes any value'],
    ['any item', { type: 'array' }, 'items takes any value'],
    ['no value', object({ a: false }), 'a takes no value'],
    ['a table', object({ a: { type: 'object', additionalProperties: text } }), 'a is an object with any properties'],
    ['any object', { type: 'object' }, 'the schema itself is an object with any properties'],
    ['a catch-all only', { ...object({}), additionalProperties: {} }, 'the schema itself is an object with any prop'],
    [
      'a reference to nowhere',
      object({ a: { $ref: '#/$defs/x' } }),
      'a refers to "#/$defs/x", which is not in the schema',
    ],
    ['a reference to elsewhere', { $ref: 'https://example.com/x' }, 'refers to "https://example.com/x"'],
    ['a reference to what is inherited', { $ref: '#/constructor' }, 'refers to "#/constructor"'],
    ['a reference to itself', { $ref: '#' }, 'the schema itself refers to itself'],
    [
      'parts that exclude each other',
      { allOf: [text, { type: 'number' }] },
      'has parts (allOf) that no value fits together',
    ],
    ['a part that consists of itself', { allOf: [{ $ref: '#' }, text] }, 'consists of itself'],
    ['two unions at once', { anyOf: [text], oneOf: [text] }, 'several unions'],
    ['a union of nothing', { anyOf: [] }, 'is a union without alternatives'],
  ])('refuses %s, by its place', (_, schema, what) => {
    expect(() => strictJsonSchema(schema, 'Claim')).toThrow(`[NO_JSON_SCHEMA] Claim: `);
    expect(() => strictJsonSchema(schema, 'Claim')).toThrow(what);
  });

  it('refuses what is no schema', () => {
    for (const value of [undefined, null, 1, 'x', [], true])
      expect(() => strictJsonSchema(value as never)).toThrow(DefinitionError);
  });

  it('ends on what contains itself, unfolds without end, or is too deep', () => {
    const cyclic: Record<string, unknown> = { type: 'object', properties: {}, required: ['a'] };
    cyclic['properties'] = { a: cyclic };
    expect(() => strictJsonSchema(cyclic)).toThrow('a contains itself as an object');
    let deep: JsonSchema = text;
    for (let level = 0; level < 5_000; level++) deep = { type: 'array', items: deep };
    expect(() => strictJsonSchema(deep)).toThrow('is more than 200 levels deep');
    const parts: Record<string, unknown> = { p0: object({ a: text }) };
    for (let level = 1; level < 60; level++) {
      const before = { $ref: `#/$defs/p${level - 1}` };
      parts[`p${level}`] = { allOf: [before, before] };
    }
    expect(() => strictJsonSchema({ $ref: '#/$defs/p59', $defs: parts })).toThrow('unfolds without end');
  });

  it('converts what is shared once, however often it is used', () => {
    let shared: JsonSchema = object({ a: text });
    for (let level = 0; level < 60; level++) shared = object({ left: shared, right: shared });
    const strict = strictJsonSchema(shared) as { properties: { left: object; right: object } };
    expect(strict.properties.left).toBe(strict.properties.right);
  });

  it('takes __proto__ as the name of a property like any other', () => {
    const schema = JSON.parse(
      '{ "type": "object", "properties": { "__proto__": { "type": "string" } } }',
    ) as JsonSchema;
    const properties = strictJsonSchema(schema)['properties'] as object;
    expect(Object.keys(properties)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(properties)).toBe(Object.prototype);
    const restored = restoreAbsence(JSON.parse('{ "__proto__": null }'), schema);
    expect(Object.keys(restored as object)).toEqual([]);
    const kept = restoreAbsence(JSON.parse('{ "__proto__": "x" }'), schema);
    expect(JSON.stringify(kept)).toBe('{"__proto__":"x"}');
    expect(({} as Record<string, unknown>)['type']).toBeUndefined();
  });
});

/** A schema, a value that fits it, and what a model that is held to the strict form would write for the value. */
interface Sample {
  readonly schema: JsonSchema;
  readonly value: unknown;
  readonly answer: unknown;
  readonly takesNull: boolean;
}

const leaf = (schema: JsonSchema, value: unknown): Sample => ({
  schema,
  value,
  answer: value,
  takesNull: value === null,
});
const key = fc.oneof(fc.constantFrom('a', 'b', 'c', 'kind', '__proto__', 'constructor', 'null', ''), fc.string());

type Parts = readonly (readonly [name: string, part: Sample, presence: 'required' | 'given' | 'left out'])[];

function objectOf(parts: Parts, more: JsonSchema = {}): Sample {
  const entries = parts.map(([name, part, presence]) => {
    return [name, part, part.takesNull ? 'required' : presence] as const; // null could not mean both
  });
  const schema = {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, { schema: of }]) => [name, of])),
    required: entries.filter(([, , presence]) => presence === 'required').map(([name]) => name),
    ...more,
  };
  const value = Object.fromEntries(
    entries.filter(([, , presence]) => presence !== 'left out').map(([name, part]) => [name, part.value]),
  );
  const answer = Object.fromEntries(
    entries.map(([name, part, presence]) => [name, presence === 'left out' ? null : part.answer]),
  );
  return { schema, value, answer, takesNull: false };
}

const samples = fc.letrec<{ any: Sample; object: Sample }>((tie) => ({
  object: fc
    .uniqueArray(fc.tuple(key, tie('any'), fc.constantFrom('required', 'given', 'left out')), {
      selector: ([name]) => name,
      minLength: 1,
      maxLength: 4,
    })
    .map((parts) => objectOf(parts as Parts)),
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      leaf({ type: 'string' }, 'x'),
      leaf({ type: 'integer' }, 1),
      leaf({ enum: ['a', 'b'] }, 'b'),
      leaf({ const: 7 }, 7),
      leaf({ type: 'null' }, null),
    ),
    tie('object'),
    fc.tuple(tie('any'), fc.nat(3)).map(([item, count]) => ({
      schema: { type: 'array', items: item.schema },
      value: Array.from({ length: count }, () => item.value),
      answer: Array.from({ length: count }, () => item.answer),
      takesNull: false,
    })),
    fc.tuple(tie('any'), fc.boolean()).map(([of, isNull]) => ({
      schema: { anyOf: [of.schema, { type: 'null' }] },
      value: isNull ? null : of.value,
      answer: isNull ? null : of.answer,
      takesNull: true,
    })),
    fc.tuple(tie('object'), tie('object'), fc.boolean()).map(([left, right, isLeft]) => {
      const tagged = (of: Sample, tag: string): Sample =>
        objectOf([
          ['kind', leaf({ type: 'string', const: tag }, tag), 'required'],
          ['of', of, 'required'],
        ]);
      const [one, other] = [tagged(left, 'left'), tagged(right, 'right')];
      return { ...(isLeft ? one : other), schema: { oneOf: [one.schema, other.schema] } };
    }),
  ),
}));

/** Whether a strict schema admits a value: the strict form has few keywords. */
function admits(schema: JsonSchema, value: unknown): boolean {
  const { type, anyOf, properties, items } = schema as Record<string, never>;
  if (anyOf !== undefined) return (anyOf as JsonSchema[]).some((branch) => admits(branch, value));
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const types = [type].flat().map((one) => (one === 'integer' ? 'number' : one));
  if (!types.includes(kind as never)) return false;
  if ('enum' in schema && !(schema['enum'] as unknown[]).includes(value)) return false;
  if ('const' in schema && schema['const'] !== value) return false;
  if (Array.isArray(value)) return value.every((item) => admits(items, item));
  if (kind !== 'object') return true;
  const names = Object.keys(value as object);
  return (
    schema['additionalProperties'] === false &&
    JSON.stringify(Object.keys(properties)) === JSON.stringify(schema['required']) &&
    JSON.stringify([...names].sort()) === JSON.stringify(Object.keys(properties).sort()) &&
    names.every((name) => admits(properties[name]!, (value as Record<string, unknown>)[name]))
  );
}

describe('The strict form, for any schema', () => {
  it('admits what stands for any fitting value, and gives the value back', () => {
    fc.assert(
      fc.property(samples.any, ({ schema, value, answer }) => {
        expect(admits(strictJsonSchema(schema), answer)).toBe(true);
        expect(JSON.stringify(restoreAbsence(answer, schema))).toBe(JSON.stringify(value));
      }),
      { numRuns: 500 },
    );
  });

  it('is the strict form of itself, and changes neither schema nor answer', () => {
    fc.assert(
      fc.property(samples.any, ({ schema, answer }) => {
        const before = JSON.stringify([schema, answer]);
        const strict = strictJsonSchema(schema);
        expect(JSON.stringify(strictJsonSchema(strict))).toBe(JSON.stringify(strict));
        restoreAbsence(answer, schema);
        expect(JSON.stringify([schema, answer])).toBe(before);
        expect(Object.isFrozen(strict)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('takes any answer, fitting or not', () => {
    fc.assert(
      fc.property(samples.any, fc.jsonValue(), ({ schema }, answer) => {
        expect(() => restoreAbsence(answer, schema)).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });
});

describe('restoreAbsence', () => {
  const linked = {
    ...object({ next: { $ref: '#' }, name: text }, []),
  };

  it('follows references to any depth, further than the stack goes', () => {
    let answer: unknown = { next: null, name: null };
    for (let level = 0; level < 100_000; level++) answer = { next: answer, name: null };
    let restored = restoreAbsence(answer, linked) as { next?: object };
    let depth = 0;
    for (; restored.next !== undefined; restored = restored.next) depth++;
    expect([depth, Object.keys(restored)]).toEqual([100_000, []]);
  });

  it('tells alternatives with the same names apart by what is in them', () => {
    const schema = {
      anyOf: [object({ at: object({ x: text }), note: text }, ['at']), object({ at: { type: 'number' }, note: text })],
    };
    expect(restoreAbsence({ at: { x: 'a' }, note: null }, schema)).toEqual({ at: { x: 'a' } });
    expect(restoreAbsence({ at: 1, note: null }, schema)).toEqual({ at: 1, note: null });
  });

  it('leaves what does not fit for validation to judge', () => {
    for (const answer of [1, 'x', null, undefined, [null], { other: null }]) {
      expect(restoreAbsence(answer, linked)).toEqual(answer);
    }
    const date = new Date();
    expect(restoreAbsence({ name: date }, linked)).toEqual({ name: date });
  });

  it('ends on an answer that contains itself, and on one that throws when it is looked at', () => {
    const cyclic: Record<string, unknown> = { name: null };
    cyclic['next'] = cyclic;
    const restored = restoreAbsence(cyclic, linked) as { next: unknown };
    expect(restored.next).toBe(restored);
    expect(Object.keys(restored)).toEqual(['next']);
    const hostile = new Proxy({}, { ownKeys: () => JSON.parse('no') as never });
    expect(restoreAbsence(hostile, linked)).toBe(hostile);
  });
});
