// Job: keeps the parts of RESULTS.md apart, each written by a command of its own. Boundary: knows nothing of what is in them.
// A. Writing a part changes nothing in the others.
import { readFileSync, writeFileSync } from 'node:fs';

const PAGE = new URL('RESULTS.md', import.meta.url);

/** In the order of the page: by the command that writes it, `npm run <name>`. */
const PARTS = ['bench', 'bench:peers'];

const mark = (name) => `<!-- written by npm run ${name} -->`;

/** Replaces a part of a page, or adds it. What stands before all marks is of the first part. */
export function withPart(page, name, text) {
  const parts = partsOf(page).set(name, text.trim());
  return `${PARTS.filter((known) => parts.has(known))
    .map((known) => `${mark(known)}\n\n${parts.get(known)}`)
    .join('\n\n')}\n`;
}

/** What a page holds, by part. */
export function partsOf(page) {
  const starts = PARTS.map((name) => ({ name, mark: mark(name), at: page.indexOf(mark(name)) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at);
  const head = page.slice(0, starts[0]?.at).trim();
  const texts = starts.map(({ name, mark: { length }, at }, index) => [
    name,
    page.slice(at + length, starts[index + 1]?.at).trim(),
  ]);
  return new Map([...(head === '' ? [] : [[PARTS[0], head]]), ...texts]);
}

/** @param name one of the parts: `bench`, `bench:peers` */
export function writePart(name, text) {
  writeFileSync(PAGE, withPart(readFileSync(PAGE, 'utf8'), name, text));
}
