import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A life takes a second; one that takes this long stands still, also on a busy machine. Milliseconds. */
const STUCK = 60_000;
/** What stands still is asked what it waits for, and has so long to answer. */
const TO_ANSWER = 5_000;

/** How a life is to end: at a write (less than 0: before it), or so many milliseconds after it has begun; else by itself. */
export interface Fate {
  readonly lastWrite?: number;
  readonly killAfter?: number;
}

/** What a life said. */
export interface LifeReport {
  /** Up to which record each run was acknowledged. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Of one that has ended by itself. */
  readonly end?: {
    readonly writes: number;
    /** By the names of the golden runs. */
    readonly outcomes: Readonly<Record<string, unknown>>;
  };
}

/**
 * Has a process live on a file until its fate, or until every run is over; then its report has an end.
 *
 * @throws AssertionError for whatever else ends it: an error, another signal, standing still.
 */
export async function live(
  words: readonly [program: string, file: string, durability: string, seed: number],
  { lastWrite = 0, killAfter }: Fate = {},
): Promise<LifeReport> {
  const [program, file, durability, seed] = words;
  const given = [program, `${file}.db`, `${file}.notes`, durability, String(seed), String(lastWrite)];
  const child = spawn(process.execPath, ['--no-warnings', ...given], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let errors = '';
  let kill: NodeJS.Timeout | undefined;
  let mayBeKilled = killAfter !== undefined || lastWrite !== 0;
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (killAfter !== undefined) kill ??= setTimeout(() => child.kill('SIGKILL'), killAfter);
  });
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const timers = [
    setTimeout(() => {
      mayBeKilled = false;
      errors += `It stood still for ${STUCK / 1_000} s. `;
      child.kill('SIGTERM');
    }, STUCK),
    setTimeout(() => {
      errors += 'It did not answer either.';
      child.kill('SIGKILL');
    }, STUCK + TO_ANSWER),
  ];
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  for (const timer of [kill, ...timers]) clearTimeout(timer);
  const isRight = errors === '' && (code === 0 || (signal === 'SIGKILL' && mayBeKilled));
  assert.ok(isRight, `a life ended with ${signal ?? code}: ${errors}`);
  const lines = said.split('\n').slice(1, -1); // what comes after the last end of a line was cut off
  const hasEnd = lines.at(-1)?.startsWith('{') === true; // it may be killed after it
  const end = hasEnd ? (JSON.parse(lines.pop()!) as LifeReport['end']) : undefined;
  const acknowledged = new Map(lines.map((line) => line.split(' ')).map(([runId, seq]) => [runId!, Number(seq)]));
  return { acknowledged, ...(end && { end }) };
}
