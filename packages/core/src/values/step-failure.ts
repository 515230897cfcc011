/** What an error edge delivers: why the source failed, and what it had been given. */
export class StepFailure<I = unknown> {
  constructor(
    /** What the step threw, untouched. */
    readonly error: unknown,
    readonly input: I,
  ) {}
}
