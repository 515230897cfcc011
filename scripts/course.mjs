/**
 * `npm run course`: the course. Installs and builds what is needed, then runs every numbered example (`examples/01-….ts`) in order
 * and prints what it prints. `npm run course -- 03 05` runs only those whose names begin so; `npm run course -- builder` runs the second
 * series, workflows without classes (`examples/builder/01-….ts`).
 *
 * An example that exports `main` has it called; one that does its work at the top level is simply imported. Either runs in a
 * process of its own, against the built packages, as in a project that has installed them.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';
import { root, run, runNode } from './run-command.mjs';

const only = process.argv.slice(2);
const course = examplesIn('');
const examples =
  only.length === 0
    ? course
    : [...course, ...examplesIn('builder/')].filter((name) => only.some((prefix) => name.startsWith(prefix)));
if (examples.length === 0) {
  console.error(`No example in examples/ has a name that begins with ${only.join(' or ') || 'a number'}.`);
  process.exit(1);
}

ensureInstalled();
const built = runNode('scripts/build.mjs');
if (built !== 0) process.exit(built);

const { compileExample } = await import('./compile-example.mjs');
const failed = [];
for (const example of examples) {
  console.log(`\n── ${example} ${'─'.repeat(Math.max(0, 90 - example.length))}`);
  const status = run(process.execPath, ['--enable-source-maps', compileExample(example)]);
  if (status !== 0) failed.push(example);
}
if (failed.length > 0) console.error(`\nFailed: ${failed.join(', ')}`);
if (only.length === 0) console.log('\nWorkflows without classes: npm run course -- builder');
process.exit(failed.length > 0 ? 1 : 0);

/** The numbered examples of a folder of `examples/`, in order, by their paths from there. */
function examplesIn(folder) {
  return readdirSync(join(root, 'examples', folder))
    .filter((name) => /^\d+-.*\.ts$/.test(name) && !/\.(test|test-d)\.ts$/.test(name))
    .map((name) => `${folder}${name}`)
    .sort();
}
