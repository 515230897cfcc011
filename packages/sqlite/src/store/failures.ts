import { AdapterError } from '@drawloom/core';
import type { StoreFault } from '../connection/run-batch.js';

const UNUSABLE: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'the file is no database',
  SQLITE_CORRUPT: 'the file is damaged',
  SQLITE_CANTOPEN: 'the file cannot be opened or made',
  SQLITE_PERM: 'the file may not be opened',
  SQLITE_READONLY: 'the file, or its directory, cannot be written',
};

const FAILED: Readonly<Record<string, string>> = {
  ...UNUSABLE,
  SQLITE_FULL: 'the disk, or a quota, is full',
  SQLITE_IOERR: 'the operating system could not read or write the file',
};

const DAMAGED = 'move the file aside, and its -wal beside it, and restore both from a backup';
const FIXES: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'give the path of a store; if this was one, restore it from a backup',
  SQLITE_CORRUPT: DAMAGED,
  SQLITE_CANTOPEN: 'make the directory, and give the process the right to write in it',
  SQLITE_PERM: 'give the process the right to read and write the file and its directory',
  SQLITE_READONLY: 'give the process the right to write the file and its directory: SQLite keeps two files beside it',
  SQLITE_FULL: 'make room; what was acknowledged is in the file, and runs go on from it',
};

/** Of a file that could not be opened as a store. */
export function unusable(where: string, { code, message }: StoreFault): AdapterError {
  if (isBusy(code)) return busy(where, message);
  const what = UNUSABLE[code] ?? 'the file cannot be used';
  return AdapterError.store('STORE_UNUSABLE', { where, what: `${what} (${code})`, fix: FIXES[code], cause: message });
}

/** Of a read or a write that came to nothing. */
export function failed(where: string, { code, message }: StoreFault): AdapterError {
  if (isBusy(code)) return busy(where, message);
  const what = FAILED[code] ?? 'it could not be read or written';
  return AdapterError.store('STORE_FAILED', { where, what: `${what} (${code})`, fix: FIXES[code], cause: message });
}

/** Of what is asked after `close`. */
export function closed(where: string): AdapterError {
  const fix = 'close it after the last run has ended, and open it anew if it is needed again';
  return AdapterError.store('STORE_FAILED', { where, what: 'the store is closed', fix });
}

function busy(where: string, message: string): AdapterError {
  return AdapterError.store('STORE_BUSY', { where, what: 'another connection kept the store locked', cause: message });
}

function isBusy(code: string): boolean {
  return code === 'SQLITE_BUSY' || code === 'SQLITE_LOCKED';
}
