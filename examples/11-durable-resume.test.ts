import { sqlite } from '@drawloom/sqlite';
import { buildSync } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Services } from './11-durable-resume.js';

const folder = mkdtempSync(join(tmpdir(), 'example-11-'));
const program = join(folder, 'example.mjs');

beforeAll(() => {
  buildSync({
    stdin: { contents: `import { main } from './11-durable-resume';\nawait main();`, resolveDir: __dirname },
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['source'],
    keepNames: true,
    logLevel: 'warning',
    tsconfig: join(__dirname, '../tsconfig.json'),
    // Where the commit thread and the driver are found: in the package, not beside the file that is made here.
    define: {
      'import.meta.url': JSON.stringify(
        pathToFileURL(join(__dirname, '../packages/sqlite/src/store/write-queue.ts')).href,
      ),
    },
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

const start = (...words: string[]) =>
  spawnSync(process.execPath, ['--no-warnings', program, ...words], { encoding: 'utf8' });

test('a process that is killed leaves a run that the next one ends, without doing twice what was done', async () => {
  const first = start('first', folder);
  expect({ signal: first.signal, errors: first.stderr, said: first.stdout }).toEqual({
    signal: 'SIGKILL',
    errors: '',
    said: '',
  });
  const second = start('second', folder);
  expect({ status: second.status, errors: second.stderr, said: second.stdout.trim() }).toEqual({
    status: 0,
    errors: '',
    said: 'a lamp is on its way',
  });
  expect(new Services(join(folder, 'services.txt')).asked).toEqual([
    'reserve (order-17/reserve/1)',
    'charge (order-17/charge/1)',
    'charge (order-17/charge/1)',
    'ship (order-17/ship/1)',
  ]);
  const store = sqlite(join(folder, 'runs.db'));
  expect(await store.run({ tenant: '', runId: 'order-17' })).toMatchObject({ status: 'completed' });
  await store.close();
});

test('the example does both by itself', () => {
  const { status, stdout } = start();
  expect(status).toBe(0);
  expect(stdout).toContain(
    'The first process ended with SIGKILL.\na lamp is on its way\nThe second process ended with 0.',
  );
});
