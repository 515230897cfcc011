import type { Schema, Validated } from '../ports/schema.js';
import { receivedAt } from '../schema/received.js';
import { isPlain } from '../values/freeze.js';

/** An object of one text, by the name of its argument. */
export type TextInput = Readonly<Record<string, string>>;

/** `{ input }`, or one text by another name: what an agent or a workflow takes as a tool where nothing else is said. */
export function textInput(argument: string): Schema<TextInput> {
  const text = Object.freeze({ type: 'string', description: 'What it is asked, in full.' });
  const jsonSchema = Object.freeze({
    type: 'object',
    properties: Object.freeze({ [argument]: text }),
    required: Object.freeze([argument]),
    additionalProperties: false,
  });
  return Object.freeze({
    jsonSchema: () => jsonSchema,
    validate: (given: unknown): Validated<TextInput> => {
      const value = isPlain(given) && Object.hasOwn(given, argument) ? (given as TextInput)[argument] : undefined;
      if (typeof value === 'string') return { ok: true, value: { [argument]: value } };
      const violation = { path: [argument], constraint: 'text', received: receivedAt(given, [argument]) };
      return { ok: false, violations: [violation] };
    },
  });
}
