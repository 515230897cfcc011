import { setTimeout } from 'node:timers/promises';
import { sqlite } from '../src/index.js';
import { buildChild, startChild, type Child } from './support/child-program.js';
import { temporaryFiles } from './support/temporary-files.js';
import { withSqlite } from './support/with-sqlite.js';

const files = temporaryFiles();
const RUNS = ['a', 'b', 'c', 'd'];
const STEPS = 10;
/** How long a step takes: so long that a machine which stands still for a moment changes nothing. */
const MS = '500';
const LONG_MS = '1500';

/** What is waited for is a process; nothing else tells when it has come so far. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await setTimeout(2);
}

const linesOf = ({ lines }: Child, word: string): string[] => lines.filter((line) => line.startsWith(`${word} `));
const tell = (child: Child, line: string): unknown => child.process.stdin!.write(`${line}\n`);

async function end(child: Child): Promise<void> {
  child.process.stdin!.end();
  expect(await child.ended).toEqual({ code: 0, errors: '' });
}

/** Which visits of the loop's step are recorded as completed, in the order of their records. */
async function completedVisits(path: string, runId: string): Promise<number[]> {
  const store = sqlite(path);
  const records = await store.records({ tenant: '', runId }, 0, Infinity);
  expect(await store.run({ tenant: '', runId })).toMatchObject({ status: 'completed', length: records.length });
  await store.close();
  expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
  const bodies = records.map(({ text }) => JSON.parse(text) as { type: string; visit: number });
  return bodies.filter(({ type }) => type === 'step.completed').map(({ visit }) => visit);
}

const ALL_VISITS = Array.from({ length: STEPS }, (_, index) => index + 1);

withSqlite('Two processes and one run', () => {
  const program = (): string => buildChild('worker', files.directory);

  it('go on one after the other: who was stopped past its lease begins at most one more step, and commits nothing', async () => {
    const file = program();
    const path = files.path();
    const first = startChild(file, [path, '600ms', LONG_MS]);
    tell(first, 'start r');
    await until(() => linesOf(first, 'did').length === 3);
    first.process.kill('SIGSTOP'); // in the middle of a step, and of no write
    const second = startChild(file, [path, '600ms', '30']);
    tell(second, 'await r');
    await until(() => linesOf(second, 'did').length >= 2);
    const begun = linesOf(first, 'did').length;
    first.process.kill('SIGCONT');
    await end(first);
    await end(second);
    expect(linesOf(first, 'error')).toEqual(['error r LEASE_LOST']);
    expect(linesOf(first, 'did').length - begun).toBeLessThanOrEqual(1);
    expect(linesOf(second, 'output')).toEqual([`output r ${STEPS}`]);
    // The third visit was in progress: it is done again, and none that is recorded is.
    expect(linesOf(second, 'did')[0]).toBe('did r/count/3');
    expect(await completedVisits(path, 'r')).toEqual(ALL_VISITS);
  });

  /** Runs that a process has begun and will not end. */
  async function leftRuns(file: string, path: string): Promise<Child[]> {
    const left = startChild(file, [path, '100ms', '60000']);
    for (const runId of RUNS) tell(left, `start ${runId}`);
    await until(() => linesOf(left, 'did').length === RUNS.length);
    left.process.kill('SIGKILL');
    await left.ended;
    const store = sqlite(path);
    const isFree = async (): Promise<boolean> =>
      (await store.runs({ tenant: '' })).every(({ leaseUntil }) => leaseUntil < Date.now());
    await until(isFree);
    await store.close();
    const both = [1, 2].map(() => startChild(file, [path, '30s', MS]));
    await until(() => both.every(({ lines }) => lines.includes('ready')));
    return both;
  }

  it('resume it at once: one carries it out, the other is told that it is elsewhere', async () => {
    const path = files.path();
    const both = await leftRuns(program(), path);
    for (const runId of RUNS) for (const child of both) tell(child, `resume ${runId}`);
    await Promise.all(both.map(end));
    for (const runId of RUNS) {
      const ends = both.flatMap(({ lines }) => lines.filter((line) => /^(output|error) /.test(line) && line.split(' ')[1] === runId)); // prettier-ignore
      expect(ends.sort()).toEqual([`error ${runId} RUN_ELSEWHERE`, `output ${runId} ${STEPS}`]);
      const did = both.flatMap((child) => linesOf(child, 'did')).filter((line) => line.startsWith(`did ${runId}/`));
      expect(new Set(did).size).toBe(did.length);
      expect(await completedVisits(path, runId)).toEqual(ALL_VISITS);
    }
  });

  it('take it from each other at once: one ends it, the other stops before its next commit', async () => {
    const path = files.path();
    const both = await leftRuns(program(), path);
    for (const runId of RUNS) for (const child of both) tell(child, `take ${runId}`);
    await Promise.all(both.map(end));
    for (const runId of RUNS) {
      const ends = both.flatMap(({ lines }) => lines.filter((line) => /^(output|error) /.test(line) && line.split(' ')[1] === runId)); // prettier-ignore
      expect(ends.sort()).toEqual([`error ${runId} LEASE_LOST`, `output ${runId} ${STEPS}`]);
      expect(await completedVisits(path, runId)).toEqual(ALL_VISITS);
    }
  });
});
