import type { StandardSchemaV1 } from '@standard-schema/spec';

/** A class whose fields carry class-validator decorators. */
export type SchemaClass<T = unknown> = new (...args: never[]) => T;

/** What may say what an input looks like: a class-validator class, or a schema of any library that follows Standard Schema. */
export type SchemaSource<T = unknown> = SchemaClass<T> | StandardSchemaV1<never, T>;
