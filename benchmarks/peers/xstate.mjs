// XState: one state per step, which invokes a promise actor; the value is in the context. A fan-out is a parallel state, one region per
// branch, as its documentation has it.
import { assign, createActor, fromPromise, setup, toPromise } from 'xstate';

const actorOf = (step) => fromPromise(({ input }) => step(input));
const keep = assign({ value: ({ event }) => event.output });
const invoke = (src, onDone) => ({ invoke: { src, input: ({ context }) => context.value, onDone } });

const runnable = (actors, config) => {
  const machine = setup({ actors }).createMachine({
    context: ({ input }) => ({ value: input, values: [] }),
    output: ({ context }) => context.value,
    ...config,
  });
  return {
    run: (input) => {
      const actor = createActor(machine, { input });
      const output = toPromise(actor);
      actor.start();
      return output;
    },
  };
};

export const chain = (steps) => {
  const names = steps.map((_, index) => `s${index}`);
  const states = names.map((name, index) => [
    name,
    invoke(name, { target: names[index + 1] ?? 'done', actions: keep }),
  ]);
  const actors = Object.fromEntries(steps.map((step, index) => [names[index], actorOf(step)]));
  return runnable(actors, {
    initial: names[0],
    states: { ...Object.fromEntries(states), done: { type: 'final' } },
  });
};

export const loop = (step, route) =>
  runnable(
    { step: actorOf(step) },
    {
      initial: 'step',
      states: {
        step: invoke('step', [
          { guard: ({ event }) => route(event.output) === 'again', target: 'step', reenter: true, actions: keep },
          { target: 'done', actions: keep },
        ]),
        done: { type: 'final' },
      },
    },
  );

export const fanOut = (source, branches, joins) => {
  const names = branches.map((_, index) => `b${index}`);
  const region = (name, index) => ({
    initial: 'busy',
    states: {
      busy: invoke(name, {
        target: 'done',
        actions: assign({ values: ({ context, event }) => context.values.with(index, event.output) }),
      }),
      done: { type: 'final' },
    },
  });
  const actors = { source: actorOf(source), join: actorOf(joins.list) };
  branches.forEach((branch, index) => (actors[names[index]] = actorOf(branch)));
  return runnable(actors, {
    initial: 'source',
    context: ({ input }) => ({ value: input, values: Array.from({ length: branches.length }, () => 0) }),
    states: {
      source: invoke('source', { target: 'branches', actions: keep }),
      branches: {
        type: 'parallel',
        states: Object.fromEntries(names.map((name, index) => [name, region(name, index)])),
        onDone: 'join',
      },
      join: {
        invoke: {
          src: 'join',
          input: ({ context }) => context.values,
          onDone: { target: 'done', actions: keep },
        },
      },
      done: { type: 'final' },
    },
  });
};
