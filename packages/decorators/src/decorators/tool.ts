import type { ToolPolicies } from '@drawloom/core';
import type { SchemaSource } from '../schema/input-schema.js';
import type { CheckTool } from '../typing/check-tool.js';
import type { Descriptor } from '../typing/check-member.js';
import { mark } from './mark.js';

/** How a method is offered to the model of its agent. */
export interface ToolMethodOptions<S extends SchemaSource = SchemaSource> extends ToolPolicies {
  /** What it does and when to use it, for the model. */
  readonly description: string;
  /** What its arguments look like: an object. A class-validator class, or any Standard Schema. @defaultValue no arguments */
  readonly input?: S | undefined;
  /** Letters, digits, `_` and `-`, at most 64: what the model calls it by. @defaultValue the name of the method */
  readonly name?: string | undefined;
}

/**
 * Offers a method to the model of its agent. The arguments that the model writes are checked before the method runs; what
 * it returns goes back to the model, and what it throws goes there as an error. It is left as it is, so a test may simply
 * call it.
 *
 * Not for what the agent's own code calls: that is a plain method.
 *
 * @example
 * class Clerk extends AgentBase {
 *   configure() { return { model: 'gpt-4.1-mini', instructions: 'Answer questions about claims.' }; }
 *   \@Tool({ description: 'Finds a claim by its number.', input: z.object({ number: z.string() }) })
 *   async find({ number }: { number: string }): Promise<string> { return `claim ${number} is open`; }
 * }
 */
export function Tool<const S extends SchemaSource = never>(options: ToolMethodOptions<S>): ToolDecorator<S> {
  return mark('Tool', options);
}

/** What `@Tool` accepts. What is wrong is reported at the decorator, as one sentence. */
export interface ToolDecorator<S> {
  <T extends object, Name extends string, M>(
    target: T & CheckTool<T, Name, M, S>,
    name: Name,
    descriptor?: Descriptor<M>,
  ): void;
}
