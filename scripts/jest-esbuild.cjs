/**
 * Job: compile TypeScript for jest with esbuild, as `tsx` and its like do. Its options stand in `jest.config.ts`.
 */
'use strict';

const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { pathToFileURL } = require('node:url');
const { transformSync, version } = require('esbuild');

const compiler = `${version}\n${readFileSync(require.resolve('./jest-esbuild.cjs'), 'utf8')}`;

module.exports = {
  process: (source, path, { transformerConfig }) =>
    transformSync(source, {
      ...transformerConfig,
      format: 'cjs', // which has no `import.meta` of its own
      define: { 'import.meta.url': JSON.stringify(pathToFileURL(path).href) },
      sourcefile: path,
      sourcemap: 'external',
    }),
  // Jest's own key knows neither this file nor the version of esbuild.
  getCacheKey: (source, path, { configString }) =>
    createHash('sha256').update([compiler, configString, path, source].join('\0')).digest('hex'),
};
