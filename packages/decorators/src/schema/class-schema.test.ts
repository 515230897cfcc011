import 'reflect-metadata';
import { restoreAbsence, type Schema, type Violation } from '@drawloom/core';
import { Expose, Transform, Type } from 'class-transformer';
import {
  Allow,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsDate,
  IsDefined,
  IsEmail,
  IsEnum,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Max,
  MaxLength,
  Min,
  MinLength,
  registerDecorator,
  ValidateNested,
} from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { describeSchema } from '../../../core/test/support/schema-contract.js';
import { loadClassPackages, loadSchemaWriter } from './class-packages.js';
import { isSchemaSource, schemaOf, type SchemaClass } from './input-schema.js';

class Item {
  @IsInt() @Min(1) @Max(100) readonly amount!: number;
  @IsOptional() @IsString() readonly label?: string;
  get double(): number {
    return this.amount * 2;
  }
}

class Claim {
  @IsString() @Length(3, 40) readonly customer!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => Item) readonly items!: Item[];
  @IsOptional() @IsEmail() readonly email?: string;
  readonly undecorated?: string;
  describe(): string {
    return `${this.customer}: ${this.items.length}`;
  }
}

const fitting = { customer: 'Alice', items: [{ amount: 3 }, { amount: 4, label: 'x' }] };

const of = <T>(type: SchemaClass<T>): Schema<T> => {
  const { schema, problem } = schemaOf(type, 'Claims.intake');
  if (problem !== undefined) throw new Error(problem.what);
  return schema as Schema<T>;
};
const violationsOf = (type: SchemaClass, value: unknown): readonly Violation[] => {
  const judged = of(type).validate(value);
  if (judged instanceof Promise || judged.ok) throw new Error('it passed, or waits');
  return judged.violations;
};
const valueOf = <T>(type: SchemaClass<T>, value: unknown): T => {
  const judged = of(type).validate(value);
  if (judged instanceof Promise || !judged.ok) throw new Error(JSON.stringify(judged));
  return judged.value;
};

describeSchema('a class-validator class', () => ({ schema: of(Claim), fitting }));

describe('A class as a schema', () => {
  it('makes an instance of a plain value, at every level, at once', () => {
    const claim = valueOf(Claim, fitting);
    expect(claim).toBeInstanceOf(Claim);
    expect(claim.describe()).toBe('Alice: 2');
    expect(claim.items.map((item) => [item instanceof Item, item.double])).toEqual([
      [true, 6],
      [true, 8],
    ]);
  });

  it('tells all violations with path, constraint, what it is set to, and the type that was there', () => {
    const items = [{ amount: 1 }, { amount: 'secret' }, { amount: 101, note: 'secret' }, 'secret', { label: 3 }];
    const wrong = { customer: 'Al', items, email: 'secret', iban: 'secret' };
    const list = violationsOf(Claim, wrong).map(({ path, constraint, message = '', received }) => {
      return `${path.join('.')} ${constraint} (${message}) ${received}`;
    });
    expect(list.sort()).toEqual([
      'customer isLength (set to 3, 40) text',
      'email isEmail () text',
      'iban unknown property () text',
      'items.1.amount isInt () text',
      'items.1.amount max (set to 100) text',
      'items.1.amount min (set to 1) text',
      'items.2.amount max (set to 100) a number',
      'items.2.note unknown property () text',
      'items.3 object or list () text',
      'items.4.amount isInt () undefined',
      'items.4.amount max (set to 100) undefined',
      'items.4.amount min (set to 1) undefined',
      'items.4.label isString () a number',
    ]);
  });

  it('lets instances pass as they are, at every level, and validates them', () => {
    class Secretive extends Item {
      readonly #hidden = 'x';
      override readonly amount = 5;
      get hidden(): string {
        return this.#hidden;
      }
    }
    const item = new Secretive();
    const claim = Object.assign(new Claim(), { customer: 'Alice', items: [item] });
    expect(valueOf(Claim, claim)).toBe(claim);
    const made = valueOf(Claim, { customer: 'Alice', items: [item, { amount: 1 }] });
    expect(made.items[0]).toBe(item);
    expect((made.items[0] as Secretive).hidden).toBe('x');
    expect(violationsOf(Claim, Object.assign(new Claim(), { customer: 1 }))).not.toEqual([]);
  });

  it('judges an object of another class by the class that is asked for', () => {
    class Anything {
      @Allow() amount: unknown = 'secret';
    }
    expect(violationsOf(Claim, { customer: 'Alice', items: [new Anything()] })).toMatchObject([
      { path: ['items', 0, 'amount'] },
      { path: ['items', 0, 'amount'] },
      { path: ['items', 0, 'amount'] },
    ]);
    const forged = Object.assign(new Item(), { constructor: Anything, amount: 'secret' });
    expect(violationsOf(Item, forged).map(({ constraint }) => constraint)).toContain('isInt');
  });

  it('has the rules of its parents, and those of a parent alone', () => {
    class Urgent extends Claim {
      @IsBoolean() readonly urgent!: boolean;
    }
    class Same extends Urgent {}
    for (const type of [Urgent, Same]) {
      expect(violationsOf(type, { ...fitting, customer: 1, urgent: 'x' }).map(({ path }) => path.join('.'))).toEqual(
        expect.arrayContaining(['customer', 'urgent']),
      );
      expect(valueOf(type, { ...fitting, urgent: true })).toBeInstanceOf(type);
      expect(of(type).jsonSchema()['required']).toEqual(
        expect.arrayContaining(['customer', 'items', 'urgent', 'email']),
      );
    }
  });

  it('refuses keys that would be dropped in silence, wherever they are', () => {
    const items = JSON.parse(
      '[{ "amount": 1, "__proto__": { "amount": 2 } }, { "amount": 1, "double": 3 }]',
    ) as unknown;
    const wrong = { customer: 'Alice', items, describe: 'x', constructor: 'x', toString: 'x' };
    const refused = violationsOf(Claim, wrong).filter(({ constraint }) => constraint === 'unknown property');
    expect(refused.map(({ path }) => path.join('.')).sort()).toEqual([
      'constructor',
      'describe',
      'items.0.__proto__',
      'items.1.double',
      'toString',
    ]);
  });

  it('leaves the given value alone, also where class-transformer would write to it', () => {
    class Shape {}
    class Circle extends Shape {
      @IsNumber() readonly radius!: number;
    }
    class Square extends Shape {
      @IsNumber() readonly side!: number;
    }
    class Drawing {
      @ValidateNested({ each: true })
      @Type(() => Shape, {
        discriminator: {
          property: 'kind',
          subTypes: [
            { name: 'circle', value: Circle },
            { name: 'square', value: Square },
          ],
        },
      })
      readonly shapes!: Shape[];
    }
    const given = Object.freeze({
      shapes: [Object.freeze({ kind: 'circle', radius: 1 }), Object.freeze({ kind: 'square', side: 2 })],
    });
    const { shapes } = valueOf(Drawing, given);
    expect(shapes.map((shape) => shape.constructor.name)).toEqual(['Circle', 'Square']);
    expect(given.shapes[0]).toEqual({ kind: 'circle', radius: 1 });
    expect(of(Drawing).jsonSchema()).toMatchObject({
      properties: {
        shapes: { items: { anyOf: [{ $ref: '#/$defs/Circle_circle' }, { $ref: '#/$defs/Square_square' }] } },
      },
      $defs: {
        Circle_circle: {
          properties: { kind: { const: 'circle' }, radius: { type: 'number' } },
          required: ['kind', 'radius'],
        },
        Square_square: { properties: { kind: { const: 'square' }, side: { type: 'number' } } },
      },
    });
  });

  it('follows what class-transformer is told: other names, conversions, dates', () => {
    class Sent {
      @Expose({ name: 'customer_name' }) @IsString() readonly customer!: string;
      @Transform(({ value }) => Number(value)) @IsInt() readonly amount!: number;
      @Type(() => Date) @IsDate() readonly at!: Date;
    }
    expect(valueOf(Sent, { customer_name: 'Alice', amount: '3', at: '2026-01-01' })).toEqual(
      Object.assign(new Sent(), { customer: 'Alice', amount: 3, at: new Date('2026-01-01') }),
    );
    expect(violationsOf(Sent, { customer_name: 1, amount: 'secret', at: 'secret' })).toEqual([
      { path: ['customer'], constraint: 'isString', received: 'a number' },
      { path: ['amount'], constraint: 'isInt', received: 'text' },
      { path: ['at'], constraint: 'isDate', received: 'text' },
    ]);
  });

  it('validates what is in sets and maps', () => {
    class Both {
      @ValidateNested({ each: true }) @Type(() => Item) readonly set!: Set<Item>;
      @ValidateNested({ each: true }) @Type(() => Item) readonly map!: Map<string, Item>;
    }
    const [good, bad] = [Object.assign(new Item(), { amount: 1 }), Object.assign(new Item(), { amount: 0 })];
    expect(valueOf(Both, { set: new Set([good]), map: new Map([['a', good]]) }).map.get('a')).toBe(good);
    expect(violationsOf(Both, { set: new Set([good, bad]), map: new Map([['a', bad]]) })).toEqual([
      { path: ['set', 1, 'amount'], constraint: 'min', message: 'set to 1', received: 'a number' },
      { path: ['map', 'a', 'amount'], constraint: 'min', message: 'set to 1', received: 'a number' },
    ]);
  });

  it('passes on what an author says in fixed words, and nothing that may quote the value', () => {
    class Worded {
      @MinLength(3, { message: 'at least three letters, please' }) fixed!: string;
      @MinLength(3, { message: '"$value" is too short' }) quoting!: string;
      @MinLength(3, { message: ({ value }) => `${String(value)} is too short` }) made!: string;
      @IsIn(['EUR', 'USD']) currency!: string;
      @IsInt({ each: true }) list!: number[];
    }
    const wrong = { fixed: 'xx', quoting: 'xx', made: 'xx', currency: 'xx', list: [1, 'xx'] };
    const list = violationsOf(Worded, wrong);
    expect(list.map(({ message }) => message)).toEqual([
      'at least three letters, please',
      'set to 3',
      'set to 3',
      'one of "EUR", "USD"',
      'in each item',
    ]);
    expect(JSON.stringify(list)).not.toContain('xx');
  });

  it('waits for validations that wait, whether they say so beforehand or not', async () => {
    const isKnown = (isAsync: boolean) => (target: object, propertyName: string) =>
      registerDecorator({
        name: 'isKnown',
        target: target.constructor,
        propertyName,
        async: isAsync,
        validator: { validate: async (value: unknown) => (value === 'crash' ? JSON.parse('no') : value === 'known') },
      });
    class Said {
      @isKnown(true) name!: string;
    }
    class Unsaid {
      @isKnown(false) name!: string;
    }
    for (const type of [Said, Unsaid]) {
      const schema = of(type);
      expect(await schema.validate({ name: 'known' })).toMatchObject({ ok: true });
      expect(await schema.validate({ name: 'secret' })).toEqual({
        ok: false,
        violations: [{ path: ['name'], constraint: 'isKnown', received: 'text' }],
      });
      expect(await schema.validate({ name: 'crash' })).toMatchObject({
        violations: [{ constraint: 'threw SyntaxError' }],
      });
    }
  });

  it('lets no validation go on unwatched when another one throws', async () => {
    const throwing = (isLate: boolean) => (target: object, propertyName: string) =>
      registerDecorator({
        name: 'throws',
        target: target.constructor,
        propertyName,
        validator: { validate: () => (isLate ? Promise.reject(new RangeError()) : JSON.parse('no')) as boolean },
      });
    class Both {
      @throwing(true) late!: string;
      @throwing(false) atOnce!: string;
    }
    const unwatched = jest.fn();
    process.on('unhandledRejection', unwatched);
    expect(violationsOf(Both, { late: 'x', atOnce: 'x' })).toMatchObject([{ constraint: 'threw SyntaxError' }]);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unwatched);
    expect(unwatched).not.toHaveBeenCalled();
  });

  it('tells what contains itself, and judges what is only used twice', () => {
    const item = { amount: 1 };
    expect(valueOf(Claim, { customer: 'Alice', items: [item, item] }).items).toHaveLength(2);
    const [one, other]: Record<string, unknown>[] = [{}, {}];
    one!['other'] = other;
    other!['one'] = one;
    expect(violationsOf(Claim, { customer: 'Alice', items: [one, other] })).toEqual([
      { path: ['items', 0, 'other', 'one'], constraint: 'contains itself', received: 'an object' },
    ]);
  });

  it('judges ten thousand items in a moment', () => {
    const items = Array.from({ length: 10_000 }, (_, index) => ({ amount: index % 2 === 0 ? 1 : 'x' }));
    const started = performance.now();
    expect(violationsOf(Claim, { customer: 'Alice', items })).toHaveLength(15_000);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('A class that cannot be a schema', () => {
  class Bare {
    name = 'x';
  }

  it('is refused where no field is decorated, because everything or nothing would pass', () => {
    expect(schemaOf(Bare, 'Claims.intake').problem).toEqual({
      code: 'INVALID_SCHEMA',
      where: 'Claims.intake',
      what: 'the class Bare has no class-validator decorator, so nothing would be checked',
      fix: expect.stringMatching(/^decorate its fields/) as unknown,
    });
    expect(schemaOf(class {}, 'w.a').problem?.what).toContain('(without a name)');
    expect(schemaOf(Date as never, 'w.a').problem?.what).toContain('the class Date has no');
  });

  it('is refused where a class of its fields is bare, which would refuse all values', () => {
    class Outer {
      @ValidateNested() @Type(() => Bare) inner!: Bare;
    }
    expect(schemaOf(Outer, 'w.a').problem?.what).toContain('the class Bare (of Outer.inner) has no');
  });

  it('is refused with what to install where a package is missing', () => {
    const missing = (name: string): unknown => {
      if (name !== 'class-transformer' && name !== 'class-validator-jsonschema') return jest.requireActual(name);
      throw Object.assign(new Error('not found'), { code: 'MODULE_NOT_FOUND' });
    };
    expect(loadClassPackages('w.a', missing)).toMatchObject({
      code: 'MISSING_PACKAGE',
      where: 'w.a',
      fix: expect.stringContaining('npm install class-validator class-transformer,') as unknown,
    });
    expect(loadSchemaWriter('w.a', missing)).toMatchObject({
      code: 'MISSING_PACKAGE',
      fix: expect.stringContaining('npm install class-validator-jsonschema,') as unknown,
    });
    const broken = (): never => {
      throw new TypeError('of its own');
    };
    expect(() => loadClassPackages('w.a', broken)).toThrow('of its own');
  });

  it('is no source of schemas at all where it is no class', () => {
    const hostile = new Proxy(class {}, { getOwnPropertyDescriptor: () => JSON.parse('no') as never });
    for (const value of [undefined, null, 1, 'x', {}, [], () => 1, function named() {}, { prototype: {} }, hostile]) {
      expect(isSchemaSource(value)).toBe(false);
      expect(schemaOf(value as never, 'w.a').problem).toMatchObject({ code: 'INVALID_SCHEMA', where: 'w.a' });
    }
    expect(isSchemaSource(Claim)).toBe(true);
  });
});

describe('The JSON Schema of a class', () => {
  it('is closed, with the classes of its fields as definitions, and only those', () => {
    const schema = of(Claim);
    expect(schema.jsonSchema('plain')).toEqual({
      type: 'object',
      properties: {
        customer: { type: 'string', minLength: 3, maxLength: 40 },
        items: { type: 'array', items: { $ref: '#/$defs/Item' } },
        email: { type: 'string', format: 'email' },
      },
      required: ['customer', 'items'],
      additionalProperties: false,
      $defs: {
        Item: {
          type: 'object',
          properties: { amount: { type: 'integer', minimum: 1, maximum: 100 }, label: { type: 'string' } },
          required: ['amount'],
          additionalProperties: false,
        },
      },
    });
    expect(schema.jsonSchema()).toMatchObject({
      properties: { email: { type: ['string', 'null'], format: 'email' } },
      required: ['customer', 'items', 'email'],
      $defs: { Item: { required: ['amount', 'label'] } },
    });
    expect(schema.jsonSchema()).toBe(schema.jsonSchema('strict'));
  });

  it('describes answers that validate, absent fields included', () => {
    const schema = of(Claim);
    const answer = { customer: 'Alice', items: [{ amount: 1, label: null }], email: null };
    const restored = restoreAbsence(answer, schema.jsonSchema('plain'));
    expect(restored).toEqual({ customer: 'Alice', items: [{ amount: 1 }] });
    expect(schema.validate(restored)).toMatchObject({ ok: true });
  });

  it('tells classes of the same name apart, and refers to itself', () => {
    class First {
      @IsString() one!: string;
    }
    class Second {
      @IsInt() two!: number;
    }
    for (const type of [First, Second]) Object.defineProperty(type, 'name', { value: 'Part' });
    class Tree {
      @ValidateNested() @Type(() => First) a!: First;
      @ValidateNested() @Type(() => Second) b!: Second;
      @IsOptional() @ValidateNested({ each: true }) @Type(() => Tree) children?: Tree[];
    }
    expect(of(Tree).jsonSchema()).toMatchObject({
      properties: {
        a: { $ref: '#/$defs/Part' },
        b: { $ref: '#/$defs/Part_2' },
        children: { anyOf: [{ type: 'array', items: { $ref: '#' } }, { type: 'null' }] },
      },
      $defs: { Part: { required: ['one'] }, Part_2: { required: ['two'] } },
    });
  });

  it('names the type that validation asks for, whatever the order of the decorators', () => {
    const Level = { low: 1, high: 2, 1: 'low', 2: 'high' }; // what TypeScript makes of an enum
    class Ordered {
      @IsNotEmpty() @Min(1) @IsInt() one!: number;
      @IsInt() @Min(1) @IsNotEmpty() other!: number;
      @IsEnum(Level) level!: number;
      @IsIn(['a', 'b']) choice!: string;
      @IsDefined() @IsString() @MaxLength(5) defined!: string;
      @ArrayMinSize(1) @ValidateNested() @Type(() => Item) list!: Item[];
      @IsString({ each: true }) texts!: string[];
    }
    expect(of(Ordered).jsonSchema()['properties']).toEqual({
      one: { type: 'integer', minimum: 1 },
      other: { type: 'integer', minimum: 1 },
      level: { type: 'number', enum: [1, 2] },
      choice: { type: 'string', enum: ['a', 'b'] },
      defined: { type: 'string', description: '(maxLength: 5)' },
      list: { type: 'array', items: { $ref: '#/$defs/Item' }, minItems: 1 },
      texts: { type: 'array', items: { type: 'string' } },
    });
  });

  it('tells a model what @JSONSchema says', () => {
    @JSONSchema({ description: 'what a customer asks for' })
    class Described {
      @JSONSchema({ description: 'in words' }) @IsString() text!: string;
      @JSONSchema({ description: 'the first one' }) @ValidateNested() @Type(() => Item) item!: Item;
    }
    expect(of(Described).jsonSchema()).toMatchObject({
      description: 'what a customer asks for',
      properties: {
        text: { type: 'string', description: 'in words' },
        item: { anyOf: [{ $ref: '#/$defs/Item' }], description: 'the first one' },
      },
    });
  });

  it('works for a class without a name', () => {
    class Nameless {
      @IsString() text!: string;
    }
    Object.defineProperty(Nameless, 'name', { value: '' });
    expect(of(Nameless).jsonSchema()).toMatchObject({ properties: { text: { type: 'string' } }, required: ['text'] });
  });

  it('is refused by the place that takes anything', () => {
    class Open {
      @IsObject() table!: object;
    }
    expect(() => of(Open).jsonSchema()).toThrow('[NO_JSON_SCHEMA] Open: table is an object with any properties');
  });
});
