// The work that every peer does. It is made here, once, so that no peer gets an easier task:
// a step is `async (x) => x + 1`, each node has a closure of its own, and every result can be foretold.

export const makeStep = () => async (x) => x + 1;

export const makeSteps = (count) => Array.from({ length: count }, makeStep);

/** The router of the loop: it sends the value back until `limit` is reached. */
export const makeRoute = (limit) => (value) => (value < limit ? 'again' : 'done');

/** The joining step of the fan-out, for joins that hand over a list. */
export const sumOfList = async (values) => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
};

/** The joining step of the fan-out, for joins that hand over an object keyed by branch. */
export const sumOfRecord = async (values) => {
  let sum = 0;
  for (const name in values) sum += values[name];
  return sum;
};

/** Throws unless a run gave what the work must give: a fast wrong answer is worth nothing. */
export function check(actual, expected) {
  if (actual !== expected) throw new Error(`wrong result: ${String(actual)} instead of ${expected}`);
}
