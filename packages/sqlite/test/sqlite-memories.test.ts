import { Agent, EchoModel, MemoryRegistry, PersonalData, Workflow } from '@drawloom/core';
import { sqlite, SqliteMemories } from '../src/index.js';
import { temporaryFiles } from './support/temporary-files.js';
import { withSqlite } from './support/with-sqlite.js';

const files = temporaryFiles();
const alice = { userId: 'alice', sessionId: 's' };

withSqlite('A memory that is named by text', () => {
  it('B232 is a file, which another process finds again', async () => {
    const path = files.path();
    const memories = new SqliteMemories({ durability: 'normal' });
    const agent = new Agent({ name: 'echo', model: new EchoModel() });
    const options = { memories: new MemoryRegistry([memories]), memory: `sqlite:${path}` };
    await Workflow.chain([agent], options).run('Where is my parcel?', alice);
    await agent.run('And the other one?', { ...alice, ...{ memory: null } });
    await memories.close();

    const store = sqlite(path);
    const found = await store.memory.recall(alice, 'parcel');
    expect(found.map(({ episode }) => episode.input)).toEqual(['Where is my parcel?']);
    const { places, isComplete } = await new PersonalData({ memory: store.memory, journal: store }).forget(alice);
    expect([isComplete, places.map(({ place, counts }) => [place, counts['episodes'] ?? counts['runs']])]).toEqual([
      true,
      [
        ['journal', 0],
        ['memory', 1],
      ],
    ]);
    await store.close();
  });

  it('says what is wrong with its path', async () => {
    const registry = new MemoryRegistry([new SqliteMemories()]);
    expect(() => registry.resolve('sqlite:', 'w')).toThrow(/INVALID_OPTION.*path/);
    expect(() => registry.resolve('sqlite', 'w')).toThrow(/UNKNOWN_MEMORY.*"sqlite:<path>"/);
  });
});
