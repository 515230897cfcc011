/** What each level says of one setting. `undefined` says nothing, and the next level counts; `null` says "none". */
export interface Levels<T> {
  readonly call?: T | null | undefined;
  /** The agent, or the step. */
  readonly agent?: T | null | undefined;
  /** The innermost workflow. */
  readonly workflow?: T | null | undefined;
  /** The workflow around it: what came of its own levels. */
  readonly outerWorkflow?: T | null | undefined;
  /** The default of the executor. */
  readonly executor?: T | null | undefined;
}

/**
 * What holds of a setting: call, then agent, innermost workflow, outer workflow, executor default.
 *
 * `null` is given on as `null`, so that what came of the outer levels can stand as one level of the inner ones, however
 * deep workflows are nested: cleared is not the same as never set.
 */
export function effectiveSetting<T>(levels: Levels<T>): T | null | undefined {
  const { call, agent, workflow, outerWorkflow, executor } = levels;
  return [call, agent, workflow, outerWorkflow, executor].find((setting) => setting !== undefined);
}
