// Effect, as its documentation composes programs: generators of effects, one fibre per run. A code-first runtime: it has no graph,
// so control flow is JavaScript's. An async function becomes an effect with Effect.promise.
import { Effect } from 'effect';

const effectOf = (step, value) => Effect.promise(() => step(value));

const runnable = (program) => ({ run: (input) => Effect.runPromise(program(input)) });

export const chain = (steps) =>
  runnable((input) =>
    Effect.gen(function* () {
      let value = input;
      for (const step of steps) value = yield* effectOf(step, value);
      return value;
    }),
  );

export const loop = (step, route) =>
  runnable((input) =>
    Effect.gen(function* () {
      let value = input;
      do value = yield* effectOf(step, value);
      while (route(value) === 'again');
      return value;
    }),
  );

export const fanOut = (source, branches, joins) =>
  runnable((input) =>
    Effect.gen(function* () {
      const value = yield* effectOf(source, input);
      const values = yield* Effect.forEach(branches, (branch) => effectOf(branch, value), {
        concurrency: 'unbounded',
      });
      return yield* effectOf(joins.list, values);
    }),
  );
