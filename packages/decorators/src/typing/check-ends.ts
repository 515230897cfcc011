import type { Takes } from './check-sources.js';
import type { SchemaInputOf } from './check-schema.js';
import type { EdgeError } from './edge-error.js';
import type { IsPerItem } from './per-item.js';
import type { InputOf, OutputOf, ReturnOf } from './step-shape.js';

/** What a run of this workflow takes. Read off one method: comparing whole classes would take the compiler longer. */
export type RunInput<T> = T extends { run(input: infer I, options?: never): unknown } ? I : never;

/** What a run of this workflow gives. */
export type RunOutput<T> = T extends { run(input: never, options?: never): Promise<{ readonly output: infer O }> }
  ? O
  : never;

/** Whether a step, or its schema, can be given the input of a run. */
export type CheckStart<T, Name extends string, M, Schema> = [Takes<M, Schema, RunInput<T>>] extends [false]
  ? [Schema] extends [never]
    ? IsPerItem<ReturnOf<M>> extends true
      ? EdgeError<
          `'${Name}' runs once per item, but the input of this workflow is not a list of what it takes`,
          RunInput<T>,
          readonly InputOf<M>[]
        >
      : EdgeError<`'${Name}' does not accept the input of this workflow`, RunInput<T>, InputOf<M>>
    : EdgeError<
        `The input of this workflow does not fit the input schema of '${Name}'`,
        RunInput<T>,
        SchemaInputOf<Schema>
      >
  : unknown;

/** Whether what a step gives can be the output of a run. */
export type CheckEnd<T, Name extends string, M> = [Returns<OutputOf<M>, RunOutput<T>>] extends [false]
  ? EdgeError<`'${Name}' does not return the output of this workflow`, OutputOf<M>, RunOutput<T>>
  : unknown;

type Returns<Output, Wanted> = [Output] extends [Wanted] ? true : false;
