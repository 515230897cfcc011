import { ed25519Verifier, verifyEvidence } from '@drawloom/core';
import { sqlite } from '@drawloom/sqlite';
import { buildSync } from 'esbuild';
import { spawn } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { licenceText, packageFiles, projectFolder } from '../support/project-folder.js';

// The command as a program of its own, killed at random moments and started again until it comes to its end.

const root = join(__dirname, '../../..');
const cache = join(root, 'node_modules/.cache/drawloom');
mkdirSync(cache, { recursive: true });
const built = mkdtempSync(join(cache, 'killed-review-')); // from here it finds what is installed
const program = join(built, 'main.mjs');

beforeAll(() => {
  buildSync({
    stdin: { contents: `import { main } from '../main';\nawait main();`, resolveDir: __dirname },
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['source'],
    keepNames: true,
    logLevel: 'warning',
    tsconfig: join(root, 'tsconfig.json'),
    external: ['@opentelemetry/*', '@viz-js/*', 'class-*', 'inversify', 'openai', 'reflect-metadata', 'spdx-*', 'zod'],
    // Where the commit thread is found: in the package, not beside the file that is made here.
    define: {
      'import.meta.url': JSON.stringify(pathToFileURL(join(root, 'packages/sqlite/src/store/write-queue.ts')).href),
    },
  });
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly said: string;
}

/** Starts the command in a folder; kills it as soon as it has said so many lines. */
function start(folder: string, killAfter = Infinity): Promise<Ended> {
  const { OPENAI_API_KEY: _, ...env } = process.env;
  const child = spawn(process.execPath, ['--no-warnings', program], { cwd: folder, env: { ...env, CI: '1' } });
  let said = '';
  const hear = (text: string): void => {
    said += text;
    if (said.split('\n').length > killAfter) child.kill('SIGKILL');
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, said }));
  });
}

/** What a review comes to, without what differs between two that find the same: times, the folder and the run. */
async function found(folder: string) {
  const output = join(folder, 'licence-report');
  const read = (file: string): string => readFileSync(join(output, file), 'utf8');
  const [findings] = read('report.md').split('## How the review ran');
  const keys = ed25519Verifier('licence-review', createPublicKey(read('audit-key.public.pem')));
  const { problems, runs } = await verifyEvidence(join(output, 'evidence'), keys);
  return {
    findings: findings!.replace(/^Folder: .*$/m, ''),
    html: read('report.html').includes('<h2'),
    notice: read('NOTICE'),
    problems,
    steps: runs[0]!.steps.filter(({ outcome }) => outcome === 'completed').map(({ node }) => node),
    nested: runs.length - 1,
  };
}

const isOver = (folder: string): boolean => existsSync(join(folder, 'licence-report/reported.txt'));

async function runsIn(folder: string) {
  const journal = sqlite(join(folder, 'licence-report/runs.db'));
  const runs = await journal.runs({ tenant: '', workflow: 'licence-review', limit: 10 });
  await journal.close();
  return runs.map(({ status }) => status);
}

const project = () =>
  projectFolder({
    'package.json': { name: 'shop', dependencies: { a: '*', b: '*', changed: '*' } },
    ...packageFiles('a', { license: 'MIT', text: licenceText('MIT') }),
    ...packageFiles('b', { license: 'ISC', text: licenceText('ISC') }),
    ...packageFiles('changed', { license: 'MPL-2.0', text: licenceText('MPL-2.0') }),
    ...packageFiles('unclear', { license: 'SEE LICENSE IN LICENSE', text: licenceText('BSD-3-Clause') }),
  });

const KILLS = 4;

it('comes to the same reports however often it is killed, in one run that does nothing twice', async () => {
  const whole = project();
  const undisturbed = await start(whole);
  expect(undisturbed).toMatchObject({ code: 0, signal: null });
  const lines = undisturbed.said.split('\n').length;

  const folder = project();
  const moments: number[] = [];
  const starts: Ended[] = [];
  for (let kills = 0; kills < KILLS; kills += 1) {
    // The first kill is in the run for certain, the others anywhere from its first line to its last.
    const moment = kills === 0 ? Math.ceil(lines / 2) : 1 + Math.floor(Math.random() * lines);
    moments.push(moment);
    starts.push(await start(folder, moment));
    if (isOver(folder)) break; // the next start would begin a new review
  }
  if (!isOver(folder)) starts.push(await start(folder));
  const told = `killed after the lines ${moments.join(', ')}:\n${starts.map(({ said }) => said).join('\n──\n')}`;

  const last = starts.at(-1)!;
  expect({ isOver: isOver(folder), isWell: last.code === 0 || last.signal === 'SIGKILL', told }).toEqual({
    isOver: true,
    isWell: true,
    told,
  });
  expect(starts[0]!.signal).toBe('SIGKILL');
  // One that is killed after its first line has not come to say so.
  const goesOn = starts.slice(1).some(({ said }) => said.includes('Going on with'));
  expect({ goesOn, told }).toEqual({ goesOn: true, told });
  expect({ ...(await found(folder)), told }).toEqual({ ...(await found(whole)), told });
  expect({ runs: await runsIn(folder), told }).toEqual({ runs: ['completed'], told });
}, 180_000);
