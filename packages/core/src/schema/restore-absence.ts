import type { JsonSchema } from '../ports/schema.js';
import { isPlain } from '../values/freeze.js';
import { isNode, put, type SchemaNode } from './schema-document.js';
import { StrictConversion } from './strict-conversion.js';

/** How deep the alternatives of a union are compared with a value. */
const LOOK_AHEAD = 3;

/**
 * Takes back, in what a model answered, what the strict form made it write: null for an optional property that it left
 * out becomes the absence of that property. Null stays where the schema itself has a use for it. The answer is copied,
 * not changed; a value that does not fit is given back as far as it can be read, for validation to judge.
 *
 * @param schema The plain form, from which the strict one was made.
 * @throws {@link DefinitionError} NO_JSON_SCHEMA as `strictJsonSchema` does.
 */
export function restoreAbsence(answer: unknown, schema: JsonSchema): unknown {
  const conversion = new StrictConversion(schema, 'schema');
  try {
    return restored(answer, conversion);
  } catch {
    return answer; // A value that throws when it is looked at is no answer of a model.
  }
}

/** Works off a list rather than calling itself: an answer may be deeper than the stack. */
function restored(answer: unknown, conversion: StrictConversion): unknown {
  const root: { value?: unknown } = {};
  const copies = new Map<unknown, unknown>();
  const open: { value: unknown; schema: unknown; holder: object; key: string }[] = [];
  open.push({ value: answer, schema: conversion.result, holder: root, key: 'value' });
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, holder, key } = next;
    const schema = schemaFor(value, next.schema, conversion.result);
    if (!isPlain(value) || schema === undefined || copies.has(value)) {
      put(holder, key, copies.get(value) ?? value);
      continue;
    }
    const copy: object = Array.isArray(value) ? [] : {};
    copies.set(value, copy);
    put(holder, key, copy);
    const { properties, items } = schema;
    for (const [name, member] of Object.entries(value)) {
      if (member === null && conversion.isAbsence(properties, name)) continue;
      put(copy, name, member);
      open.push({
        value: member,
        schema: Array.isArray(value) ? items : memberOf(properties, name),
        holder: copy,
        key: name,
      });
    }
  }
  return root.value;
}

/** The schema that speaks of this value: behind references, and of a union the alternative that it fits. */
function schemaFor(value: unknown, schema: unknown, root: JsonSchema): SchemaNode | undefined {
  const passed = new Set<unknown>();
  let found = schema;
  while (isNode(found) && !passed.has(found)) {
    passed.add(found);
    const { $ref, anyOf } = found;
    if (typeof $ref === 'string') found = targetOf($ref, root);
    else if (Array.isArray(anyOf)) found = anyOf.find((branch) => fits(value, branch, root, LOOK_AHEAD));
    else return found;
  }
  return undefined;
}

/** Whether a value has the shape of a strict schema, down to a few levels. Strict objects name all their properties. */
function fits(value: unknown, schema: unknown, root: JsonSchema, depth: number): boolean {
  if (!isNode(schema)) return false;
  if (depth === 0) return true;
  const { $ref, anyOf, properties } = schema;
  if (typeof $ref === 'string') return fits(value, targetOf($ref, root), root, depth - 1);
  if (Array.isArray(anyOf)) return anyOf.some((branch) => fits(value, branch, root, depth - 1));
  if (!types(schema).includes(typeOf(value))) return false;
  if ('const' in schema && schema['const'] !== value) return false;
  if (Array.isArray(schema['enum']) && !(schema['enum'] as unknown[]).includes(value)) return false;
  if (!isPlain(value) || Array.isArray(value) || !isNode(properties)) return true;
  const names = Object.keys(value);
  return (
    names.length === Object.keys(properties).length &&
    names.every((name) => fits((value as SchemaNode)[name], memberOf(properties, name), root, depth - 1))
  );
}

function types({ type }: SchemaNode): unknown[] {
  const all = Array.isArray(type) ? (type as unknown[]) : [type];
  return all.includes('integer') ? [...all, 'number'] : all;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function targetOf(reference: string, root: JsonSchema): unknown {
  return reference === '#' ? root : memberOf(root['$defs'], reference.slice('#/$defs/'.length));
}

function memberOf(holder: unknown, name: string): unknown {
  return isNode(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined;
}
