/**
 * Journals that earlier releases have written, kept for ever: each release has to go on with them, from every record on. A new
 * release adds a file of its own: `WRITE_JOURNAL=<name> npm test -- packages/core/test/journal-fixtures` writes it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InMemoryJournal, LocalExecutor, step, Workflow, type JournalRecord } from '@drawloom/core';
import { VirtualClock } from '@drawloom/testing';

const FOLDER = join(__dirname, 'fixtures', 'journals');
const KEY = { tenant: 'acme', runId: 'fixture' };
const LEASE = { owner: 'somebody', until: 0 };

interface Fixture {
  readonly records: readonly JournalRecord[];
}

const price = step('price', async (item: string) => Promise.resolve(item.length));

const inner = new Workflow<string>('inner')
  .addNode('trim', (text: string) => text.trim())
  .addNode('ask', price)
  .setStart('trim')
  .addEdge('trim', 'ask');

/** A loop, a map, a nested workflow, a delay, values of every kind, an attempt that fails. It must never change. */
const fixed = new Workflow<readonly string[]>('fixture', { version: '1' })
  .addMap('prices', inner, { retry: { maximumAttempts: 2, initialInterval: 0 } })
  .addNode('sum', (prices: readonly number[]) => ({
    total: prices.reduce((sum, one) => sum + one, 0),
    at: new Date(7),
    seen: new Set(prices),
    big: 12n,
    none: undefined,
  }))
  .addDelay('rest', '1h')
  .addNode('raise', ({ total, ...rest }: { total: number }) => ({ ...rest, total: total + 10 }), {
    retry: { maximumAttempts: 2, initialInterval: 0 },
  })
  .addNode('tell', (found: { total: number }) => found)
  .setStart('prices')
  .addEdge('prices', 'sum')
  .addEdge('sum', 'rest')
  .addEdge('rest', 'raise')
  .addRouter('raise', ({ total }) => (total < 40 ? 'again' : 'enough'), { again: 'raise', enough: 'tell' });

async function goOn(records: readonly JournalRecord[]): Promise<unknown> {
  const journal = new InMemoryJournal();
  const facts = {
    workflow: 'fixture',
    version: '1',
    graphHash: fixed.hash,
    graph: '{}',
    userId: 'alice',
    sessionId: 's',
  };
  await journal.create({ ...KEY, ...facts, createdAt: 0, forkedFrom: undefined }, records, LEASE);
  const clock = new VirtualClock();
  const executor = new LocalExecutor({ journal, clock });
  let result = await fixed.resume(KEY.runId, { executor, tenant: KEY.tenant, takeOver: true });
  if (result.status !== 'suspended') return result.output;
  await clock.advance('2h');
  result = await fixed.resume(KEY.runId, { executor, tenant: KEY.tenant });
  return result.output;
}

async function write(name: string): Promise<void> {
  const journal = new InMemoryJournal();
  const clock = new VirtualClock();
  const options = { executor: new LocalExecutor({ journal, clock }), ...KEY, userId: 'alice' };
  await fixed.run([' a ', 'bb', 'ccc'], options);
  await clock.advance('2h');
  await fixed.resume(KEY.runId, { executor: options.executor, tenant: KEY.tenant });
  const records = await journal.records(KEY, 0, 1_000);
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify({ records }, undefined, 1)}\n`);
}

const { WRITE_JOURNAL } = process.env;
if (WRITE_JOURNAL !== undefined) test('writes a journal', () => write(WRITE_JOURNAL));

const OUTPUT = { at: new Date(7), seen: new Set([1, 2, 3]), big: 12n, none: undefined, total: 46 };

test.each(readdirSync(FOLDER).filter((file) => file.endsWith('.json')))(
  'the journal of %s can be gone on with from every record',
  async (file) => {
    const { records } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Fixture;
    expect(records.length).toBeGreaterThan(15);
    expect(await goOn(records)).toEqual(OUTPUT);
    // A wait is in the store beside the records: from where one is open the store has to be whole.
    const opened = records.findIndex(({ type }) => type === 'wait.opened');
    for (let length = 1; length <= opened; length++) expect(await goOn(records.slice(0, length))).toEqual(OUTPUT);
    const resolved = records.findIndex(({ type }) => type === 'wait.resolved');
    for (let length = resolved + 1; length < records.length; length++)
      expect(await goOn(records.slice(0, length))).toEqual(OUTPUT);
  },
);
