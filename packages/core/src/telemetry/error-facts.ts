import { isError } from '../errors/format-message.js';
import { GENERAL, OTHER_ERROR } from './semantic-conventions.js';

/** What a type or a code looks like. Anything else may be a sentence, and have content in it. */
const WORD = /^[\w.$:-]{1,80}$/;

/** What kind of error it was, in one word: its code, else its name, else its class. */
export function errorType(error: unknown): string {
  try {
    if (!isError(error)) return OTHER_ERROR;
    const { code, name, constructor } = error as Error & { code?: unknown };
    const known = [code, name, constructor?.name].find((word) => typeof word === 'string' && WORD.test(word));
    return (known as string | undefined) ?? OTHER_ERROR;
  } catch {
    return OTHER_ERROR; // anything can be thrown, also what throws when it is looked at
  }
}

/** What is told of an error: of which type it was and where it came from. Its message is content, and told by `messageOf`. */
export function exceptionAttributes(
  error: unknown,
  messageOf: (message: string) => string | undefined,
): Record<string, string> {
  const attributes: Record<string, string> = { [GENERAL.exceptionType]: errorType(error) };
  try {
    if (!isError(error)) return attributes;
    const message = messageOf(String(error.message));
    if (message !== undefined) attributes[GENERAL.exceptionMessage] = message;
    const frames = framesOf(error);
    if (frames !== undefined) attributes[GENERAL.exceptionStack] = frames;
  } catch {
    // Its type will do.
  }
  return attributes;
}

/** The stack without the message that stands before it; `undefined` where the two cannot be told apart. */
function framesOf({ message, stack }: Error): string | undefined {
  if (typeof stack !== 'string') return undefined;
  const at = stack.indexOf(message);
  if (at === -1) return undefined; // the message was changed, and the stack has the former one
  const frames = stack.slice(at + message.length).split('\n');
  return frames.filter((line) => /^\s+at /.test(line)).join('\n');
}
