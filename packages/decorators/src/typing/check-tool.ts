import type { ToolContext } from '@drawloom/core';
import type { SchemaOutputOf } from './check-schema.js';
import type { EdgeError } from './edge-error.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- of any agent, and of any method */
/** What tells an agent from other classes. */
interface LikeAnAgent {
  configure(): unknown;
  asTool(...args: any): unknown;
}

/** Whether a tool stands where it can, and takes what its schema gives. */
export type CheckTool<T, Name extends string, M, S> = T extends LikeAnAgent
  ? [M] extends [(...args: any) => unknown]
    ? CheckArguments<Name, M, S>
    : EdgeError<'@Tool stands on a method', M>
  : EdgeError<'@Tool stands in a class that extends AgentBase', T>;

/** Without a schema the model gives no arguments. */
type CheckArguments<Name extends string, M, S> = [S] extends [never]
  ? [M] extends [(input: Record<string, never>, context: ToolContext) => unknown]
    ? unknown
    : EdgeError<`Tool '${Name}' takes arguments, so it needs an input schema`, M>
  : [M] extends [(input: SchemaOutputOf<S>, context: ToolContext) => unknown]
    ? unknown
    : EdgeError<`Tool '${Name}' does not accept what its input schema gives`, SchemaOutputOf<S>, M>;
/* eslint-enable @typescript-eslint/no-explicit-any */
