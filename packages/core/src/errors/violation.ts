/** One way in which a value does not fit its schema. It holds nothing of the value: that may be a person's data. */
export interface Violation {
  /** Where in the value, from its root: keys, and places in lists from 0. Empty for the value as a whole. */
  readonly path: readonly (string | number)[];
  /** The rule that is broken, in the words of the schema's library (`isInt`, `too_small`), or `unknown property`. */
  readonly constraint: string;
  /** What the schema says of the rule. Made from the schema alone, never from the value. */
  readonly message?: string | undefined;
  /** The type of what was found there: `text`, `a list of 3`, `undefined`. */
  readonly received: string;
}

const SHOWN_VIOLATIONS = 12;
const SHOWN_KEYS = 12;

/** `items[2].amount: isInt (received text); ...`, cut after twelve, in one line, whatever the schema's library says. */
export function listViolations(violations: readonly Violation[]): string {
  const shown = violations.slice(0, SHOWN_VIOLATIONS).map(({ path, constraint, message, received }) => {
    const says = message === undefined ? '' : `, ${inOneLine(message)}`;
    return `${describePath(path)}: ${inOneLine(constraint)}${says} (received ${inOneLine(received)})`;
  });
  const hidden = violations.length - shown.length;
  return [...shown, ...(hidden > 0 ? [`and ${hidden} more`] : [])].join('; ');
}

/** `items[2].amount`; `as a whole` for the root. Keys that may be data are shown as `[…]`. */
export function describePath(path: Violation['path']): string {
  if (path.length === 0) return 'as a whole';
  const shown = path.slice(0, SHOWN_KEYS).map((key, index) => {
    if (typeof key === 'number') return `[${key}]`;
    if (!isDeclared(key)) return '[…]';
    return index === 0 ? key : `.${key}`;
  });
  return shown.join('') + (path.length > SHOWN_KEYS ? '…' : '');
}

/** Keys that somebody declared look like this; others may be data, such as the addresses of a table by address. */
function isDeclared(key: string): boolean {
  return new RegExp(String.raw`^[\p{L}_$][\p{L}\p{N}_$-]{0,39}$`, 'u').test(key);
}

function inOneLine(text: string): string {
  const line = text.slice(0, 200).replaceAll(new RegExp(String.raw`[\s\p{C}]+`, 'gu'), ' ');
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}
