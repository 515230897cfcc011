/**
 * Texts without NUL: node:sqlite of Node 22 reads a text up to its first one, so that two ids would become the same. The
 * stored form is the same with every driver, as one may read what another wrote.
 */

const NUL = '\0';
const ESCAPE = '\u0001';

/** The stored form of a text: itself, but for two characters that hardly any has. Different texts have different forms. */
export function withoutNul(text: string): string {
  if (!text.includes(NUL) && !text.includes(ESCAPE)) return text;
  return text.replaceAll(ESCAPE, `${ESCAPE}a`).replaceAll(NUL, `${ESCAPE}z`);
}

/** The text of a stored form. */
export function withNul(stored: string): string {
  if (!stored.includes(ESCAPE)) return stored;
  return stored.replaceAll(`${ESCAPE}z`, NUL).replaceAll(`${ESCAPE}a`, ESCAPE);
}

/** A row as it was meant; the row itself is changed. */
export function rowWithNul<T>(row: T): T {
  const columns = row as Record<string, unknown>;
  for (const name in columns) {
    const value = columns[name];
    if (typeof value === 'string') columns[name] = withNul(value);
  }
  return row;
}
