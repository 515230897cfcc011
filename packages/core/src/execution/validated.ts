import { StepError } from '../errors/step-error.js';
import type { Schema, Validated } from '../ports/schema.js';
import { withSpan } from './spans.js';
import { isThenable, type Body } from './step.js';
import type { StepContext } from './step-context.js';

/**
 * Lets a body see only input that fits the schema, in the form that the schema gives it; a node that passes its input on passes on
 * that form. It belongs outside the retry policy: an input that does not fit will not fit the next time.
 */
export function validated(body: Body, schema: Schema): Body {
  return (input, context) => {
    const accept = (judged: Validated<unknown>): unknown => {
      if (!judged.ok) return refuse(judged, input, context);
      context.passOn(judged.value);
      return body(judged.value, context);
    };
    const judged = schema.validate(input);
    if (!isThenable(judged)) return accept(judged);
    return judged.then((late) => {
      if (context.isAborted) throw context.abortReason;
      return accept(late);
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
