import type { RouteKey, Start } from '@drawloom/core';
import type { EdgeCoverageOptions } from './to-cover-every-edge.js';

/**
 * What `expect` can do beside jest's own matchers. With the preset they are there; other runners take them by
 * `expect.extend` from `@drawloom/testing/matchers`.
 *
 * All but the last are about a run, and take whatever a test holds of one: a result, the error that `run` rejected with,
 * what `handle.result()` resolved with, or a record (`partial`).
 */
export interface DrawloomMatchers<R = void> {
  /**
   * These steps and maps completed, in this order of completion; others may have completed between them. With `.not`:
   * none of them completed. A name that the workflow does not have fails the test either way.
   */
  toHaveVisited(...nodes: readonly [string, ...string[]]): R;
  /** These steps and maps completed, in this order, repeats counted, and no others. */
  toHaveVisitedExactly(...nodes: readonly string[]): R;
  /**
   * The router returned these keys, in this order; others may have come between them. Without keys: it chose at all.
   * With `.not`: it returned none of them.
   *
   * @param router - its name; of a router without one its source, START included.
   */
  toHaveRouted(router: string | Start, ...keys: readonly RouteKey[]): R;
  /** Of a coverage made by `edgeCoverage`: each edge was taken by some run, but for those that `except` names. */
  toCoverEveryEdge(options?: EdgeCoverageOptions): R;
}

declare global {
  // eslint-disable-next-line no-restricted-syntax, @typescript-eslint/no-namespace -- so are the types of jest's globals
  namespace jest {
    interface Matchers<R, T> extends DrawloomMatchers<R> {}
  }
}

// For `@jest/globals`. In the build of this package, as in a project without jest, there is no such module to add to.
// eslint-disable-next-line @typescript-eslint/ban-ts-comment -- an error in the build, but none where the tests are checked
// @ts-ignore
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends DrawloomMatchers<R> {}
}
