/**
 * `npm run build`: compiles every package into its dist folder, then joins core into one file, because a process that
 * imports the framework pays for every file: fifty small modules take twice as long to load as one.
 */
import { build } from 'esbuild';
import { join } from 'node:path';
import { compilers, root, runNode } from './run-command.mjs';

if (runNode(compilers[6], ['-b', 'tsconfig.build.json']) !== 0) process.exit(1);

const dist = join(root, 'packages/core/dist');
await build({
  // Both entries are in the one file, so that they share every class; the types say what each of them exports.
  stdin: { contents: `export * from './index.js'; export * from './front-end.js';`, resolveDir: dist },
  outfile: join(dist, 'drawloom-core.js'),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'esnext',
  keepNames: true, // the name of an error class is part of what users see
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
});
