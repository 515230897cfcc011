import { describeNoRun, type ReadRun } from '../read-run.js';

/** What a matcher needs of its runner: the part of jest's matcher context that `expect` alone and vitest have, too. */
export interface MatcherContext {
  readonly isNot?: boolean;
  /** `resolves` or `rejects`, where one of them stands before the matcher. */
  readonly promise?: string;
  readonly utils: {
    matcherHint(name: string, received?: string, expected?: string, options?: object): string;
    printExpected(value: unknown): string;
    printReceived(value: unknown): string;
    diff(expected: unknown, received: unknown): string | null | undefined;
  };
}

/** What a matcher gives to its runner. */
export interface MatcherResult {
  readonly pass: boolean;
  message(): string;
}

/** A matcher as its failure shows it: `toHaveRouted` and `router, ...keys`. */
export interface Signature {
  readonly name: string;
  readonly parameters: string;
}

/** The verdict of a matcher. The message is put together only if the test fails, from the lines that are not empty. */
export function verdict(
  context: MatcherContext,
  signature: Signature,
  pass: boolean,
  lines: () => readonly string[],
): MatcherResult {
  const { isNot, promise, utils } = context;
  const message = (): string => {
    const hint = utils.matcherHint(signature.name, undefined, signature.parameters, { isNot, promise });
    return [hint, '', ...lines().filter((line) => line !== '')].join('\n');
  };
  return { pass, message };
}

/** What proves nothing fails the test, with `.not` as well: a test that cannot fail would be worse than none. */
export function misuse(context: MatcherContext, signature: Signature, ...what: readonly string[]): MatcherResult {
  return verdict(context, signature, context.isNot === true, () => [`Matcher error: ${what[0]}`, ...what.slice(1)]);
}

/** The misuse of a matcher for something that is no run. */
export function notARun(context: MatcherContext, signature: Signature, received: unknown): MatcherResult {
  const wanted = 'the received value must be a run: a result, a record, or an error or outcome with "partial"';
  return misuse(context, signature, wanted, `Received: ${describeNoRun(received)}`);
}

/** The lines that end a failure about a run: why the list may be short, and what stopped the run. */
export function remarks({ dropped, failure }: ReadRun): string[] {
  const lost = `The lists are incomplete: the bound of the history has pushed ${dropped} older entries out (option history).`;
  return [dropped > 0 ? lost : '', failure === undefined ? '' : `The run stopped with: ${failure}`];
}

/** Where a sequence breaks off that should be found in a list, in this order, with anything between; -1 if nowhere. */
export function firstMissing(wanted: readonly string[], list: readonly string[]): number {
  let at = 0;
  for (const entry of list) if (entry === wanted[at]) at++;
  return at < wanted.length ? at : -1;
}
