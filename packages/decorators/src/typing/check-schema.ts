import type { EdgeError } from './edge-error.js';
import type { IsPerItem } from './per-item.js';
import type { Fits, InputOf, ReturnOf } from './step-shape.js';

interface Standard<Input, Output> {
  readonly '~standard': { readonly types?: { readonly input: Input; readonly output: Output } | undefined };
}

/** What a schema takes: for a class-validator class, an object that looks like its instances. */
export type SchemaInputOf<Schema> =
  Schema extends Standard<infer Input, unknown>
    ? Input
    : Schema extends new (...args: never) => infer Instance
      ? Instance
      : never;

/** What a schema gives. */
export type SchemaOutputOf<Schema> =
  Schema extends Standard<unknown, infer Output>
    ? Output
    : Schema extends new (...args: never) => infer Instance
      ? Instance
      : never;

/** Whether a schema can be given a value; `unknown` is what schemas are for. Of a step per item it takes an item. */
export type AcceptedBySchema<M, Schema, V> = unknown extends V
  ? true
  : IsPerItem<ReturnOf<M>> extends true
    ? [V] extends [readonly unknown[]]
      ? FitsSchema<Schema, V[number]>
      : false
    : FitsSchema<Schema, V>;

type FitsSchema<Schema, V> = unknown extends V ? true : [V] extends [SchemaInputOf<Schema>] ? true : false;

/** Whether a step can be given what its schema gives. */
export type CheckSchema<Name extends string, M, Schema> = [Schema] extends [never]
  ? unknown
  : [Fits<M, SchemaOutputOf<Schema>>] extends [false]
    ? EdgeError<`'${Name}' does not accept what its input schema gives`, SchemaOutputOf<Schema>, InputOf<M>>
    : unknown;
