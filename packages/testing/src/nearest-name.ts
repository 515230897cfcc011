/**
 * ` (did you mean "b"?)` where one of the names is near, else nothing. At most a third of the letters may differ, rounded
 * up. Core has the like for its own errors; but the matchers are loaded into every test file, and core is not for their sake.
 */
export function didYouMean(wrong: string, names: Iterable<string>): string {
  let nearest: string | undefined;
  let least = Math.ceil(wrong.length / 3) + 1;
  for (const name of names) {
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase());
    if (distance < least) [nearest, least] = [name, distance];
  }
  return nearest === undefined ? '' : ` (did you mean ${JSON.stringify(nearest)}?)`;
}

/** Levenshtein's: how many letters to add, remove or replace. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = row[column - 1]! + (to[column - 1] === letter ? 0 : 1);
      next.push(Math.min(replaced, row[column]! + 1, next[column - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
