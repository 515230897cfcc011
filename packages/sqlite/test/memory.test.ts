import { memoryContract } from '@drawloom/testing';
import { sqlite, type SqliteStore } from '../src/index.js';
import { temporaryFiles } from './support/temporary-files.js';
import { withSqlite } from './support/with-sqlite.js';

const files = temporaryFiles();
const stores = new Map<object, SqliteStore>();

const onNotice = (): void => undefined;

memoryContract(
  'SQLite',
  ({ clock, limits }) => {
    const store = sqlite(files.path(), { durability: 'normal', memory: { ...limits, clock, onNotice } });
    stores.set(store.memory, store);
    return store.memory;
  },
  { close: (memory) => stores.get(memory)!.close(), runner: { describe: withSqlite, it } },
);
