import { isNode, put, type SchemaDocument, type SchemaNode } from './schema-document.js';

/**
 * One schema for what `allOf` says in parts: properties are put together, types and choices that both name are kept.
 * Of other keywords the first one stands: what is lost only narrows, and validation still holds it. `undefined` where
 * no value could fit all parts.
 */
export function mergeSchemas(
  parts: readonly unknown[],
  document: SchemaDocument,
  path: readonly string[],
): SchemaNode | undefined {
  const merged: Record<string, unknown> = {};
  for (const part of parts.flatMap((one) => flatten(one, document, path, []))) {
    for (const [key, value] of Object.entries(part)) {
      document.spend(path);
      if (!Object.hasOwn(merged, key)) put(merged, key, value);
      else if (key === 'anyOf' || key === 'oneOf') refuseUnions(document, path);
      else if (key === 'type' || key === 'enum') {
        const common = key === 'type' ? commonTypes(merged[key], value) : commonItems(merged[key], value);
        if (common.length === 0) return undefined;
        merged[key] = common;
      } else if (key === 'required') merged[key] = [...new Set([...listOf(merged[key]), ...listOf(value)])];
      else if (key === 'properties' && isNode(merged[key]) && isNode(value)) {
        merged[key] = mergeProperties(merged[key], value);
      } else if (key === 'items' && isNode(merged[key]) && isNode(value)) merged[key] = both(merged[key], value);
    }
  }
  if (Object.hasOwn(merged, 'anyOf') && Object.hasOwn(merged, 'oneOf')) refuseUnions(document, path);
  return merged;
}

/** A part with everything that it consists of itself: what it refers to, and the parts of its own `allOf`. */
function flatten(
  part: unknown,
  document: SchemaDocument,
  path: readonly string[],
  above: readonly unknown[],
): SchemaNode[] {
  document.spend(path);
  if (part === true) return [];
  if (!isNode(part)) return document.refuse(path, 'has a part that no value fits', 'remove that part');
  if (above.includes(part)) {
    return document.refuse(path, 'consists of itself', 'put the reference into a property or a list');
  }
  const { $ref, allOf, ...own } = part;
  const parts = [
    ...(typeof $ref === 'string' ? [document.resolve($ref, path)] : []),
    ...(Array.isArray(allOf) ? (allOf as unknown[]) : []),
  ];
  return [own, ...parts.flatMap((one) => flatten(one, document, path, [...above, part]))];
}

function mergeProperties(one: SchemaNode, other: SchemaNode): SchemaNode {
  const merged: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(one)) put(merged, name, schema);
  for (const [name, schema] of Object.entries(other)) {
    put(merged, name, Object.hasOwn(merged, name) ? both(merged[name], schema) : schema);
  }
  return merged;
}

function both(one: unknown, other: unknown): unknown {
  return one === other ? one : { allOf: [one, other] };
}

function commonTypes(one: unknown, other: unknown): unknown[] {
  const [left, right] = [listOf(one), listOf(other)];
  const common = left.filter((type) => right.includes(type));
  const isInteger = (some: unknown[], more: unknown[]): boolean => some.includes('integer') && more.includes('number');
  const whole = isInteger(left, right) || isInteger(right, left);
  return whole && !common.includes('integer') && !common.includes('number') ? [...common, 'integer'] : common;
}

function commonItems(one: unknown, other: unknown): unknown[] {
  const right = listOf(other);
  return listOf(one).filter((item) => right.includes(item));
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

function refuseUnions(document: SchemaDocument, path: readonly string[]): never {
  return document.refuse(path, 'has several unions that must all hold', 'write them as one union (anyOf)');
}
