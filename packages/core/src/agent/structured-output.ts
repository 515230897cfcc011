import { listViolations, type Violation } from '../errors/violation.js';
import type { OutputDefinition } from '../ports/language-model.js';
import type { Schema } from '../ports/schema.js';
import { restoreAbsence } from '../schema/restore-absence.js';

/** What an answer came to: the value, or everything that does not fit. */
export type ReadOutput =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly violations: readonly Violation[] };

/** What the text of an answer is, judged by the schema of the output. */
export async function readOutput(text: string, schema: Schema): Promise<ReadOutput> {
  let json: unknown;
  try {
    json = JSON.parse(withoutFences(text));
  } catch {
    const violations = [{ path: [], constraint: 'JSON', message: 'expected JSON', received: 'text' }];
    return { ok: false, violations }; // what JSON.parse throws quotes the text
  }
  return schema.validate(restoreAbsence(json, schema.jsonSchema('plain')));
}

/** Models put JSON between ```: before and after it they may say something. */
function withoutFences(text: string): string {
  const trimmed = text.trim();
  const fenced = /^[^{["]*?```[\w-]*[^\S\n]*\n([\s\S]*?)\n?[^\S\n]*```/.exec(trimmed);
  return fenced === null ? trimmed : fenced[1]!;
}

/** How a model that can be held to a schema is told of it. */
export function outputDefinition(schema: Schema): OutputDefinition {
  return { schema: schema.jsonSchema('strict') };
}

/** How any other model is told of it. */
export function outputDirective(schema: Schema): string {
  const json = JSON.stringify(schema.jsonSchema('strict'));
  return `Answer with JSON only, without any other text. It has to fit this JSON Schema:\n${json}`;
}

/** What a model is told of an answer that does not fit. */
export function correction(violations: readonly Violation[]): string {
  return `Your answer does not fit the JSON Schema: ${listViolations(violations)}. Answer again, with the whole corrected JSON and nothing else.`;
}
