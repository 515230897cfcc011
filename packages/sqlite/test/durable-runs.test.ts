import { setTimeout } from 'node:timers/promises';
import { buildChild, startChild } from './support/child-program.js';
import { temporaryFiles } from './support/temporary-files.js';
import { withSqlite } from './support/with-sqlite.js';

const files = temporaryFiles();
/** How many steps a process may do before it is killed. */
const LIVES = [1, 2, 3, 5, 8, 13, 4, 6];
/** Of the loop, both at once. */
const BRANCHES = 2;

withSqlite('A run that is carried out by processes that are killed', () => {
  it('comes to the same end, and does again at most what was in progress', async () => {
    const program = buildChild('durable', files.directory);
    const path = files.path();
    const whole = startChild(program, [path, 'whole']);
    expect(await whole.ended).toEqual({ code: 0, errors: '' });

    const done: string[] = [];
    let last: string | undefined;
    for (const life of [...LIVES, Infinity]) {
      const child = startChild(program, [path, 'killed']);
      const isOver = child.ended.then(() => true);
      while (child.lines.length < life && !(await Promise.race([isOver, setTimeout(1, false)])));
      child.process.kill('SIGKILL');
      expect((await child.ended).errors).toBe('');
      done.push(...child.lines.filter((line) => line.startsWith('did ')).map((line) => line.split(' ')[1]!));
      last = child.lines.at(-1);
    }
    expect(last).toBe(whole.lines.at(-1));
    expect(last).toMatch(/^output 20 /);
    const steps = new Set(whole.lines.slice(0, -1).map((line) => line.split(' ')[1]!.replace('whole', 'killed')));
    expect(new Set(done)).toEqual(steps);
    expect(done.length - steps.size).toBeLessThanOrEqual(LIVES.length * BRANCHES);
  }, 60_000);
});
