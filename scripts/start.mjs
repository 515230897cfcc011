/**
 * `npm start`: the licence review of `examples/licence-review/`, over this repository's own packages or those of another folder:
 * `npm start -- ../shop`. Installs and builds what is needed, then hands over: arguments and exit code are the example's.
 */
import { ensureInstalled } from './ensure-installed.mjs';
import { run, runNode } from './run-command.mjs';

ensureInstalled();
const built = runNode('scripts/build.mjs');
if (built !== 0) process.exit(built);

const { compileExample } = await import('./compile-example.mjs');
const main = compileExample('licence-review/main.ts');
process.exit(run(process.execPath, ['--enable-source-maps', main, ...process.argv.slice(2)]));
