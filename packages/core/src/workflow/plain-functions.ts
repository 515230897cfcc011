import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { errorInfo } from '../execution/events.js';
import { journaledCall } from '../execution/journaled-call.js';
import { contentOf, endingOf, inSpan } from '../execution/spans.js';
import { isThenable, UNDECORATED, type StepFunction } from '../execution/step.js';
import { currentStep, type StepContext } from '../execution/step-context.js';
import { DRAWLOOM } from '../telemetry/semantic-conventions.js';
import type { WorkflowOptions } from './options.js';
import { Workflow } from './workflow.js';

type AsyncFunction = (...args: never[]) => PromiseLike<unknown>;

/**
 * Decorates an async function. Called inside a run it gets a span and events of its own; outside it is exactly the
 * function. As a node of a workflow it is one step, not two.
 *
 * @throws {@link DefinitionError} INVALID_STEP when the function turns out to be synchronous.
 *
 * @example
 * const lookUp = step('lookUp', async (id: string): Promise<string> => `record of ${id}`);
 */
export function step<F extends AsyncFunction>(fn: F): F;
export function step<F extends AsyncFunction>(name: string, fn: F): F;
export function step<F extends AsyncFunction>(...given: [F] | [string, F]): F {
  const [name, fn] = given.length === 2 ? given : [given[0]?.name, given[0]];
  if (typeof fn !== 'function') throw new DefinitionError([problem.invalidStep('step()', fn)]);
  if (typeof name !== 'string') throw new DefinitionError([problem.invalidName('step()', 'the name', name)]);
  const shown = name === '' ? 'anonymous' : name;

  const decorated = function (this: unknown, ...args: never[]): PromiseLike<unknown> {
    const call = (): PromiseLike<unknown> => {
      const result = fn.apply(this, args);
      if (!isThenable(result)) throw new DefinitionError([problem.synchronousStep(`step(${shown})`)]);
      return result;
    };
    const around = currentStep();
    return around === undefined ? call() : recorded(shown, around, args, call);
  };
  Object.defineProperties(decorated, {
    name: { value: shown, configurable: true },
    length: { value: fn.length, configurable: true },
    [UNDECORATED]: { value: fn },
  });
  return decorated as F;
}

/** Opens a run around plain control flow: what it calls has the run's context, spans and events. */
export function workflow<I, O>(name: string, body: StepFunction<I, O>, options?: WorkflowOptions): Workflow<I, O> {
  const built = new Workflow(name, options);
  return built.addNode(name, body).setStart(name) as unknown as Workflow<I, O>;
}

/** One call of a decorated function within an activation. */
function recorded<R>(
  name: string,
  context: StepContext,
  given: readonly unknown[],
  call: () => PromiseLike<R>,
): PromiseLike<R> {
  const { owner } = context;
  const { node, visit } = context;
  const about = { node, visit, function: name, occurrence: context.nextOccurrence(name) };
  const { telemetry } = context;
  if (owner.isObserved) owner.announce({ type: 'function.started', ...about });
  const spanned = (): PromiseLike<R> => {
    if (telemetry === undefined) return call();
    const attributes = {
      ...owner.spanAttributes,
      [DRAWLOOM.pattern]: context.pattern,
      [DRAWLOOM.stepName]: about.node,
      [DRAWLOOM.stepKind]: 'function',
      [DRAWLOOM.functionName]: name,
      [DRAWLOOM.visit]: about.visit,
      [DRAWLOOM.occurrence]: about.occurrence,
    };
    const info = { operation: 'function', name, attributes, endAttributes: endingOf(context) } as const;
    return inSpan(telemetry, { ...info, content: contentOf(given) }, call);
  };
  const failed = (error: unknown): never => {
    if (owner.isObserved) owner.announce({ type: 'function.failed', ...about, error: errorInfo(error) });
    throw error;
  };
  let result: PromiseLike<R>;
  try {
    result = journaledCall(
      context,
      { name: `function:${name}`, occurrence: about.occurrence, request: given, meter: context.meter },
      spanned,
    );
  } catch (error) {
    return failed(error);
  }
  return result.then((value) => {
    if (owner.isObserved) owner.announce({ type: 'function.completed', ...about });
    return value;
  }, failed);
}
