// raw-als: raw-evt plus an AsyncLocalStorage that is entered for each step.
// On Node 20 and 22 the first `run` of any AsyncLocalStorage switches on hooks that slow every promise of the
// process; on Node 24 it does not. So no other peer may ever be measured in the same process.
import { AsyncLocalStorage } from 'node:async_hooks';
import { begin, end } from './events.mjs';
import { adapter, interpreter } from './flat-graph.mjs';

const storage = new AsyncLocalStorage();

export const { chain, compile, loop, fanOut } = adapter(
  interpreter({
    begin,
    call: (step, value, run) => storage.run(run, step, value),
    end,
  }),
);
