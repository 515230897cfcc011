import { StepError } from '../errors/step-error.js';
import type { Schema, Validated } from '../ports/schema.js';
import { isThenable, type Body } from './step.js';
import type { StepContext } from './step-context.js';

/**
 * Lets a body see only input that fits the schema, in the form that the schema gives it. It belongs outside the retry
 * policy: an input that does not fit will not fit the next time.
 */
export function validated(body: Body, schema: Schema): Body {
  return (input, context) => {
    const judged = schema.validate(input);
    if (!isThenable(judged)) return body(accepted(judged, context), context);
    return judged.then((late) => {
      if (context.isAborted) throw context.abortReason;
      return body(accepted(late, context), context);
    });
  };
}

function accepted<T>(judged: Validated<T>, context: StepContext): T {
  if (judged.ok) return judged.value;
  throw StepError.invalidInput(context.facts, judged.violations);
}
