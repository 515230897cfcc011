import { isError } from '../errors/format-message.js';
import { RunError } from '../errors/run-error.js';

/** Whether a body that was aborted says no more than that it was. */
export function isCancellation(error: unknown, reason: unknown): boolean {
  if (error === reason) return true;
  try {
    if (RunError.is(error)) return error.code === 'RUN_CANCELLED';
    return isError(error) && (error.name === 'AbortError' || ('code' in error && error.code === 'ABORT_ERR'));
  } catch {
    return false; // Anything can be thrown, also what throws when it is looked at.
  }
}
