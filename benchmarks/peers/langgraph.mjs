// LangGraph: a state graph of nodes over annotated channels, compiled without a checkpointer, which is its fastest; `recursionLimit` is
// raised to what the work needs. Tracing is off, as it is where no key is set.
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';

const Value = Annotation.Root({ value: Annotation() });
const Values = Annotation.Root({
  value: Annotation(),
  values: Annotation({ reducer: (all, more) => all.concat(more), default: () => [] }),
});

const nodeOf = (step) => async (state) => ({ value: await step(state.value) });

/** Also with a checkpointer: langgraph-durable.mjs. */
export function chainGraph(steps) {
  const graph = new StateGraph(Value);
  steps.forEach((step, index) => graph.addNode(`n${index}`, nodeOf(step)));
  graph.addEdge(START, 'n0').addEdge(`n${steps.length - 1}`, END);
  for (let index = 1; index < steps.length; index += 1) graph.addEdge(`n${index - 1}`, `n${index}`);
  return graph;
}

const runnable = (graph, supersteps) => {
  const compiled = graph.compile();
  return { run: async (input) => (await compiled.invoke({ value: input }, { recursionLimit: supersteps + 2 })).value };
};

export const chain = (steps) => runnable(chainGraph(steps), steps.length);

export const loop = (step, route, limit) =>
  runnable(
    new StateGraph(Value)
      .addNode('step', nodeOf(step))
      .addEdge(START, 'step')
      .addConditionalEdges('step', ({ value }) => route(value), { again: 'step', done: END }),
    limit,
  );

export const fanOut = (source, branches, joins) => {
  const names = branches.map((_, index) => `b${index}`);
  const graph = new StateGraph(Values)
    .addNode('source', nodeOf(source))
    .addNode('join', async ({ values }) => ({ value: await joins.list(values) }))
    .addEdge(START, 'source')
    .addEdge('join', END);
  branches.forEach((branch, index) => {
    graph.addNode(names[index], async ({ value }) => ({ values: [await branch(value)] }));
    graph.addEdge('source', names[index]);
  });
  return runnable(graph.addEdge(names, 'join'), 3);
};
