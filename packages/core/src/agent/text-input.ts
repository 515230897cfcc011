import type { Schema, Validated } from '../ports/schema.js';
import { receivedAt } from '../schema/received.js';
import { isPlain } from '../values/freeze.js';

const JSON_SCHEMA = Object.freeze({
  type: 'object',
  properties: Object.freeze({ input: Object.freeze({ type: 'string', description: 'What it is asked, in full.' }) }),
  required: Object.freeze(['input']),
  additionalProperties: false,
});

/** `{ input }`, one text: what an agent takes as a tool where nothing else is said. */
export const textInput: Schema<{ readonly input: string }> = Object.freeze({
  jsonSchema: () => JSON_SCHEMA,
  validate: (value: unknown): Validated<{ readonly input: string }> => {
    if (isPlain(value) && 'input' in value && typeof value.input === 'string')
      return { ok: true, value: { input: value.input } };
    const violation = { path: ['input'], constraint: 'text', received: receivedAt(value, ['input']) };
    return { ok: false, violations: [violation] };
  },
});
