import { Runnable } from '@drawloom/core';

/** A workflow that is written as a class: `I` is what a run takes, `O` what it gives. */
export abstract class WorkflowBase<I, O> extends Runnable<I, O> {}
