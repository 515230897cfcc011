// Drawloom with a consumer that reads every event of the run, and takes the output from the last one.
import { Workflow } from '@drawloom/core';

export const chain = (steps) => {
  const workflow = Workflow.chain(steps, { maxSteps: steps.length });
  return {
    async run(input) {
      let seen = 0;
      let last;
      for await (const event of workflow.stream(input)) {
        seen += 1;
        last = event;
      }
      if (seen < 2 * steps.length) throw new Error(`only ${seen} events for ${steps.length} steps`);
      return last.output;
    },
  };
};
