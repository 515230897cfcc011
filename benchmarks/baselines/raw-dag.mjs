// raw-dag: a compiled graph, interpreted from flat arrays, and nothing else.
import { adapter, interpreter } from './flat-graph.mjs';

export const { chain, compile, loop, fanOut } = adapter(
  interpreter({
    begin: () => 0,
    call: (step, value) => step(value),
    end: () => {},
  }),
);
