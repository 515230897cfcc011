// Mastra: steps with zod schemas in a workflow. The fastest documented setting: schemas are not checked and no snapshot is kept.
import { createStep, createWorkflow } from '@mastra/core/workflows';
import { z } from 'zod';

const number = z.number();
const LEAN = { validateInputs: false, shouldPersistSnapshot: () => false };

export const stepOf = (id, step, inputSchema = number) =>
  createStep({ id, inputSchema, outputSchema: number, execute: ({ inputData }) => step(inputData) });

const workflowOf = (options) => createWorkflow({ id: 'work', inputSchema: number, outputSchema: number, options });

/** Also with a store: mastra-durable.mjs. */
export const chainWorkflow = (steps, options) =>
  steps.reduce((workflow, step, index) => workflow.then(stepOf(`s${index}`, step)), workflowOf(options)).commit();

export const runnable = (workflow) => ({
  run: async (input) => {
    const run = await workflow.createRun();
    const result = await run.start({ inputData: input });
    if (result.status !== 'success') throw result.error ?? new Error(`the run ended as ${result.status}`);
    return result.result;
  },
});

export const chain = (steps) => runnable(chainWorkflow(steps, LEAN));

export const loop = (step, route) =>
  runnable(
    workflowOf(LEAN)
      .dountil(stepOf('step', step), async ({ inputData }) => route(inputData) === 'done')
      .commit(),
  );

export const fanOut = (source, branches, joins) =>
  runnable(
    workflowOf(LEAN)
      .then(stepOf('source', source))
      .parallel(branches.map((branch, index) => stepOf(`b${index}`, branch)))
      .then(stepOf('join', joins.record, z.record(z.string(), number)))
      .commit(),
  );
