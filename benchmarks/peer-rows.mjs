// What `npm run bench:peers` measures: rows of work, and who takes part. Boundary: measures nothing.

/** Libraries, by the package whose version is told. `noGraph`: control flow is JavaScript's, there is nothing to interpret. */
export const libraries = {
  drawloom: { title: 'Drawloom', package: '@drawloom/core' },
  'drawloom-default': { title: 'Drawloom, all options at their defaults', package: '@drawloom/core' },
  effect: { title: 'Effect (no graph)', package: 'effect', noGraph: true },
  genkit: { title: 'Genkit (no graph; traces each step)', package: 'genkit', noGraph: true },
  xstate: { title: 'XState', package: 'xstate' },
  mastra: { title: 'Mastra', package: '@mastra/core', node: '22.13.0' },
  llamaindex: { title: 'LlamaIndex workflows', package: '@llamaindex/workflow-core' },
  langgraph: { title: 'LangGraph', package: '@langchain/langgraph' },
};

const inProcess = Object.keys(libraries).map((library) => ({ library, peer: library }));

/** Fan-outs of 1,000 that would take minutes: these take fewer branches, which flatters them, since their time grows with the square. */
const FEWER = { xstate: 100, llamaindex: 100 };

const chainOf = (n) => ({ title: `chain of ${n.toLocaleString('en')}`, job: { workload: 'chain', n } });

export const peerRows = [
  { id: 'chain10', ...chainOf(10), baseline: 'raw', entries: inProcess },
  { id: 'chain1000', ...chainOf(1_000), baseline: 'raw', entries: inProcess },
  {
    id: 'loop1000',
    title: 'loop of 1,000',
    job: { workload: 'loop', n: 1_000 },
    baseline: 'raw',
    entries: inProcess,
  },
  {
    id: 'fanOut1000',
    title: 'fan-out of 1,000',
    job: { workload: 'fanOut', n: 1_000 },
    baseline: 'raw',
    entries: inProcess.map((entry) => ({ ...entry, n: FEWER[entry.library] })),
  },
  durable('normal', 'durable, process crash', [{ library: 'mastra', peer: 'mastra-durable' }]),
  durable('full', 'durable, power loss', []),
];

/** Chains of 20 durable steps, one run after the other; wall time, since the disk is what is waited for. */
function durable(durability, title, more) {
  return {
    id: `durable-${durability}`,
    title,
    job: { workload: 'durableChain', n: 20, durability },
    baseline: 'sqlite-bare',
    isWallTime: true,
    entries: [
      { library: 'drawloom', peer: 'durable-run' },
      { library: 'langgraph', peer: 'langgraph-durable' },
      ...more,
    ],
  };
}
