/**
 * Job: kills processes that carry out every golden run on one SQLite file, at random moments and at writes, until all runs
 * are over; file after file, until there were enough kills. After each kill it looks at what was recorded by then.
 *
 * Invariants.
 * A. What is recorded as done is never done again.
 * B. In one life of a process nothing is done twice: what was in flight is done again at most once for each crash.
 * C. No run is lost: what was there after one kill is there after the next, and its records only grow.
 * D. Each run ends as the undisturbed one does.
 * E. What is done again has the same idempotency key: all that was ever done is what the undisturbed life did.
 * F. What was acknowledged is there.
 *
 * Words: the program of a life, how many kills, the seed. A seed makes the same choices again.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefinitionError, type JournalRecord } from '@drawloom/core';
import { sqlite } from '@drawloom/sqlite';
import { RecordedWork } from '../../packages/core/test/support/recorded-work.js';
import { live, type Fate, type LifeReport } from './live.js';
import { randomFrom } from './random.js';

const [program, kills, seed] = process.argv.slice(2);
const wanted = Number(kills);
/** Files at a time: a life waits for its runs as often as it works. */
const AT_ONCE = 2;
const TELL_EVERY = 25;
/** In an undisturbed life about a second passes until everything is over. Milliseconds. */
const LONGEST_LIFE = 500;
const directory = mkdtempSync(join(tmpdir(), 'drawloom-crash-'));
const began = Date.now();

type LifeEnd = NonNullable<LifeReport['end']>;
type Records = ReadonlyMap<string, readonly JournalRecord[]>;
const counts = { kills: 0, atWrites: 0, files: 0, repeated: 0 };

function notesOf(file: string): readonly string[] {
  return existsSync(`${file}.notes`) ? readFileSync(`${file}.notes`, 'utf8').split('\n').filter(Boolean) : [];
}

/** What the store holds, by run. */
async function recordsOf(file: string): Promise<Records> {
  const store = sqlite(`${file}.db`);
  try {
    const runs = await store.runs({ tenant: '', limit: 1_000 });
    const all = runs.map(async ({ runId }) => [runId, await store.records({ tenant: '', runId }, 0, 1e6)] as const);
    return new Map(await Promise.all(all));
  } finally {
    await store.close();
  }
}

const textsOf = (records: readonly JournalRecord[]): readonly string[] => records.map(({ text }) => text);

/** One file, taken through kills until its runs are over. */
class KilledFile {
  readonly #file: string;
  readonly #random: () => number;
  readonly #durability: string;
  #records: Records = new Map();
  #done: readonly RecordedWork[] = [];
  #noted: readonly string[] = [];

  constructor(index: number) {
    this.#file = join(directory, `file-${index}`);
    this.#random = randomFrom(Number(seed) * 10_007 + index);
    this.#durability = this.#random() < 0.5 ? 'full' : 'normal';
  }

  async carryOn(undisturbed: LifeEnd, notes: ReadonlySet<string>): Promise<void> {
    for (let lives = 1; ; lives++) {
      const fate = this.#nextFate(undisturbed.writes);
      const { acknowledged, end } = await live(
        [program!, this.#file, this.#durability, Math.floor(this.#random() * 2 ** 32)],
        fate,
      );
      const where = `life ${lives} of ${this.#file}.db (${this.#durability}, ${JSON.stringify(fate)})`;
      this.#checkNotes(where);
      await this.#checkRecords(where);
      for (const [runId, seq] of acknowledged)
        assert.ok((this.#records.get(runId)?.length ?? 0) >= seq, `F. record ${seq} of ${runId} is lost, in ${where}`);
      if (end === undefined) {
        countKill(fate);
        continue;
      }
      assert.deepEqual(end.outcomes, undisturbed.outcomes, `D. a run ended otherwise than undisturbed, in ${where}`);
      assert.deepEqual([...new Set(this.#noted)].sort(), [...notes].sort(), `E. other things were done, in ${where}`);
      return;
    }
  }

  /** Where there were enough kills, it may live. */
  #nextFate(writes: number): Fate {
    const atWrite = this.#random() < 0.5;
    const write = Math.ceil(this.#random() ** 2 * writes) * (this.#random() < 0.5 ? -1 : 1);
    const killAfter = Math.ceil(this.#random() * LONGEST_LIFE);
    if (counts.kills >= wanted) return {};
    return atWrite ? { lastWrite: write } : { killAfter };
  }

  #checkNotes(where: string): void {
    const all = notesOf(this.#file);
    const notes = all.slice(this.#noted.length);
    const before = new Set(this.#noted);
    counts.repeated += notes.filter((what) => before.has(what)).length;
    for (const [index, what] of notes.entries()) {
      const isRecorded = this.#done.some((work) => work.has(what));
      assert.ok(!isRecorded, `A. ${what} was recorded as done, and is done again, in ${where}`);
      assert.equal(notes.indexOf(what), index, `B. ${what} was done twice, in ${where}`);
    }
    this.#noted = all;
  }

  async #checkRecords(where: string): Promise<void> {
    const now = await recordsOf(this.#file);
    for (const [runId, records] of this.#records) {
      const kept = now.get(runId)?.slice(0, records.length);
      assert.ok(kept !== undefined, `C. ${runId} is lost, in ${where}`);
      assert.deepEqual(textsOf(kept), textsOf(records), `C. records of ${runId} are not what they were, in ${where}`);
    }
    this.#records = now;
    this.#done = [...now].map(([runId, records]) => new RecordedWork(runId, records));
  }
}

function countKill({ lastWrite }: Fate): void {
  counts.kills++;
  if (lastWrite !== undefined) counts.atWrites++;
  if (counts.kills % TELL_EVERY !== 0) return;
  const { kills, atWrites, files, repeated } = counts;
  const seconds = Math.round((Date.now() - began) / 1_000);
  console.log(`${kills} kills (${atWrites} at writes) on ${files} files, ${repeated} steps repeated, ${seconds} s`);
}

/** Ends the campaign where this Node has no SQLite, and better-sqlite3 could not be built; says why. */
async function needSqlite(): Promise<void> {
  try {
    await sqlite(join(directory, 'first.db')).close();
  } catch (error) {
    if (!DefinitionError.is(error)) throw error;
    console.warn(`SKIPPED: ${error.message}`);
    process.exit(0);
  }
}

console.log(`Crash campaign of ${wanted} kills, seed ${seed}.`);
await needSqlite();
try {
  const file = join(directory, 'undisturbed');
  const undisturbed = (await live([program!, file, 'normal', Number(seed)])).end!;
  const notes = new Set(notesOf(file));
  const work = async (): Promise<void> => {
    while (counts.kills < wanted) await new KilledFile(++counts.files).carryOn(undisturbed, notes);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const seconds = Math.round((Date.now() - began) / 1_000);
  console.log(`${counts.kills} kills (${counts.atWrites} at writes) on ${counts.files} files in ${seconds} s:`);
  console.log(`nothing lost, ${counts.repeated} steps that were in flight repeated, every outcome the same.`);
  rmSync(directory, { recursive: true, force: true });
} catch (error) {
  console.error(`After ${counts.kills} kills. The files are kept: ${directory}`);
  console.error(`The same choices again: npm run campaign:crash -- --kills=${wanted} --seed=${seed}\n`);
  console.error((error as Error).message);
  process.exit(1);
}
