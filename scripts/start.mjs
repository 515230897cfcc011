/**
 * `npm start`: the licence review of `examples/licence-review/`, over this repository's own packages or those of another folder:
 * `npm start -- ../shop`. Installs what is needed. Nothing has to be built: the example and the packages of this repository are
 * joined into one file from their sources, which takes less than a second.
 */
import { builtinModules } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled } from './ensure-installed.mjs';
import { cacheDirectory, root, run } from './run-command.mjs';

ensureInstalled();
const { build } = await import('esbuild');

const outfile = join(cacheDirectory('licence-review'), 'main.mjs');
await build({
  stdin: {
    contents: `import { main } from './licence-review/main.js';\nawait main();\n`,
    resolveDir: join(root, 'examples'),
    sourcefile: 'start.ts',
    loader: 'ts',
  },
  outfile,
  bundle: true,
  conditions: ['source'],
  plugins: [{ name: 'packages-of-others', setup: leaveOut }],
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  keepNames: true,
  logLevel: 'warning',
  tsconfig: join(root, 'tsconfig.json'),
});
process.exit(run(process.execPath, ['--enable-source-maps', outfile, ...process.argv.slice(2)]));

/** Everything but this repository's own is loaded from where it is installed, as seen from whoever imports it. */
function leaveOut(build) {
  build.onResolve({ filter: /^[^./]/ }, async ({ path, resolveDir, kind, pluginData }) => {
    if (pluginData === 'asked' || path.startsWith('@drawloom/') || isAbsolute(path)) return undefined;
    if (path.startsWith('node:') || builtinModules.includes(path)) return { path, external: true };
    const found = await build.resolve(path, { resolveDir, kind, pluginData: 'asked' });
    return found.errors.length > 0
      ? { path, external: true }
      : { path: pathToFileURL(found.path).href, external: true };
  });
}
