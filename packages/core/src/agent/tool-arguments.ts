import type { Violation } from '../errors/violation.js';
import type { JsonSchema } from '../ports/schema.js';
import { restoreAbsence } from '../schema/restore-absence.js';
import { deepFreeze, isPlain } from '../values/freeze.js';
import type { Tool } from './tool.js';

/** What a model wrote as arguments: as JSON (frozen) and as the tool gets it, or everything that does not fit. */
export type ReadArguments =
  | { readonly ok: true; readonly json: unknown; readonly input: unknown }
  | { readonly ok: false; readonly violations: readonly Violation[] };

/** Reads the text that a model wrote as arguments. */
export async function readArguments(tool: Tool, text: string): Promise<ReadArguments> {
  let json: unknown;
  try {
    json = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    return { ok: false, violations: [{ path: [], constraint: 'JSON', message: 'expected JSON', received: 'text' }] };
  }
  return judgeArguments(tool, json);
}

/** The same of arguments that somebody gave as JSON values. */
export async function judgeArguments(tool: Tool, given: unknown): Promise<ReadArguments> {
  const { input, definition } = tool;
  if (input === undefined) return judgeNone(given);
  const converted = convertTexts(given, definition.parameters, definition.parameters);
  const json = restoreAbsence(converted, input.jsonSchema('plain'));
  deepFreeze(json);
  // A copy: what is shown for approval and recorded is not what the tool may change.
  const judged = await input.validate(JSON.parse(JSON.stringify(json) ?? 'null'));
  return judged.ok ? { ok: true, json, input: judged.value } : judged;
}

function judgeNone(given: unknown): ReadArguments {
  const isEmpty = isPlain(given) && !Array.isArray(given) && Object.keys(given).length === 0;
  if (isEmpty || given === null) return { ok: true, json: Object.freeze({}), input: {} };
  return { ok: false, violations: [{ path: [], constraint: 'no arguments', received: 'something' }] };
}

/**
 * Text where the schema wants a number, a whole number, or true or false, and the text is just that: models do it. Any
 * other text stays, so that validation says what is wrong with it.
 */
function convertTexts(value: unknown, schema: unknown, root: JsonSchema, depth = 0): unknown {
  if (typeof value !== 'string' && !isPlain(value)) return value;
  if (depth > 64) return value;
  const nodes = alternatives(schema, root);
  if (typeof value === 'string') return convertText(value, nodes);
  if (Array.isArray(value)) {
    const items = nodes.find((node) => node['items'] !== undefined)?.['items'];
    return value.map((item) => convertTexts(item, items, root, depth + 1));
  }
  const properties = nodes.map((node) => node['properties']).filter(isPlain);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const holder = properties.find((candidate) => Object.hasOwn(candidate, key)) as JsonSchema | undefined;
      return [key, convertTexts(member, holder?.[key], root, depth + 1)];
    }),
  );
}

function convertText(text: string, nodes: readonly JsonSchema[]): unknown {
  const types = nodes.flatMap((node) => node['type']);
  if (types.includes('string') || nodes.some((node) => 'enum' in node || 'const' in node)) return text;
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  const isNumber = types.includes('number')
    ? /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/
    : types.includes('integer')
      ? /^-?\d+$/
      : undefined;
  const number = isNumber?.test(text) === true ? Number(text) : NaN;
  const isExact = Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
  return isExact ? number : text;
}

/** The schemas that a place may have: behind references, and of unions all of them. */
function alternatives(schema: unknown, root: JsonSchema, passed = new Set<unknown>()): readonly JsonSchema[] {
  if (!isPlain(schema) || Array.isArray(schema) || passed.has(schema)) return [];
  passed.add(schema);
  const node = schema as JsonSchema;
  const { $ref, anyOf } = node;
  if (typeof $ref === 'string') return alternatives(targetOf($ref, root), root, passed);
  if (Array.isArray(anyOf)) return anyOf.flatMap((one) => alternatives(one, root, passed));
  return [node];
}

function targetOf(reference: string, root: JsonSchema): unknown {
  if (reference === '#') return root;
  const definitions = root['$defs'];
  const name = reference.slice('#/$defs/'.length);
  return isPlain(definitions) && Object.hasOwn(definitions, name) ? (definitions as JsonSchema)[name] : undefined;
}
