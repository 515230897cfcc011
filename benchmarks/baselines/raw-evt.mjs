// raw-evt: raw-dag plus one event object and two clock readings per step.
import { begin, end } from './events.mjs';
import { adapter, interpreter } from './flat-graph.mjs';

export const { chain, compile, loop, fanOut } = adapter(
  interpreter({
    begin,
    call: (step, value) => step(value),
    end,
  }),
);
