import { DefinitionError } from '@drawloom/core';
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
  const tried = (asked === undefined ? NAMES : [asked]).map((name) => ({ name, version: versionOf(name, find) }));
  const found = tried.find(({ version }) => version !== undefined && isNewEnough(version));
  if (found !== undefined) return found.name;
  const seen = tried.map(({ name, version }) =>
    version === undefined ? `${name} is not there` : `${name} has SQLite ${version}`,
  );
  throw new DefinitionError([
    {
      code: 'MISSING_PACKAGE',
      where,
      what: `a store needs SQLite ${OLDEST.join('.')} or later: ${seen.join(', ')}`,
      fix: 'use Node 22.23 or later, which has it built in, or run npm install better-sqlite3@^12.11.1',
    },
  ]);
}

function versionOf(name: DriverName, find: DatabaseOf): string | undefined {
  const Database = find(name);
  if (Database === undefined) return undefined;
  const memory: Connection = new Database(':memory:');
  try {
    const row = memory.prepare('SELECT sqlite_version() AS version').get() as { readonly version: string };
    return row.version;
  } finally {
    memory.close();
  }
}

function isNewEnough(version: string): boolean {
  const parts = version.split('.').map(Number);
  const differs = OLDEST.findIndex((part, index) => (parts[index] ?? 0) !== part);
  return differs === -1 || parts[differs]! > OLDEST[differs]!;
}
