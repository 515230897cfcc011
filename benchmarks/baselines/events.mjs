// What raw-evt and raw-als add to raw-dag: two clock readings and one event object of fixed shape per step.

export const begin = () => performance.now();

export function end(run, plan, node, started) {
  const events = (run.events ??= []);
  events.push({ type: 'step', sequence: events.length, node: plan.names[node], started, ended: performance.now() });
}
