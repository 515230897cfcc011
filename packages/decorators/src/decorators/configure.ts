import type { WorkflowOptions } from '@drawloom/core';
import type { WorkflowBase } from '../instance/workflow-base.js';
import { configureClass } from '../metadata/class-metadata.js';
import type { EdgeError } from '../typing/edge-error.js';

/** What a workflow class is called, and what bounds and accompanies each of its runs. */
export interface Configuration extends WorkflowOptions {
  /** What runs, diagrams and errors call the workflow. @defaultValue the name of the class */
  readonly name?: string | undefined;
}

/**
 * Names a workflow class and bounds its runs. A class without it has every option at its default. A subclass has its
 * parent's options where it says nothing else; name and version it has only of its own.
 *
 * Not for what differs from run to run: that is given to `run`.
 *
 * @example
 * \@Configure({ name: 'greeting', version: '2', timeout: '1m' })
 * class Greeting extends WorkflowBase<string, string> {
 *   \@Start() greet(name: string): string { return `Hello, ${name}`; }
 * }
 */
export function Configure(options: Configuration = {}): ConfigureDecorator {
  return (type) => configureClass(type, options);
}

/** What `@Configure` accepts. */
export interface ConfigureDecorator {
  <C extends object>(type: C & CheckWorkflowClass<C>): void;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of any workflow
type CheckWorkflowClass<C> = C extends { readonly prototype: WorkflowBase<any, any> }
  ? unknown
  : EdgeError<'@Configure stands on a class that extends WorkflowBase', C>;
