/**
 * Job: open a file as a store: make its tables, bring those of an older release up to date, refuse everything else.
 *
 * A. A file is changed only when it is empty or marked as a store, and never when a later release has written it.
 * B. Of several processes that open a file at once, one makes the tables and the others find them.
 */
import { AdapterError } from '@drawloom/core';
import { connect, type Connection, type ConnectionOptions } from '../connection/connect.js';
import { faultOf } from '../connection/run-batch.js';
import { failed, unusable } from './failures.js';
import { APPLICATION_ID, MIGRATIONS } from './schema.js';

/** A connection to a file that is a store of this release. */
export function openStore(where: string, options: ConnectionOptions): Connection {
  let connection: Connection;
  try {
    connection = connect(options);
  } catch (error) {
    throw unusable(where, faultOf(error));
  }
  try {
    if (versionOf(where, connection) < MIGRATIONS.length) migrate(where, connection);
    return connection;
  } catch (error) {
    connection.close();
    throw AdapterError.is(error) ? error : unusable(where, faultOf(error));
  }
}

/** How many migrations a file has had (A). */
function versionOf(where: string, connection: Connection): number {
  const read = (sql: string): number => Object.values(connection.prepare(sql).get() as Record<string, number>)[0]!;
  const version = read('PRAGMA user_version');
  const application = read('PRAGMA application_id');
  if (application === APPLICATION_ID && version <= MIGRATIONS.length) return version;
  if (application === APPLICATION_ID) {
    const what = `a later release has written the file: its schema has version ${version}, this release knows ${MIGRATIONS.length}`;
    const fix = 'update @drawloom/sqlite in every process that opens the file; nothing was changed';
    throw AdapterError.store('STORE_UNUSABLE', { where, what, fix });
  }
  if (application === 0 && version === 0 && read('SELECT count(*) FROM sqlite_schema') === 0) return 0;
  const what = 'the file is a database of something else';
  throw AdapterError.store('STORE_UNUSABLE', { where, what });
}

/** One transaction for all of it, begun by asking again (B). */
function migrate(where: string, connection: Connection): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const version = versionOf(where, connection);
    for (const migration of MIGRATIONS.slice(version)) connection.exec(migration);
    connection.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    connection.exec('COMMIT');
  } catch (error) {
    try {
      connection.exec('ROLLBACK');
    } catch {
      // SQLite has done so itself, or never began.
    }
    throw AdapterError.is(error) ? error : failed(where, faultOf(error));
  }
}
