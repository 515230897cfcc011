import { RunError } from '../errors/run-error.js';
import { callKey, EncodedValue } from '../journal/records.js';
import type { UsageMeter } from './usage-meter.js';
import type { StepContext } from './step-context.js';

/** One call of a model, a tool or a decorated function within an activation. */
export interface CallFacts {
  readonly name: string;
  /** Which call of this name in the activation, from 1. */
  readonly occurrence: number;
  /** What is asked. Anything that can be written as a value; what cannot is compared by its kind alone. */
  readonly request: unknown;
  /** What counts the calls of models that are made within it. */
  readonly meter: UsageMeter;
}

/**
 * Makes a call once, however often its step runs: what it gave is durable before the step goes on, and a step that runs
 * again after a crash is given it. A call that failed is made again. Without a journal it is just made.
 *
 * @param call - is handed the context that what it begins belongs to.
 * @throws {@link RunError} CALL_CHANGED when something else is asked than what was recorded.
 */
export function journaledCall<T>(
  step: StepContext,
  facts: CallFacts,
  call: (own: StepContext) => PromiseLike<T>,
): PromiseLike<T> {
  const { journal } = step.owner;
  return journal === undefined ? call(step) : journaled(step, facts, call);
}

/** Whether an earlier execution of the step has recorded the call, so that it will not be made. */
export function isRecordedCall(
  step: StepContext,
  { name, occurrence }: Pick<CallFacts, 'name' | 'occurrence'>,
): boolean {
  const { journal } = step.owner;
  return journal?.replayed?.call(callKey(step.journalPlace, name, occurrence)) !== undefined;
}

async function journaled<T>(
  step: StepContext,
  { name, occurrence, request, meter }: CallFacts,
  call: (own: StepContext) => PromiseLike<T>,
): Promise<T> {
  const journal = step.owner.journal!;
  const { codec } = journal;
  const key = callKey(step.journalPlace, name, occurrence);
  const digest = digestOf(step, request);
  const recorded = journal.replayed!.call(key);
  if (recorded !== undefined) {
    if (recorded.request !== digest) throw RunError.callChanged(step.workflow, name, occurrence);
    if (recorded.usage !== undefined) meter.restore(recorded.usage);
    return codec.read(recorded.value, `${step.workflow}.${step.node}`) as T;
  }
  const named = { place: key, key: `${step.nestedKey}/${name}/${occurrence}` };
  return step.within(meter.partOf(named), named, call, async (value) => {
    const { node, visit } = step;
    const encoded = new EncodedValue(codec.encode(value, step.facts, `value of ${name}`));
    await journal.appended({
      type: 'call.completed',
      path: step.owner.journalPath,
      node,
      visit,
      key,
      name,
      request: digest,
      value: encoded,
      usage: meter.usageOf(named),
    });
  });
}

/** What cannot be written as a value (a function in the arguments, say) is no part of what is compared. */
function digestOf(step: StepContext, request: unknown): string {
  try {
    return step.owner.journal!.codec.digestOf(request, step.facts, 'request');
  } catch {
    return 'not comparable';
  }
}
