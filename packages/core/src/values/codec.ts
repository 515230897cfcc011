/**
 * Job: values as a journal keeps them. JSON, and what JSON lacks under a tag of its own: `undefined`, holes in lists, `NaN`,
 * the infinities, `-0`, BigInt, Date (an invalid one, too), Map, Set, bytes, Error, StepFailure, objects without a
 * prototype, and instances of declared classes. Anything else is refused, with its path.
 *
 * Boundary: text in, text out. Who keeps the text, and when, is the journal's business; so is the version of a record.
 *
 * A. What is written is read as the same value, or it is not written. Keys keep their order, properties that are
 *    `undefined` stay, `$` keys are data. Two exceptions: an object that stands in several places becomes several, and
 *    of an Error name, message, code and cause are kept, not its stack, its class, or what its class adds, unless it is
 *    one of Drawloom's own.
 * B. Reading runs nothing but `revive` of a type that the reader declared itself, and looks up nothing by a name in the
 *    text but that type, the six native errors and Drawloom's four. `__proto__` and `constructor` are keys like others.
 * C. Whatever the text is, reading ends in a value or in JOURNAL_VALUE_UNREADABLE; whatever the value is, writing ends in a
 *    text or in VALUE_NOT_STORABLE. No message has anything of the content but keys that look like names.
 * D. Time and memory are linear in the text. Depth and size have limits, and no value is cut to fit.
 * E. Equal values have equal digests. The order of keys does not count; that of entries in a Map or a Set does.
 *
 * The tags: an object with the one key `$`, or `$` and a word, is a tag. A key of data that begins with `$` is written
 * with one more: `{ "$date": 1 }` as `{ "$$date": 1 }`.
 */
import { DefinitionError } from '../errors/definition-error.js';
import { errorInfo } from '../errors/error-info.js';
import { factsOf } from '../errors/kept-error.js';
import { problems } from '../errors/problems.js';
import type { ActivationFacts } from '../errors/step-error.js';
import { WorkflowError } from '../errors/workflow-error.js';
import { canonicalText } from './canonical-text.js';
import { TreeReader } from './from-tree.js';
import { type StoredType, StoredTypes } from './stored-type.js';
import { type TreeSettings, TreeWriter } from './to-tree.js';

/** What a {@link ValueCodec} may be told. */
export interface ValueCodecOptions {
  /** Classes whose instances may be journaled, by the name that stands in the journal: keep it when the class is renamed. */
  readonly types?: Readonly<Record<string, StoredType>> | undefined;
  /**
   * How many objects and lists may stand within each other. Far beyond the default, the stack is the limit.
   *
   * @defaultValue 1000
   */
  readonly maxDepth?: number | undefined;
  /**
   * How long the text of a value may be, in UTF-16 units. It holds for reading as well: raise it, do not lower it.
   *
   * @defaultValue 16777216
   */
  readonly maxSize?: number | undefined;
}

/** Writes values for a journal and reads them back. It keeps nothing between calls. */
export class ValueCodec {
  readonly #settings: TreeSettings;

  /** @throws {@link DefinitionError} INVALID_OPTION when a limit is not a whole number of at least 1, or a type is none. */
  constructor(options: ValueCodecOptions = {}) {
    const { types = {}, maxDepth = 1000, maxSize = 16_777_216 } = options;
    checkOptions(types, { maxDepth, maxSize });
    const kinds = process.getBuiltinModule('node:util').types;
    this.#settings = { types: new StoredTypes(types), kinds, maxDepth, maxSize };
  }

  /**
   * The value as JSON, in one line.
   *
   * @param role - what the value is of the activation, for the message: `output`, `input`.
   * @throws {@link StepError} VALUE_NOT_STORABLE when anything in it is not of the set, or it is too deep or too large.
   */
  encode(value: unknown, facts: ActivationFacts, role = 'output'): string {
    return this.#write(value, facts, role, JSON.stringify);
  }

  /** Whatever was thrown, as an error without its cause: for where that, or what it is itself, cannot be kept. */
  encodeError(thrown: unknown): string {
    const facts = WorkflowError.is(thrown) ? { facts: factsOf(thrown) } : {};
    return JSON.stringify({ $error: { ...errorInfo(thrown), ...facts } });
  }

  /**
   * The value that {@link ValueCodec.encode} wrote. Every call makes a new one.
   *
   * @param where - whose value it is, for the message: `Workflow.node`.
   * @throws {@link AdapterError} JOURNAL_VALUE_UNREADABLE when the text is torn, hostile, or of types that are not declared.
   */
  decode(text: string, where: string): unknown {
    const reader = new TreeReader(this.#settings, where);
    if (typeof text !== 'string') throw reader.unreadable('it is no text');
    const { maxSize } = this.#settings;
    if (text.length > maxSize) throw reader.unreadable(`it is larger than maxSize (${maxSize} characters)`);
    let tree: unknown;
    try {
      tree = JSON.parse(text);
    } catch {
      throw reader.unreadable(`its text of ${text.length} characters is no JSON`); // The parser's message quotes it.
    }
    return reader.read(tree);
  }

  /**
   * The value of a text that has been parsed already, as a part of something larger. The tree is used up: parts of it may
   * become parts of the value.
   *
   * @throws {@link AdapterError} JOURNAL_VALUE_UNREADABLE as `decode` does.
   */
  read(tree: unknown, where: string): unknown {
    return new TreeReader(this.#settings, where).read(tree);
  }

  /**
   * SHA-256 over the canonical form (RFC 8785) of what {@link ValueCodec.encode} writes, in hexadecimal digits: what an
   * approval is bound to.
   *
   * @throws {@link StepError} VALUE_NOT_STORABLE as `encode` does.
   */
  digestOf(value: unknown, facts: ActivationFacts, role = 'output'): string {
    const text = this.#write(value, facts, role, canonicalText);
    return process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex');
  }

  #write(value: unknown, facts: ActivationFacts, role: string, toText: (tree: unknown) => string): string {
    const writer = new TreeWriter(this.#settings, facts, role);
    const tree = writer.write(value);
    let text: string;
    try {
      text = toText(tree);
    } catch (error) {
      throw writer.unwritable(error);
    }
    if (text.length > this.#settings.maxSize) throw writer.tooLarge();
    return text;
  }
}

function checkOptions(types: Readonly<Record<string, StoredType>>, limits: Readonly<Record<string, number>>): void {
  const wrong = Object.entries(limits)
    .filter(([, limit]) => !Number.isSafeInteger(limit) || limit < 1)
    .map(([name, limit]) => problems.invalidOption('ValueCodec', name, limit, 'a whole number of at least 1'));
  for (const [name, stored] of Object.entries(types)) {
    if (isStoredType(stored)) continue;
    wrong.push(problems.invalidOption('ValueCodec', `types.${name}`, stored, '{ type, revive, toPlain? }'));
  }
  DefinitionError.throwIfAny(wrong);
}

function isStoredType(stored: Partial<StoredType> | null | undefined): boolean {
  const { type, revive, toPlain } = stored ?? {};
  const canWrite = toPlain === undefined || typeof toPlain === 'function';
  return typeof type === 'function' && typeof revive === 'function' && canWrite;
}
