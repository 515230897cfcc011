import type { RouteKey, Start } from '@drawloom/core';
import { didYouMean } from '../nearest-name.js';
import { quoted, readRun, type ReadRun } from '../read-run.js';
import {
  firstMissing,
  misuse,
  notARun,
  remarks,
  verdict,
  type MatcherContext,
  type MatcherResult,
  type Signature,
} from './matcher-context.js';

const ROUTED: Signature = { name: 'toHaveRouted', parameters: 'router, ...keys' };

/** See {@link DrawloomMatchers.toHaveRouted}. */
export function toHaveRouted(
  this: MatcherContext,
  received: unknown,
  router: string | Start,
  ...keys: readonly RouteKey[]
): MatcherResult {
  const run = readRun(received);
  if (run === undefined) return notARun(this, ROUTED, received);
  const name = typeof router === 'symbol' ? 'START' : router;
  if (typeof name !== 'string') return misuse(this, ROUTED, `the router is given by its name; this is ${String(name)}`);
  if (!run.routers.includes(name)) return misuse(this, ROUTED, noRouter(run, name), ...remarks(run));
  const wanted = keys.map(String);
  const choices = run.routes.filter((route) => route.router === name);
  const returned = choices.flatMap((route) => route.keys);

  const { printExpected, printReceived } = this.utils;
  const chosen = wanted.length === 0 ? choices.length > 0 : wanted.some((key) => returned.includes(key));
  if (this.isNot === true) {
    if (!chosen && run.dropped > 0) {
      return misuse(this, ROUTED, 'this cannot be told of a run with a short history', ...remarks(run));
    }
    return verdict(this, ROUTED, chosen, () => [
      `Router:                        ${JSON.stringify(name)}`,
      wanted.length === 0 ? 'Expected not to have chosen' : `Expected not to have returned: ${printExpected(wanted)}`,
      `Returned:                      ${printReceived(returned)}`,
      ...remarks(run),
    ]);
  }
  const pass = choices.length > 0 && firstMissing(wanted, returned) === -1;
  return verdict(this, ROUTED, pass, () => [
    `Router:   ${JSON.stringify(name)}`,
    `Expected: ${wanted.length === 0 ? 'to have chosen' : printExpected(wanted)}`,
    choices.length === 0 ? '' : `Returned: ${printReceived(returned)}`,
    choices.length === 0 ? `\n${whyNotChosen(run, name)}` : '',
    ...remarks(run),
  ]);
}

function noRouter({ workflow, routers }: ReadRun, name: string): string {
  return `${JSON.stringify(workflow)} has no router ${JSON.stringify(name)}${didYouMean(name, routers)}; its routers: ${quoted(routers)}`;
}

function whyNotChosen(run: ReadRun, name: string): string {
  const shown = JSON.stringify(name);
  const chose = [...new Set(run.routes.map(({ router }) => router))];
  const reason = run.notRun.get(name);
  if (reason !== undefined) return `${shown} did not run: ${reason}`;
  return `${shown} did not choose in this run; routers that did: ${quoted(chose)}`;
}
