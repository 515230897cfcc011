import type { JsonSchema, OutputDefinition } from '@drawloom/core';

/** Where the value stands in the object that is put around it. */
const KEY = 'value';
const LONGEST_BEGINNING = 1_000;
const OPENING = /^\s*\{\s*"value"\s*:\s*/;

/** Whether the root of an output is something else than an object, which the service does not take. */
export function isWrapped(output: OutputDefinition | undefined): boolean {
  if (output === undefined) return false;
  const { schema } = output;
  return schema['type'] !== 'object' || 'anyOf' in schema || '$ref' in schema;
}

/** The schema of an object with the value of this schema in it. Its definitions move to the new root. */
export function wrapSchema(schema: JsonSchema): JsonSchema {
  const { $defs, ...value } = schema;
  const definitions: Record<string, unknown> = { ...($defs as Record<string, unknown> | undefined) };
  let name = 'Value';
  while (name in definitions) name += '_';
  const isRecursive = JSON.stringify(schema).includes('"$ref":"#"');
  const moved = (part: unknown): unknown => (isRecursive ? pointedAt(part, `#/$defs/${name}`) : part);
  if (isRecursive) definitions[name] = value;
  const all = Object.entries(definitions).map(([key, definition]) => [key, moved(definition)]);
  return {
    type: 'object',
    properties: { [KEY]: isRecursive ? { $ref: `#/$defs/${name}` } : value },
    required: [KEY],
    additionalProperties: false,
    ...(all.length > 0 ? { $defs: Object.fromEntries(all) as unknown } : {}),
  };
}

/** A copy in which what points at the root points elsewhere. */
function pointedAt(part: unknown, target: string): unknown {
  if (Array.isArray(part)) return part.map((one: unknown) => pointedAt(one, target));
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [
      key,
      key === '$ref' && value === '#' ? target : pointedAt(value, target),
    ]),
  );
}

/**
 * Takes the value out of the object again while the text arrives, however it is cut. What may be the object's end is held
 * back until more comes. A text that does not begin like the object is passed on as it is.
 */
export class Unwrapping {
  #head: string | undefined = '';
  #isObject = false;
  #held = '';

  /** What can be passed on of the text so far. */
  push(text: string): string {
    if (this.#head === undefined) return this.#isObject ? this.#withoutEnd(text) : text;
    this.#head += text;
    const opening = OPENING.exec(this.#head);
    if (opening === null && mayBegin(this.#head)) return '';
    const rest = this.#head.slice(opening?.[0].length ?? 0);
    // Spaces after the colon may go on in the next piece.
    if (opening !== null && rest === '' && this.#head.length < LONGEST_BEGINNING) return '';
    this.#head = undefined;
    this.#isObject = opening !== null;
    return this.#isObject ? this.#withoutEnd(rest) : rest;
  }

  /** What is left at the end: without the brace that closes the object. */
  end(): string {
    if (this.#head !== undefined) return OPENING.test(this.#head) ? '' : this.#head;
    return this.#held.replace(/\s*\}\s*$/, '');
  }

  /** Looks at each character once: models that lose their way write spaces by the thousand. */
  #withoutEnd(text: string): string {
    let end = text.length;
    while (end > 0 && /[\s}]/.test(text[end - 1]!)) end--;
    if (end === 0) {
      this.#held += text;
      return '';
    }
    const passed = this.#held + text.slice(0, end);
    this.#held = text.slice(end);
    return passed;
  }
}

/** Whether a text may still become the beginning of the object. */
function mayBegin(text: string): boolean {
  return text.length < LONGEST_BEGINNING && '{"value":'.startsWith(text.replaceAll(/\s/g, ''));
}
