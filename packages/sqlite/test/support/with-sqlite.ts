import { DefinitionError } from '@drawloom/core';
import { findDriver } from '../../src/store/drivers.js';

/** What is waited for is the disk, and what others do with it. */
jest.setTimeout(60_000);

/** `describe` where this Node has a SQLite, or better-sqlite3 could be built; else the tests are skipped, and it is said why. */
export const withSqlite: typeof describe = (() => {
  try {
    findDriver('tests', undefined);
    return describe;
  } catch (error) {
    if (!DefinitionError.is(error)) throw error;
    console.warn(`SKIPPED: ${error.message}`);
    return describe.skip as typeof describe;
  }
})();
