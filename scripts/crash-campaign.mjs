/**
 * `npm run campaign:crash`: processes that carry out durable runs are killed 1,000 times, or 200 times with `--short`, and
 * others go on (`integration/crash/`). `--seed=7` makes the choices of that seed again, `--kills=50` as many as it says.
 * npm builds the packages first.
 */
import { buildSync } from 'esbuild';
import { join } from 'node:path';
import { cacheDirectory, root, run } from './run-command.mjs';

const words = process.argv.slice(2);
const given = (name) => words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const kills = given('kills') ?? (words.includes('--short') ? '200' : '1000');
const seed = given('seed') ?? String(Date.now() % 1_000_000);

const outdir = cacheDirectory('crash');
buildSync({
  entryPoints: ['life', 'campaign'].map((name) => join(root, 'integration/crash', `${name}.ts`)),
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  logLevel: 'warning',
});
const [campaign, life] = ['campaign', 'life'].map((name) => join(outdir, `${name}.mjs`));
process.exit(run(process.execPath, ['--no-warnings', campaign, life, kills, seed]));
