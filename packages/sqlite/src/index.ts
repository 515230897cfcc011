export { sqlite } from './sqlite.js';
export { SqliteMemories } from './sqlite-memories.js';
export type { SqliteOptions } from './store/options.js';
export type { SqliteStore } from './sqlite-store.js';
export type { SqliteMemory, SqliteMemoryOptions } from './memory/sqlite-memory.js';
export type { SqliteAuditStore } from './audit/sqlite-audit-store.js';
