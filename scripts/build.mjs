/**
 * `npm run build`: compiles every package into its dist folder, then joins core into one file, because a process that
 * imports the framework pays for every file: fifty small modules take twice as long to load as one. It also pays for
 * every letter and every name, so that file has no comments, and short names where nobody sees them.
 */
import { transform } from '@swc/core';
import { build } from 'esbuild';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compilers, root, runNode } from './run-command.mjs';

if (runNode(compilers[6], ['-b', 'tsconfig.build.json']) !== 0) process.exit(1);

const dist = join(root, 'packages/core/dist');
const joined = join(dist, 'drawloom-core.js');
await build({
  // Both entries are in the one file, so that they share every class; the types say what each of them exports.
  stdin: { contents: `export * from './index.js'; export * from './front-end.js';`, resolveDir: dist },
  outfile: joined,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'esnext',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
});
const { code, map } = await withShortLocals(withClassNames(readFileSync(joined, 'utf8')), `${joined}.map`);
writeFileSync(joined, `${code}//# sourceMappingURL=drawloom-core.js.map\n`);
writeFileSync(`${joined}.map`, map);
for (const [name, value] of Object.entries(await import(pathToFileURL(joined).href))) {
  const isClass = typeof value === 'function' && /^class\b/.test(value.toString());
  if (isClass && value.name !== name) throw new Error(`the joining renamed class ${name} to ${value.name}`);
}

/**
 * A class that mentions itself is written as `var X = class _X` by the joining, and the name of an error class is part of
 * what users see. `keepNames` would set the name of every function too, while the file is loaded and each time a
 * closure is made: a tenth of what starting up costs.
 */
function withClassNames(code) {
  const renamed = [...code.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name]) => name);
  return renamed.reduce((text, name) => text.replaceAll(new RegExp(`\\b_${name}\\b`, 'g'), name), code);
}

/**
 * Variables and parameters get short names; whatever a stack trace can name keeps its own, and lines stay lines, because
 * Node shows the line of an error that nobody has caught.
 */
function withShortLocals(code, mapFile) {
  const mangle = { toplevel: false, keep_classnames: true, keep_fnames: true, keep_private_props: true };
  return transform(code, {
    swcrc: false,
    configFile: false,
    isModule: true,
    inputSourceMap: readFileSync(mapFile, 'utf8'),
    sourceMaps: true,
    jsc: {
      target: 'esnext',
      parser: { syntax: 'ecmascript' },
      minify: { compress: false, mangle, format: { comments: false } },
    },
  });
}
