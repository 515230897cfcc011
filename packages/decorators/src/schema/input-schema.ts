import { standardSchema, type Problem, type Schema } from '@drawloom/core';
import { isStandardSchema, problems as problem } from '@drawloom/core/front-end';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { classSchema } from './class-schema.js';

/** A class whose fields carry class-validator decorators. */
export type SchemaClass<T = unknown> = new (...args: never[]) => T;

/** What may say what an input looks like: a class-validator class, or a schema of any library that follows Standard Schema. */
export type SchemaSource<T = unknown> = SchemaClass<T> | StandardSchemaV1<unknown, T>;

/** A schema that validates, or what is wrong with its source. */
export type SchemaReading<T = unknown> =
  | { readonly schema: Schema<T>; readonly problem?: undefined }
  | { readonly schema?: undefined; readonly problem: Problem };

/** Whether a value is a class or a Standard Schema. Never throws; whether the class has decorators is not asked here. */
export function isSchemaSource(value: unknown): value is SchemaSource {
  return isStandardSchema(value) || isClass(value);
}

/**
 * The schema that a source stands for. What is wrong with it is given back, not thrown, so that all mistakes of a
 * workflow can come in one error: INVALID_SCHEMA where the class validates nothing, MISSING_PACKAGE where a package that
 * it needs is not installed.
 *
 * @param where What messages name: `Workflow.step`.
 */
export function schemaOf<T>(source: SchemaSource<T>, where: string): SchemaReading<T> {
  if (isStandardSchema(source)) return { schema: standardSchema(source as StandardSchemaV1<unknown, T>, where) };
  return isClass(source)
    ? classSchema(source as SchemaClass<T>, where)
    : { problem: problem.notASchema(where, source) };
}

/** Classes are the functions whose prototype cannot be exchanged; a Standard Schema may be a plain function. */
function isClass(value: unknown): value is SchemaClass {
  try {
    return typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;
  } catch {
    return false;
  }
}
