import fc from 'fast-check';
import { isWrapped, Unwrapping, wrapSchema } from './wrapped-output.js';

const unwrapped = (pieces: readonly string[]): string => {
  const unwrapping = new Unwrapping();
  return pieces.map((piece) => unwrapping.push(piece)).join('') + unwrapping.end();
};

/** A text in pieces, cut where the numbers say. */
const cut = (text: string, places: readonly number[]): string[] => {
  const ends = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [...ends, text.length].map((end, index) => text.slice(index === 0 ? 0 : ends[index - 1], end));
};

describe('isWrapped', () => {
  it('is true of every root that the service does not take', () => {
    const roots = [{ type: 'array' }, { type: ['object', 'null'] }, { anyOf: [] }, { type: 'object', anyOf: [] }, {}];
    expect(roots.map((schema) => isWrapped({ schema }))).toEqual([true, true, true, true, true]);
    expect([isWrapped(undefined), isWrapped({ schema: { type: 'object' } })]).toEqual([false, false]);
  });
});

describe('wrapSchema', () => {
  it('puts the root into an object, and moves its definitions', () => {
    const schema = { type: 'array', items: { $ref: '#/$defs/A' }, $defs: { A: { type: 'string' } } };
    expect(wrapSchema(schema)).toEqual({
      type: 'object',
      properties: { value: { type: 'array', items: { $ref: '#/$defs/A' } } },
      required: ['value'],
      additionalProperties: false,
      $defs: { A: { type: 'string' } },
    });
  });

  it('lets what points at the root go on pointing at it', () => {
    const schema = {
      anyOf: [{ type: 'null' }, { type: 'array', items: { $ref: '#' } }],
      $defs: { Value: { $ref: '#' } },
    };
    const { properties, $defs } = wrapSchema(schema);
    expect(properties).toEqual({ value: { $ref: '#/$defs/Value_' } });
    expect($defs).toEqual({
      Value: { $ref: '#/$defs/Value_' },
      Value_: { anyOf: [{ type: 'null' }, { type: 'array', items: { $ref: '#/$defs/Value_' } }] },
    });
  });
});

describe('Unwrapping', () => {
  it('gives the text of the value, however the text is cut', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(fc.nat()), fc.constantFrom(0, 2), (value, places, indent) => {
        const text = JSON.stringify({ value }, undefined, indent);
        expect(JSON.parse(unwrapped(cut(text, places)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('passes on what is no such object as it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.nat()), (text, places) => {
        fc.pre(!/^\s*\{\s*"value"\s*:/.test(text));
        expect(unwrapped(cut(text, places))).toBe(text);
      }),
    );
    expect(unwrapped(['{"val', 'ues": 1}'])).toBe('{"values": 1}');
  });

  it('gives what there is of a text that was cut off', () => {
    expect(unwrapped(['{"value":', '[{"a":1},', '{"a":'])).toBe('[{"a":1},{"a":');
    expect(unwrapped(['{"value"', ':'])).toBe('');
  });

  it.each(['', '{"value":', '{"value":1'])('takes no time over a flood of spaces and braces after %j', (begin) => {
    const flood = Array<string>(100_000).fill(' }');
    const begun = performance.now();
    expect(unwrapped([begin, ...flood, 'x'])).toContain(' } } } }');
    expect(performance.now() - begun).toBeLessThan(2_000); // squared, it would take minutes
  });
});
