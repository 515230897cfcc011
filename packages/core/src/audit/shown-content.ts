import type { NewAuditEntry } from '../ports/audit-log.js';
import { canonicalText } from '../values/canonical-text.js';
import type { ValueCodec } from '../values/codec.js';
import type { AuditContent, AuditedValue } from './audit-policy.js';
import { hashOf } from './sealed-line.js';

/** Characters of JSON that an entry shows at most: a log is no place for documents. Their digest stays. */
const LARGEST_CONTENT = 65_536;

/** As much of a value as a policy shows: its digest, its JSON, and what is known where one of them is missing. */
export function shownContent(
  codec: ValueCodec,
  content: AuditContent = 'digest',
  value: unknown,
  about: AuditedValue,
): Pick<NewAuditEntry, 'digest' | 'content' | 'facts'> {
  if (content === 'none') return {};
  const facts = { workflow: about.workflow, node: about.node ?? '', visit: 1, attempt: 1 };
  let text: string;
  try {
    text = codec.encode(value, facts, about.role);
  } catch {
    return { facts: { notStorable: about.role } }; // a function, a connection: it has no form that could be kept
  }
  const tree = JSON.parse(text) as unknown;
  const digest = contentDigest(tree);
  if (content === 'digest') return { digest };
  if (content === 'full') return { digest, ...limited(tree, text) };
  try {
    const shown = content(value, about);
    if (shown === undefined) return { digest };
    const redacted = codec.encode(shown, facts, about.role);
    return { digest, ...limited(JSON.parse(redacted), redacted) };
  } catch {
    return { digest, facts: { notShown: about.role } }; // what could not be redacted is not shown
  }
}

/** SHA-256 of a value in the form that entries show it in: whether a digest is that of a content. */
export function contentDigest(tree: unknown): string {
  return hashOf(Buffer.from(canonicalText(tree)));
}

function limited(content: unknown, { length }: string): Pick<NewAuditEntry, 'content' | 'facts'> {
  return length > LARGEST_CONTENT ? { facts: { contentLength: length } } : { content };
}
