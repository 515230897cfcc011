// Drawloom through its public API, with the options that an adapter wants besides the caps that the work would exceed.
import { END, START, Workflow } from '@drawloom/core';

const outputOf = (result) => result.output;

const runnable = (workflow) => ({ run: (input) => workflow.run(input).then(outputOf) });

/** The adapter of one configuration. */
export function adapterWith(chosen) {
  const chain = (steps) => runnable(Workflow.chain(steps, { ...chosen, maxSteps: steps.length }));

  /** Through the builder, with everything that `validate()` checks. */
  function compile(steps) {
    const workflow = new Workflow('compiled', { ...chosen, maxSteps: steps.length });
    steps.forEach((step, index) => workflow.addNode(`n${index}`, step));
    for (let index = 1; index < steps.length; index += 1) workflow.addEdge(`n${index - 1}`, `n${index}`);
    workflow.setStart('n0').validate();
    return runnable(workflow);
  }

  const loop = (step, route, limit, options) =>
    runnable(
      new Workflow('loop', { ...chosen, maxSteps: limit, maxVisitsPerNode: limit, ...options })
        .addNode('step', step)
        .addRouter('step', route, { again: 'step', done: END })
        .setStart('step'),
    );

  /** Fan-out with the builder's default join, which hands over a list. */
  const fanOut = (source, branches, joins) => fanOutInto(source, branches, joins.list, undefined);

  /** Fan-out with `join: 'all'`, which hands over an object keyed by branch. */
  const fanOutAll = (source, branches, joins) => fanOutInto(source, branches, joins.record, { join: 'all' });

  function fanOutInto(source, branches, joinStep, joinOptions) {
    const workflow = new Workflow('fan-out', {
      ...chosen,
      maxSteps: branches.length + 2,
      maxConcurrency: branches.length,
    });
    workflow.addNode('source', source).addEdge(START, 'source').addNode('join', joinStep, joinOptions);
    branches.forEach((branch, index) => {
      workflow.addNode(`b${index}`, branch).addEdge('source', `b${index}`).addEdge(`b${index}`, 'join');
    });
    return runnable(workflow);
  }

  /** The options of the endless loop: a result that keeps the last entries only. */
  const boundedHistory = { history: 100 };
  return { chain, compile, loop, fanOut, fanOutAll, boundedHistory };
}
