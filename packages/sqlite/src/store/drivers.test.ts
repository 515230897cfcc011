import { DefinitionError } from '@drawloom/core';
import type { Connection, DriverName } from '../connection/connect.js';
import { findDriver, type DatabaseOf } from './drivers.js';

/** Drivers that have these versions of SQLite, and nothing else. */
function having(versions: Partial<Record<DriverName, string>>): DatabaseOf {
  return (name) => {
    const version = versions[name];
    if (version === undefined) return undefined;
    return class {
      exec(): void {}
      close(): void {}
      prepare(): ReturnType<Connection['prepare']> {
        return { run: () => ({ changes: 0 }), get: () => ({ version }), all: () => [] };
      }
    };
  };
}

function refusal(versions: Partial<Record<DriverName, string>>, asked?: DriverName): DefinitionError {
  try {
    findDriver('sqlite("runs.db")', asked, having(versions));
  } catch (error) {
    if (DefinitionError.is(error)) return error;
    throw error;
  }
  throw new Error('A driver was found');
}

describe('The driver of a store', () => {
  it('is the one in Node where that is new enough', () => {
    const both = having({ 'node:sqlite': '3.51.3', 'better-sqlite3': '3.53.2' });
    expect(findDriver('here', undefined, both)).toBe('node:sqlite');
    expect(findDriver('here', 'better-sqlite3', both)).toBe('better-sqlite3');
  });

  it.each([{}, { 'node:sqlite': '3.51.2' }, { 'node:sqlite': '3.9.9' }])(
    'is better-sqlite3 where Node has %j',
    (node) => {
      expect(findDriver('here', undefined, having({ ...node, 'better-sqlite3': '3.53.2' }))).toBe('better-sqlite3');
    },
  );

  it.each(['3.51.3', '3.51.10', '3.52', '3.100.0', '4.0.0'])('may have SQLite %s', (version) => {
    expect(findDriver('here', 'node:sqlite', having({ 'node:sqlite': version }))).toBe('node:sqlite');
  });

  it.each(['3.51.2', '3.51', '3.50.99', '3.9.9', '2.99.99'])('may not have SQLite %s', (version) => {
    expect(refusal({ 'node:sqlite': version }).message).toContain(`node:sqlite has SQLite ${version}`);
  });

  it('is missed with both ways out', () => {
    const error = refusal({ 'node:sqlite': '3.50.4' });
    expect(error).toMatchObject({ code: 'MISSING_PACKAGE', where: 'sqlite("runs.db")' });
    expect(error.message).toContain(
      'a store needs SQLite 3.51.3 or later: node:sqlite has SQLite 3.50.4, better-sqlite3 is not there',
    );
    expect(error.fix).toBe(
      'use Node 22.23 or later, which has it built in, or run npm install better-sqlite3@^12.11.1',
    );
  });

  it('is not loaded where the one before it will do, and is told of where it cannot be', () => {
    const broken = (version: string): DatabaseOf => {
      const node = having({ 'node:sqlite': version });
      return (name) => {
        if (name === 'node:sqlite') return node(name);
        throw new Error('was compiled against a different Node.js version\nusing NODE_MODULE_VERSION 115');
      };
    };
    expect(findDriver('here', undefined, broken('3.51.3'))).toBe('node:sqlite');
    expect(() => findDriver('here', undefined, broken('3.50.0'))).toThrow(
      'better-sqlite3 cannot be loaded (was compiled against a different Node.js version)',
    );
  });

  it('is not replaced by another where one is asked for', () => {
    expect(refusal({ 'better-sqlite3': '3.53.2' }, 'node:sqlite').message).not.toContain('better-sqlite3 is not there');
  });
});
