// Genkit: a flow is a function whose steps are named with ai.run, each in an OpenTelemetry span, which cannot be turned off. Code-first:
// it has no graph. No exporter and no developer interface is attached.
import { genkit } from 'genkit';

const ai = genkit({});
let flows = 0;

/** A name of its own for each flow: they are registered. */
const runnable = (body) => {
  const flow = ai.defineFlow(`flow-${(flows += 1)}`, body);
  return { run: (input) => flow(input) };
};

export const chain = (steps) => {
  const named = steps.map((step, index) => [`step-${index}`, step]);
  return runnable(async (input) => {
    let value = input;
    for (const [name, step] of named) value = await ai.run(name, value, step);
    return value;
  });
};

export const loop = (step, route) =>
  runnable(async (input) => {
    let value = input;
    do value = await ai.run('step', value, step);
    while (route(value) === 'again');
    return value;
  });

export const fanOut = (source, branches, joins) => {
  const named = branches.map((branch, index) => [`branch-${index}`, branch]);
  return runnable(async (input) => {
    const value = await ai.run('source', input, source);
    const values = await Promise.all(named.map(([name, branch]) => ai.run(name, value, branch)));
    return ai.run('join', values, joins.list);
  });
};
