import { runInNewContext } from 'node:vm';
import { AdapterError } from '../errors/adapter-error.js';
import { DefinitionError } from '../errors/definition-error.js';
import { problems } from '../errors/problems.js';
import { RunError } from '../errors/run-error.js';
import { StepError } from '../errors/step-error.js';
import type { WorkflowError } from '../errors/workflow-error.js';
import { ValueCodec } from './codec.js';
import { StepFailure } from './step-failure.js';

const FACTS = { workflow: 'Claims', node: 'assess', visit: 2, attempt: 1 };
const codec = new ValueCodec();
const text = (value: unknown): string => codec.encode(value, FACTS);
const back = (value: unknown): unknown => codec.decode(text(value), 'Claims.assess');
const fail = (error: unknown): never => {
  throw error;
};

function refused(value: unknown, by = codec): StepError {
  try {
    by.encode(value, FACTS);
  } catch (error) {
    expect(error).toBeInstanceOf(StepError);
    expect(error).toMatchObject({ code: 'VALUE_NOT_STORABLE', where: 'Claims.assess', visit: 2 });
    return error as StepError;
  }
  return fail('it was written');
}

function unreadable(json: string, by = codec): AdapterError {
  try {
    by.decode(json, 'Claims.assess');
  } catch (error) {
    expect(error).toBeInstanceOf(AdapterError);
    expect(error).toMatchObject({ code: 'JOURNAL_VALUE_UNREADABLE', where: 'Claims.assess', isTransient: false });
    return error as AdapterError;
  }
  return fail('it was read');
}

class Claim {
  constructor(
    readonly id: string,
    readonly amount: bigint,
  ) {}
}
const types = {
  Claim: {
    type: Claim,
    revive: (plain: unknown) => {
      const { id, amount } = plain as Claim;
      return new Claim(id, amount);
    },
  },
};

describe('What is written', () => {
  it.each<[string, unknown, string]>([
    ['JSON as it is', { b: [1, 'x', null, true], a: {} }, '{"b":[1,"x",null,true],"a":{}}'],
    ['undefined', undefined, '{"$":"undefined"}'],
    [
      'undefined in objects and lists',
      { a: undefined, b: [undefined] },
      '{"a":{"$":"undefined"},"b":[{"$":"undefined"}]}',
    ],
    ['odd numbers', [NaN, Infinity, -Infinity, -0, 0], '[{"$":"NaN"},{"$":"Infinity"},{"$":"-Infinity"},{"$":"-0"},0]'],
    ['BigInt', [255n, -1n, 0n], '[{"$bigint":"0xff"},{"$bigint":"-0x1"},{"$bigint":"0x0"}]'],
    ['a date', new Date(0), '{"$date":"1970-01-01T00:00:00.000Z"}'],
    [
      'a Map',
      new Map<unknown, unknown>([
        ['a', 1],
        [{}, new Map()],
      ]),
      '{"$map":[["a",1],[{},{"$map":[]}]]}',
    ],
    ['a Set', new Set([1, undefined]), '{"$set":[1,{"$":"undefined"}]}'],
    ['bytes', new Uint8Array([1, 2, 255]), '{"$bytes":"AQL/"}'],
    ['keys with a $ in front', { $date: 1, $: 2, $$: 3, a$: 4 }, '{"$$date":1,"$$":2,"$$$":3,"a$":4}'],
    ['lone surrogates', { '\ud800': '\udc00' }, '{"\\ud800":"\\udc00"}'],
  ])('%s', (_, value, json) => {
    expect(text(value)).toBe(json);
    expect(back(value)).toStrictEqual(value);
    expect(text(back(value))).toBe(json);
  });

  it('holes stay holes, wherever they are', () => {
    const list = [, 1, , undefined, ,]; // eslint-disable-line no-sparse-arrays
    expect(text(list)).toBe('[{"$":"hole"},1,{"$":"hole"},{"$":"undefined"},{"$":"hole"}]');
    const again = back(list) as unknown[];
    expect([again.length, Object.keys(again)]).toEqual([5, ['1', '3']]);
  });

  it('an invalid date stays one', () => {
    expect(text([new Date(NaN)])).toBe('[{"$date":null}]');
    expect((back(new Date(NaN)) as Date).getTime()).toBeNaN();
  });

  it('a Buffer is a Uint8Array, and a view is what it shows', () => {
    const again = back(Buffer.from('abc').subarray(1)) as Uint8Array;
    expect([Object.getPrototypeOf(again), [...again], again.buffer.byteLength]).toEqual([
      Uint8Array.prototype,
      [98, 99],
      2,
    ]);
  });

  it('an object without a prototype stays one, of whatever keys', () => {
    const table: object = Object.assign(Object.create(null) as object, { constructor: 1, $: 2, when: new Date(0) });
    const again = back({ table }) as { table: object };
    expect(Object.getPrototypeOf(again.table)).toBe(null);
    expect(Object.entries(again.table)).toEqual(Object.entries(table));
  });

  it('what comes from another realm is what it is there', () => {
    const value: unknown = runInNewContext(
      '({ m: new Map([[1, { a: new Date(0) }]]), l: [new Uint8Array(1)], e: new RangeError("x") })',
    );
    expect(text(value)).toBe(
      '{"m":{"$map":[[1,{"a":{"$date":"1970-01-01T00:00:00.000Z"}}]]},"l":[{"$bytes":"AA=="}],"e":{"$error":{"name":"RangeError","message":"x"}}}',
    );
  });

  it('of what stands in several places, each place has its own afterwards', () => {
    const shared = { a: 1 };
    const again = back([shared, shared]) as unknown[];
    expect(again).toEqual([shared, shared]);
    expect(again[0]).not.toBe(again[1]);
  });

  it('the value is not changed, nor is it frozen', () => {
    const value = { $a: 1, list: [undefined] };
    text(value);
    expect(value).toStrictEqual({ $a: 1, list: [undefined] });
    expect([value, value.list].some((part) => Object.isFrozen(part))).toBe(false);
  });
});

describe('Of an Error', () => {
  it('name, message, code and cause are kept; the stack is the first line', () => {
    const error = Object.assign(new TypeError('no', { cause: [1n] }), { code: 'E_NO', path: '/home/alice' });
    expect(text(error)).toBe(
      '{"$error":{"name":"TypeError","message":"no","code":"E_NO","cause":[{"$bigint":"0x1"}]}}',
    );
    const again = back(error) as typeof error;
    expect(again).toBeInstanceOf(TypeError);
    expect({ ...again }).toEqual({ code: 'E_NO' });
    expect([again.message, again.cause, again.stack]).toEqual(['no', [1n], 'TypeError: no']);
  });

  it('a class of somebody is known by its name alone', () => {
    class Refused extends Error {
      override name = 'Refused';
      readonly code = 'NO';
      readonly claim = 7;
    }
    const again = back(new Refused('no')) as Refused;
    expect([Object.getPrototypeOf(again), again.name, again.code]).toEqual([Error.prototype, 'Refused', 'NO']);
    expect(Object.keys(again)).toEqual(['code']);
  });

  it.each<[string, WorkflowError]>([
    ['a step failed', StepError.failed(FACTS, new RangeError('far'))],
    ['an input did not fit', StepError.invalidInput(FACTS, [{ path: ['a', 0], constraint: 'is', received: 'text' }])],
    [
      'a cap was reached',
      RunError.maxSteps({ workflow: 'w', node: 'n', cap: 2, cycle: [{ node: 'n', visits: 2 }], lastKeys: [] }),
    ],
    ['a budget was used up', RunError.budgetExceeded('w', { cap: 'usd', limit: 2, used: 2.5 })],
    ['a run was cancelled', RunError.cancelled('w', 'enough')],
    [
      'a model was busy',
      AdapterError.model('MODEL_RATE_LIMITED', { model: 'm', retryAfterMs: 5, status: 429, requestId: 'r' }),
    ],
    [
      'a definition is wrong',
      new DefinitionError([problems.invalidOption('w', 'a', 1, 'text'), problems.invalidOption('w', 'b', 2, 'text')]),
    ],
  ])("Drawloom's own are the same again: %s", (_, error) => {
    const again = back(error) as WorkflowError;
    expect(again.constructor).toBe(error.constructor);
    expect([again.name, again.message, again.code]).toEqual([error.name, error.message, error.code]);
    expect({ ...again }).toEqual({ ...error });
    expect(again.cause).toEqual(error.cause);
    expect(again.stack).toBe(`${error.name}: ${error.message}`);
    expect(text(again)).toBe(text(error));
  });

  it('what an error edge delivers is that again, wherever it stands', () => {
    const again = back({ found: [new StepFailure(new RangeError('far'), { id: 7 })] }) as { found: StepFailure[] };
    expect(again.found[0]).toBeInstanceOf(StepFailure);
    expect(again).toEqual({ found: [{ error: new RangeError('far'), input: { id: 7 } }] });
    for (const damage of ['7', '[]', '{}', '{"error":1}', '{"error":1,"input":2,"more":3}'])
      unreadable(`{"$failure":${damage}}`);
  });

  it("nothing else passes for one of Drawloom's own", () => {
    const own = JSON.parse(text(StepError.failed(FACTS, undefined))) as { $error: Record<string, unknown> };
    const { facts } = own.$error as { facts: Record<string, unknown> };
    for (const damage of [
      { name: 'constructor' },
      { name: 'Error' },
      { code: 'NOT_A_CODE' },
      { code: 7 },
      { facts: 'alice' },
      { facts: [] },
      { facts: {} },
      { facts: { ...facts, where: 1 } },
      { facts: { ...facts, visit: 'first' } },
      { facts: { ...facts, violations: 'all' } },
    ])
      unreadable(JSON.stringify({ $error: { ...own.$error, ...damage } }));
  });

  it('what a service said word for word is not kept', () => {
    const error = AdapterError.model('MODEL_UNAVAILABLE', { model: 'm', reply: 'alice owes 7' });
    expect(text(error)).not.toContain('alice');
  });

  it('a cause of undefined is one, and what AbortSignal gives can be kept', () => {
    expect('cause' in (back(new Error('x', { cause: undefined })) as Error)).toBe(true);
    expect('cause' in (back(new Error('x')) as Error)).toBe(false);
    expect((back(AbortSignal.abort().reason) as Error).name).toBe('AbortError');
  });

  it('a name or message that is no text is refused', () => {
    expect(refused(Object.assign(new Error('x'), { name: 3 })).message).toContain(
      'name: it is no text (received a number)',
    );
  });
});

describe('A declared class', () => {
  const declared = new ValueCodec({ types });

  it('comes back as itself, at every level', () => {
    const value = { claims: new Map([['a', new Claim('1', 5n)]]) };
    const json = declared.encode(value, FACTS);
    expect(json).toBe('{"claims":{"$map":[["a",{"$class":["Claim",{"id":"1","amount":{"$bigint":"0x5"}}]}]]}}');
    expect(declared.decode(json, 'w')).toStrictEqual(value);
  });

  it('may say what is kept of it', () => {
    class Secret {
      readonly #word: string;
      constructor(word: string) {
        this.#word = word;
      }
      get word(): string {
        return this.#word;
      }
    }
    const stored = {
      type: Secret,
      revive: (plain: unknown) => new Secret(plain as string),
      toPlain: (secret: Secret) => secret.word,
    };
    const own = new ValueCodec({ types: { Secret: stored } });
    expect((own.decode(own.encode(new Secret('x'), FACTS), 'w') as Secret).word).toBe('x');
  });

  it('is not its subclass, nor a class of the same name', () => {
    class Other extends Claim {}
    expect(refused(new Other('1', 1n), declared).message).toContain('as a whole: its class is not declared');
    const Namesake = { Claim: class Claim {} }.Claim;
    expect(refused({ a: [new Namesake()] }, declared).message).toContain(
      'a[0]: its class is not declared as a stored type (received an instance of Claim)',
    );
  });

  it('must be declared where it is read, and revive must give one', () => {
    const json = declared.encode(new Claim('1', 1n), FACTS);
    expect(unreadable(json).message).toContain('the stored type "Claim" is not declared');
    const revive = (): never => fail(new TypeError('alice is no claim'));
    const throwing = unreadable(json, new ValueCodec({ types: { Claim: { type: Claim, revive } } }));
    expect(throwing.message).not.toContain('alice');
    expect(throwing.cause).toMatchObject({ message: 'alice is no claim' });
    const wrong = new ValueCodec({ types: { Claim: { type: Claim, revive: () => Promise.resolve() } } });
    expect(unreadable(json, wrong).message).toContain('gave no instance of its class');
  });

  it('under two names is written under the first', () => {
    const renamed = new ValueCodec({ types: { ...types, Old: types.Claim } });
    expect(renamed.encode(new Claim('1', 1n), FACTS)).toContain('"Claim"');
    expect(renamed.decode('{"$class":["Old",{"id":"1","amount":1}]}', 'w')).toBeInstanceOf(Claim);
  });

  it('whose toPlain throws is refused, with what it threw as the cause', () => {
    const toPlain = (): never => fail('alice');
    const error = refused([new Claim('1', 1n)], new ValueCodec({ types: { Claim: { ...types.Claim, toPlain } } }));
    expect([error.cause, error.message.includes('alice')]).toEqual(['alice', false]);
  });
});

describe('What is no data', () => {
  const getter = Object.defineProperty({}, 'total', { enumerable: true, get: () => fail('looked at') });
  class List extends Array<number> {}
  it.each<[string, unknown, string]>([
    ['a function', { a: [{ send: () => 1 }] }, 'a[0].send: it has no form as data (received a function)'],
    ['a symbol', [Symbol('alice')], '[0]: it has no form as data (received a symbol)'],
    ['a symbol as key', { [Symbol('alice')]: 1 }, '[…]: its key is a symbol'],
    [
      'a promise',
      { later: Promise.resolve() },
      'later: its class is not declared as a stored type (received an instance of Promise)',
    ],
    [
      'a WeakMap',
      new WeakMap(),
      'as a whole: its class is not declared as a stored type (received an instance of WeakMap)',
    ],
    ['a RegExp', /alice/, '(received an instance of RegExp)'],
    ['a boxed text', Object('alice'), '(received an instance of String)'],
    ['another typed array', new Float64Array(1), '(received an instance of Float64Array)'],
    ['an accessor', { sum: getter }, 'sum.total: it is code, not data (received an accessor)'],
    ['an accessor in a list', Object.defineProperty([1], 0, { get: () => 1 }), '[0]: it is code, not data'],
    ['what is not enumerable', Object.defineProperty({}, 'hidden', { value: 1 }), 'hidden: it is not enumerable'],
    ['a property of a list', { found: /b/.exec('abc') }, 'found.index: it is a property of a list'],
    ['a property of a Map', Object.assign(new Map(), { extra: 1 }), 'as a whole: its class'],
    ['a list of a class', new List(), '(received an instance of List)'],
    ['a Map of a class', new (class Cache extends Map {})(), '(received an instance of Cache)'],
    ['a proxy', { draft: new Proxy({}, {}) }, 'draft: what it holds may change with each look (received a Proxy)'],
    [
      'a proxy that throws',
      [new Proxy([], { get: () => fail('alice'), getPrototypeOf: () => fail('alice') })],
      '[0]: what it holds may change',
    ],
    [
      'what throws when it is looked at',
      Object.create(new Proxy({}, { getPrototypeOf: () => fail('alice') })),
      'as a whole: it throws when it is looked at',
    ],
    ['the key of a Map', { m: new Map([[() => 1, 'alice']]) }, 'm[0].key: it has no form as data'],
    ['the value in a Map', new Map([['alice', [() => 1]]]), '[0].value[0]: it has no form as data'],
    ['the member of a Set', new Set([1, () => 1]), '[1]: it has no form as data'],
    [
      'the cause of an Error',
      new Error('alice', { cause: new Error('x', { cause: () => 1 }) }),
      'cause.cause: it has no form',
    ],
    ['what stands under a key that is data', { 'alice@example.org': () => 1 }, '[…]: it has no form as data'],
  ])('%s is refused by its path, and nothing of the content shows', (_, value, says) => {
    const error = refused(value);
    expect(error.message).toContain(`the output of visit 2, attempt 1 cannot be kept in a journal: `);
    expect(error.message).toContain(says);
    expect(error.message).not.toContain('alice');
  });

  it('has its path as it was in the violations, and the role in the message', () => {
    const value = { 'alice@example.org': [() => 1] };
    expect(refused(value).violations).toEqual([
      { path: ['alice@example.org', 0], constraint: 'it has no form as data', received: 'a function' },
    ]);
    expect(() => codec.encode(value, FACTS, 'input')).toThrow('the input of visit 2');
  });
});

describe('Limits', () => {
  function nested(depth: number): unknown {
    let value: unknown = 1;
    for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
    return value;
  }

  it('on depth hold exactly, in both directions, tags included', () => {
    const three = new ValueCodec({ maxDepth: 3 });
    for (const leaf of [1, undefined, 1n, 'x']) {
      for (const value of [
        [[[leaf]]],
        new Map([[{ a: [leaf] }, leaf]]),
        new Error('x', { cause: [new Set([leaf])] }),
      ]) {
        expect(three.decode(three.encode(value, FACTS), 'w')).toEqual(value);
        expect(refused([value], three).message).toContain('deeper than maxDepth (3)');
        expect(unreadable(codec.encode([value], FACTS), three).message).toContain('deeper than maxDepth (3)');
      }
    }
  });

  it('on depth are told at a depth of 100,000, whatever is allowed', () => {
    const open = new ValueCodec({ maxDepth: 1_000_000 });
    for (const by of [codec, open]) {
      expect(refused(nested(100_000), by).message).toContain('the value is deeper than');
      expect(unreadable('['.repeat(100_000) + ']'.repeat(100_000), by).message).toContain('deeper than');
      expect(unreadable('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000), by).message).toContain('deeper than');
      expect(unreadable('{"$set":['.repeat(100_000) + ']}'.repeat(100_000), by).message).toContain('deeper than');
    }
    expect(back(nested(1000))).toEqual(nested(1000));
  });

  it('on depth find what holds itself, and say where', () => {
    const cycle: Record<string, unknown> = { a: { list: [1] } };
    (cycle['a'] as { list: unknown[] }).list.push(new Map([['up', cycle]]));
    expect(refused({ root: cycle }).message).toContain('root.a.list[1][0].value: it holds itself (received a cycle)');
    const own: unknown[] = [];
    own.push('x'.repeat(1000), own);
    expect(refused(own, new ValueCodec({ maxSize: 5000 })).message).toContain('[1]: it holds itself');
  });

  it('on size hold exactly, in both directions', () => {
    const value = ['abc', { k: 1, l: 'x' }, 12, [], new Map([[1, 2]]), 1n, new Uint8Array(4), -0];
    const json = text(value);
    const [enough, short] = [json.length, json.length - 1].map((maxSize) => new ValueCodec({ maxSize }));
    expect(enough!.decode(enough!.encode(value, FACTS), 'w')).toEqual(value);
    expect(refused(value, short).message).toContain(`larger than maxSize (${json.length - 1} characters of JSON)`);
    expect(unreadable(json, short).message).toContain('larger than maxSize');
  });

  it('on size are told before the work is done', () => {
    const sparse: unknown[] = [];
    sparse[4_000_000_000] = 1;
    expect(refused(sparse).message).toContain('larger than maxSize');
    let bomb: unknown = ['x'];
    for (let level = 0; level < 60; level++) bomb = [bomb, bomb];
    expect(refused(bomb, new ValueCodec({ maxSize: 100_000 })).message).toContain('larger than maxSize');
  });

  it('and types that are none are refused together', () => {
    const options = { maxDepth: 0, maxSize: 1.5, types: { Claim: { type: Claim } as never, None: null as never } };
    expect(() => new ValueCodec(options)).toThrow(DefinitionError);
    expect(() => new ValueCodec(options)).toThrow(/^4 problems/);
  });
});

describe('What is read', () => {
  it('has __proto__ and constructor as keys like others, and no prototype changes', () => {
    const json = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"d":{"$":"undefined"}}';
    const value = codec.decode(json, 'w') as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor', 'd']);
    expect(text(value)).toBe(json);
    for (const tag of ['{"$bare":{"__proto__":1}}', '{"__proto__":{"$":"NaN"}}', '{"$$":1,"__proto__":2}']) {
      expect(text(codec.decode(tag, 'w'))).toBe(tag);
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([
    '',
    '{"a":[1,{"b',
    '{"a":1} ',
    '1e999',
    '{"$":"hole"}',
    '{"a":{"$":"hole"}}',
    '{"$":"constructor"}',
    '{"$":"undefined","a":1}',
    '{"a":1,"$date":"1970-01-01T00:00:00.000Z"}',
    '{"$unknown":1}',
    '{"$__proto__":1}',
    '{"$date":"1970-01-01"}',
    '{"$date":0}',
    '{"$bigint":"12"}',
    '{"$bigint":"-0x0"}',
    '{"$bigint":"0x0f"}',
    '{"$bigint":7}',
    '{"$bytes":"AQL"}',
    '{"$bytes":"A QL/"}',
    '{"$bytes":[1]}',
    '{"$map":{}}',
    '{"$map":[[1]]}',
    '{"$map":[[1,2],[1,3]]}',
    '{"$set":[1,1]}',
    '{"$set":"ab"}',
    '{"$bare":[]}',
    '{"$bare":{"$bare":{}}}',
    '{"$bare":{"$":"undefined"}}',
    '{"$error":{"name":"x"}}',
    '{"$error":{"name":"x","message":"y","stack":"z"}}',
    '{"$error":{"name":"x","message":"y","code":{}}}',
    '{"$error":null}',
    '{"$class":["constructor",{}]}',
    '{"$class":["__proto__",{}]}',
    '{"$class":["Object",{}]}',
    '{"$class":[{},{}]}',
    '{"$class":["x"]}',
  ])('is refused if it is torn or made up: %s', (json) => {
    if (json === '{"a":1} ') expect(codec.decode(json, 'w')).toEqual({ a: 1 });
    else
      expect(unreadable(json).message).toMatch(
        /^\[JOURNAL_VALUE_UNREADABLE\] Claims\.assess: a journaled value cannot be read \(/,
      );
  });

  it('is named by its path, and not quoted', () => {
    expect(unreadable('{"alice').message).toContain('(as a whole): its text of 7 characters is no JSON');
    expect(unreadable('{"when":[{"$date":"alice"}]}').message).toContain('(when[0]): a date is damaged');
    expect(unreadable('{"$class":["alice was here",{}]}').message).not.toContain('alice');
    expect(unreadable(7 as never).message).toContain('it is no text');
  });
});

describe('A digest', () => {
  const digest = (value: unknown): string => codec.digestOf(value, FACTS);

  it('is SHA-256 over the canonical form, which others can compute', () => {
    // printf '{"1":2,"b":{"$date":"1970-01-01T00:00:00.000Z"},"é":1e+30}' | sha256sum
    expect(digest({ é: 1e30, b: new Date(0), 1: 2 })).toBe(
      'be937151428bb63949c00a79cdf4b01f744a9ef3b01cd7ee0740d59108b5972a',
    );
  });

  it('does not tell orders of keys apart, but those of lists, Maps and Sets', () => {
    expect(digest({ a: 1, b: { c: 2, d: 3 } })).toBe(digest({ b: { d: 3, c: 2 }, a: 1 }));
    expect(digest([1, 2])).not.toBe(digest([2, 1]));
    expect(digest(new Set([1, 2]))).not.toBe(digest(new Set([2, 1])));
  });

  it('tells everything apart that reading would', () => {
    const bare: unknown = Object.create(null);
    const values = [
      0,
      -0,
      '0',
      0n,
      null,
      undefined,
      NaN,
      'NaN',
      [],
      {},
      bare,
      new Map(),
      new Set(),
      new Date(0),
      new Date(NaN),
      { a: undefined },
      [undefined],
      new Array(1),
      { $: 'undefined' },
    ];
    expect(new Set(values.map(digest)).size).toBe(values.length);
  });

  it('of what cannot be kept, or is too deep, is refused', () => {
    expect(() => digest(() => 1)).toThrow('VALUE_NOT_STORABLE');
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(() => new ValueCodec({ maxDepth: 1e6 }).digestOf(deep, FACTS)).toThrow('VALUE_NOT_STORABLE');
  });
});
