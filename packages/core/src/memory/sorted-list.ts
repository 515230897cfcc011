/** Where an item belongs in a sorted list: before the first that does not come before it. */
function placeOf<T>(list: readonly T[], item: T, compare: (a: T, b: T) => number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(list[middle]!, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts an item in its place. */
export function insertSorted<T>(list: T[], item: T, compare: (a: T, b: T) => number): void {
  const last = list.at(-1);
  if (last === undefined || compare(last, item) < 0) list.push(item);
  else list.splice(placeOf(list, item, compare), 0, item);
}

/** Takes an item out that is in the list. */
export function removeSorted<T>(list: T[], item: T, compare: (a: T, b: T) => number): void {
  list.splice(placeOf(list, item, compare), 1);
}
