import type { MemoryUse } from '../context/observed-memory.js';
import { DRAWLOOM, GEN_AI, MEMORY_OPERATIONS } from '../telemetry/semantic-conventions.js';
import { contentOf, endingOf, inSpan } from './spans.js';
import type { StepContext } from './step-context.js';

/** Puts a span around what the code of a step, or of a tool, does with the memory of its run. */
export function withinMemorySpan<T>(context: StepContext, { operation: does, given }: MemoryUse, call: () => T): T {
  const { telemetry } = context;
  if (telemetry === undefined) return call();
  const [operation, name] = MEMORY_OPERATIONS[does];
  const attributes = {
    ...context.owner.spanAttributes,
    [DRAWLOOM.pattern]: context.pattern,
    [DRAWLOOM.stepName]: context.node,
    [DRAWLOOM.visit]: context.visit,
    [DRAWLOOM.attempt]: context.attempt,
    [DRAWLOOM.item]: context.item,
    [GEN_AI.operation]: operation,
    [DRAWLOOM.memory]: does,
  };
  const info = { operation, name, attributes, endAttributes: endingOf(context), content: contentOf(given) };
  return inSpan(telemetry, info, call);
}
