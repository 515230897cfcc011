/**
 * Ids are kept as UTF-8, in which half a surrogate pair cannot be written: two ids that differ in one would become the same.
 * So none is kept, and none is found.
 */
import { AdapterError } from '@drawloom/core';

const HALF = /\p{Surrogate}/u;

/** What is looked for; NULL, which equals nothing, where there can be no such id. */
export function sought(id: string): string | null {
  return HALF.test(id) ? null : id;
}

/** @throws {@link AdapterError} JOURNAL_MISMATCH for an id that cannot be kept. */
export function checkWellFormed(where: string, ids: Readonly<Record<string, string | undefined>>): void {
  for (const [name, id] of Object.entries(ids)) {
    if (id === undefined || !HALF.test(id)) continue;
    throw AdapterError.journalMismatch(where, `${name} has half a surrogate pair in it, which cannot be stored`);
  }
}
