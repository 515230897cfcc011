import type { SchemaNode } from './schema-document.js';

const FORMATS = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'];

/** Keywords that a model cannot be held to, but can be told of: they go into the description. */
const TOLD = ['uniqueItems', 'default'];
const TOLD_OF_TEXT = ['minLength', 'maxLength', 'contentEncoding', 'contentMediaType'];

/** What OpenAI's pattern engine does not know. */
const LOOKS_AROUND = /\(\?(?:[=!]|<[=!])|\\[1-9]|\\k</;

const LONGEST_NOTE = 100;

type Strict = Record<string, unknown>;

/** What a model can be held to in a text. */
export function rulesOfText({ format, pattern }: SchemaNode): Strict {
  return {
    ...(isKnownFormat(format) ? { format } : {}),
    ...(isKnownPattern(pattern) ? { pattern } : {}),
  };
}

function isKnownFormat(format: unknown): boolean {
  return FORMATS.includes(format as string);
}

function isKnownPattern(pattern: unknown): boolean {
  return typeof pattern === 'string' && !LOOKS_AROUND.test(pattern);
}

/** Beside a reference nothing else may stand: with a description it becomes a union of one. */
export function annotated(strict: Strict, node: SchemaNode, types: readonly string[]): Strict {
  const description = [node['description'], notesOf(node, types)].filter((text) => typeof text === 'string').join(' ');
  const notes = {
    ...(typeof node['title'] === 'string' ? { title: node['title'] } : {}),
    ...(description === '' ? {} : { description }),
  };
  if (Object.keys(notes).length === 0) return strict;
  return '$ref' in strict ? { anyOf: [strict], ...notes } : { ...strict, ...notes };
}

/** What the strict form cannot say, as words for the model: `(minLength: 3, default: "EUR")`. */
function notesOf(node: SchemaNode, types: readonly string[]): string | undefined {
  const { format, pattern } = node;
  const keywords = types.includes('string') ? [...TOLD_OF_TEXT, ...TOLD] : TOLD;
  const told: [string, unknown][] = keywords.map((keyword) => [keyword, node[keyword]]);
  if (!isKnownFormat(format)) told.push(['format', format]);
  if (!isKnownPattern(pattern)) told.push(['pattern', pattern]);
  const notes = told.flatMap(([keyword, value]) => {
    const isShort = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string';
    const text = isShort ? `${keyword}: ${JSON.stringify(value)}` : '';
    return text === '' || text.length > LONGEST_NOTE ? [] : [text];
  });
  return notes.length === 0 ? undefined : `(${notes.join(', ')})`;
}
