import { type ActivationFacts, StepError } from '../errors/step-error.js';
import { describePath } from '../errors/violation.js';
import type { ValueCodec } from '../values/codec.js';
import { ownData } from '../values/own-data.js';

/** What an approval step returns: what is shown to those who decide. */
export interface ApprovalRequest {
  /** In one line. At most 500 characters. */
  readonly title: string;
  /** At most 100,000 characters. */
  readonly body?: string | undefined;
  /** What a form or a program needs beside it: plain data, at most 1,000,000 characters as JSON. */
  readonly data?: unknown;
}

/** A request as it is kept. */
export interface KeptRequest {
  readonly title: string;
  readonly body: string | null;
  /** As the codec wrote it; null where there is none. */
  readonly data: string | null;
}

const MAX_TITLE = 500;
const MAX_BODY = 100_000;
const MAX_DATA = 1_000_000;
const KEYS = ['title', 'body', 'data'];

/**
 * @throws {@link StepError} INVALID_APPROVAL_REQUEST when it is none, or too large; VALUE_NOT_STORABLE when `data` cannot
 * be kept.
 */
export function keptRequest(request: unknown, facts: ActivationFacts, codec: ValueCodec): KeptRequest {
  const refuse = (what: string): StepError => StepError.invalidApprovalRequest(facts, what);
  const said = ownData(request);
  if (said === undefined) throw refuse('it is no plain object');
  const other = [...said.keys()].find((key) => !KEYS.includes(key));
  if (other !== undefined) throw refuse(`it has a property ${describePath([other])} as well`);
  const { title, body, data } = Object.fromEntries(said);
  if (typeof title !== 'string' || title.trim() === '') throw refuse('title is no text of at least one character');
  if (title.length > MAX_TITLE) throw refuse(`title is longer than ${MAX_TITLE} characters`);
  if (body !== undefined && typeof body !== 'string') throw refuse('body is no text');
  if (body !== undefined && body.length > MAX_BODY) throw refuse(`body is longer than ${MAX_BODY} characters`);
  const text = data === undefined ? null : codec.encode(data, facts, 'request');
  if (text !== null && text.length > MAX_DATA) throw refuse(`data is longer than ${MAX_DATA} characters as JSON`);
  return { title, body: body ?? null, data: text };
}
