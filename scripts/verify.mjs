/**
 * `npm run verify`: every check of this repository, in order, each with its reason. Goes on after a failure, lists all
 * failures at the end and fails if there is one. `npm run verify -- lint docs` runs only those; `--no-tests` leaves out the tests.
 */
import { readdirSync } from 'node:fs';
import { ensureInstalled } from './ensure-installed.mjs';
import { compilers, root, runNode } from './run-command.mjs';
import { join } from 'node:path';

const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);

const checks = [
  {
    name: 'format',
    reason: 'One layout for all, so that a diff shows only what changed. To mend: npm run format.',
    run: () => [runNode('node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.'])],
  },
  {
    name: 'lint',
    reason: 'The layer rule keeps core readable from the top down; the determinism rule keeps its runs replayable.',
    run: () => [runNode('node_modules/eslint/bin/eslint.js', ['.', '--max-warnings=0'])],
  },
  {
    name: 'types',
    reason: 'Mistakes in a workflow are found by the compiler. TypeScript 6 builds this; users come with 7 as well.',
    run: () => [runNode(compilers[6], ['-p', 'tsconfig.json']), runNode(compilers[7], ['-p', 'tsconfig.json'])],
  },
  {
    name: 'type-tests',
    reason: 'What the compiler tells users is a promise, on TypeScript 5.9 too: everything in *.test-d.ts.',
    run: () => [runNode(compilers['5.9'], ['-p', 'tsconfig.type-tests.json'])],
  },
  {
    name: 'tests',
    reason: 'They are what says that it works.',
    run: () => [runNode('scripts/test.mjs')],
  },
  {
    name: 'docs',
    reason: 'A page that names a file that is gone, or shows code that does not compile, is worse than none.',
    run: () => [runNode('scripts/check-docs.mjs')],
  },
  {
    name: 'exports',
    reason: 'What is published must resolve for everyone (publint); what nobody uses must go (knip).',
    run: () => [
      runNode('scripts/build.mjs'),
      ...packages.map((path) => runNode('node_modules/publint/src/cli.js', ['run', path, '--strict'])),
      runNode('node_modules/knip/bin/knip.js'),
    ],
  },
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => name !== '--no-tests' && !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(
    `No such check: ${unknown.join(', ')} (there are ${checks.map(({ name }) => name).join(', ')}, and --no-tests)`,
  );
  process.exit(2);
}
const names = asked.filter((name) => name !== '--no-tests');
const chosen = checks
  .filter(({ name }) => names.length === 0 || names.includes(name))
  .filter(({ name }) => name !== 'tests' || !asked.includes('--no-tests'));

ensureInstalled();
const failed = [];
for (const { name, reason, run } of chosen) {
  const started = Date.now();
  console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 86 - name.length))}\n   ${reason}\n`);
  if (run().some((status) => status !== 0)) failed.push({ name, reason });
  console.log(`   ${failed.at(-1)?.name === name ? 'FAILED' : 'ok'} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

console.log(`\n${'─'.repeat(90)}`);
for (const { name, reason } of failed) console.log(`FAILED: ${name}. ${reason}`);
console.log(`${chosen.length - failed.length} of ${chosen.length} checks passed.`);
process.exit(failed.length > 0 ? 1 : 0);
