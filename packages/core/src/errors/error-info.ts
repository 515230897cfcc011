import { isError } from './format-message.js';

/** A failure as an event carries it: serialisable, without the live error. */
export interface ErrorInfo {
  readonly name: string;
  readonly message: string;
  /** Of a Drawloom error, or of a system error. */
  readonly code?: string;
}

/** The serialisable form of anything that was thrown, also of what throws when it is looked at. */
export function errorInfo(error: unknown): ErrorInfo {
  try {
    if (!isError(error)) return { name: 'NotAnError', message: String(error) };
    const code: unknown = 'code' in error ? error.code : undefined;
    return {
      name: String(error.name),
      message: String(error.message),
      ...(typeof code === 'string' ? { code } : {}),
    };
  } catch {
    return { name: 'NotAnError', message: 'a value without a text form' };
  }
}
