import { DefinitionError } from '@drawloom/core';
import { describeReason } from '@drawloom/core/front-end';
import { databaseOf, type Connection, type DriverName } from '../connection/connect.js';

/** The first SQLite without the defect by which a log that was begun anew could lose commits of two processes. */
const OLDEST: readonly number[] = [3, 51, 3];

const NAMES: readonly DriverName[] = ['node:sqlite', 'better-sqlite3'];

/** What of drivers is asked; the tests have others. */
export type DatabaseOf = typeof databaseOf;

/**
 * The driver to use: the one that is asked for, or the first that is there and new enough.
 *
 * @throws {@link DefinitionError} MISSING_PACKAGE when there is none.
 */
export function findDriver(where: string, asked: DriverName | undefined, find: DatabaseOf = databaseOf): DriverName {
  const seen: string[] = [];
  for (const name of asked === undefined ? NAMES : [asked]) {
    const found = look(name, find);
    if ('version' in found && isNewEnough(found.version)) return name;
    seen.push(`${name} ${'version' in found ? `has SQLite ${found.version}` : found.problem}`);
  }
  throw new DefinitionError([
    {
      code: 'MISSING_PACKAGE',
      where,
      what: `a store needs SQLite ${OLDEST.join('.')} or later: ${seen.join(', ')}`,
      fix: 'use Node 22.23 or later, which has it built in, or run npm install better-sqlite3@^12.11.1',
    },
  ]);
}

/** Its version, or why there is none. A package that was built for another Node is there, and cannot be loaded. */
function look(name: DriverName, find: DatabaseOf): { readonly version: string } | { readonly problem: string } {
  let memory: Connection | undefined;
  try {
    const Database = find(name);
    if (Database === undefined) return { problem: 'is not there' };
    memory = new Database(':memory:');
    return memory.prepare('SELECT sqlite_version() AS version').get() as { readonly version: string };
  } catch (error) {
    const [reason] = describeReason(error).split('\n');
    return { problem: `cannot be loaded (${reason})` };
  } finally {
    memory?.close();
  }
}

function isNewEnough(version: string): boolean {
  const parts = version.split('.').map(Number);
  const differs = OLDEST.findIndex((part, index) => (parts[index] ?? 0) !== part);
  return differs === -1 || parts[differs]! > OLDEST[differs]!;
}
