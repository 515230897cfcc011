import { buildSync } from 'esbuild';
import { join } from 'node:path';
import { cacheDirectory, root } from './run-command.mjs';

/**
 * Bundles an example with the files it imports, but not with packages; returns the path of the result, which runs the example's
 * `main`, if it has one.
 *
 * @param example a path from `examples/`
 */
export function compileExample(example) {
  const outfile = join(cacheDirectory('examples'), example.replace(/\.ts$/, '.mjs'));
  buildSync({
    stdin: {
      contents: `import * as example from './${example}';\nawait example['main']?.();\n`,
      resolveDir: join(root, 'examples'),
      sourcefile: 'main.ts',
      loader: 'ts',
    },
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    keepNames: true,
    logLevel: 'warning',
    logOverride: { 'import-is-undefined': 'silent' }, // An example without `main`.
    tsconfig: join(root, 'tsconfig.json'),
  });
  return outfile;
}
