import { StepError } from '../errors/step-error.js';
import type { Schema, Validated } from '../ports/schema.js';
import { withSpan } from './spans.js';
import { isThenable, type Body } from './step.js';
import type { StepContext } from './step-context.js';

/**
 * Lets a body see only input that fits the schema, in the form that the schema gives it. It belongs outside the retry
 * policy: an input that does not fit will not fit the next time.
 */
export function validated(body: Body, schema: Schema): Body {
  return (input, context) => {
    const judged = schema.validate(input);
    if (!isThenable(judged)) return judged.ok ? body(judged.value, context) : refuse(judged, input, context);
    return judged.then((late) => {
      if (context.isAborted) throw context.abortReason;
      return late.ok ? body(late.value, context) : refuse(late, input, context);
    });
  };
}

/** An attempt that did not come to be: as far as spans go it is one that failed. */
function refuse(judged: Validated<unknown> & { readonly ok: false }, input: unknown, context: StepContext): unknown {
  const attempt = withSpan(() => {
    throw StepError.invalidInput(context.facts, judged.violations);
  });
  return attempt(input, context);
}
