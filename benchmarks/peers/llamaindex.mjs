// LlamaIndex workflows: an event per step, a handler per event; the fan-out sends its events and collects theirs from the stream, as its
// documentation does.
import { createWorkflow, workflowEvent } from '@llamaindex/workflow-core';
import { runWorkflow } from '@llamaindex/workflow-core/stream/run';

const runnable = (workflow, start, stop) => ({
  run: async (input) => (await runWorkflow(workflow, start.with(input), stop)).data,
});

export const chain = (steps) => {
  const workflow = createWorkflow();
  const events = Array.from({ length: steps.length + 1 }, () => workflowEvent());
  steps.forEach((step, index) => {
    workflow.handle([events[index]], async (_context, { data }) => events[index + 1].with(await step(data)));
  });
  return runnable(workflow, events[0], events.at(-1));
};

export const loop = (step, route) => {
  const workflow = createWorkflow();
  const [again, done] = [workflowEvent(), workflowEvent()];
  const events = { again, done };
  workflow.handle([again], async (_context, { data }) => {
    const value = await step(data);
    return events[route(value)].with(value);
  });
  return runnable(workflow, again, done);
};

export const fanOut = (source, branches, joins) => {
  const workflow = createWorkflow();
  const [start, branchDone, stop] = [workflowEvent(), workflowEvent(), workflowEvent()];
  const events = branches.map(() => workflowEvent());
  workflow.handle([start], async ({ sendEvent, stream }, { data }) => {
    const value = await source(data);
    for (const event of events) sendEvent(event.with(value));
    const values = await stream.filter(branchDone).take(branches.length).toArray();
    return stop.with(await joins.list(values.map((event) => event.data)));
  });
  branches.forEach((branch, index) => {
    workflow.handle([events[index]], async (_context, { data }) => branchDone.with(await branch(data)));
  });
  return runnable(workflow, start, stop);
};
