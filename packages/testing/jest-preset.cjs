/**
 * The jest preset for TypeScript projects that use Drawloom: `"jest": { "preset": "@drawloom/testing" }`.
 *
 * Job: run `.ts` tests through swc as CommonJS, with legacy decorators, on every Node that Drawloom supports.
 * Boundary: says nothing about which tests there are, how many workers run, or coverage thresholds; those are the project's.
 *
 * A. Packages that ship only ES modules are transformed too: jest cannot `require` them on Node 20.
 * B. Decorator metadata (`design:*`) is not emitted, so a test cannot pass here and fail under an esbuild-based runner.
 */
'use strict';

/** Invariant A. A project that needs more of them extends `transformIgnorePatterns` with its own list. */
const esModulePackages = ['@drawloom', '@inversifyjs', 'inversify', 'uuid'];

/** swc options for one syntax; `.swcrc` files are ignored so that the result does not depend on the folder. */
function swcOptions(parser) {
  return {
    swcrc: false,
    sourceMaps: 'inline',
    module: { type: 'commonjs' },
    jsc: {
      target: 'es2022',
      parser,
      keepClassNames: true,
      transform: { legacyDecorator: true, decoratorMetadata: false, useDefineForClassFields: true },
    },
  };
}

module.exports = {
  testEnvironment: 'node',
  setupFilesAfterEnv: [require.resolve('./jest-setup.cjs')],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  moduleFileExtensions: ['ts', 'tsx', 'mts', 'cts', 'js', 'mjs', 'cjs', 'json', 'node'],
  // `./x.js` in a TypeScript file means `./x.ts`. The literal file wins, so that packages which ship both keep their `.js`.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1.ts', '$1.tsx'] },
  transform: {
    '\\.[cm]?tsx?$': [require.resolve('@swc/jest'), swcOptions({ syntax: 'typescript', decorators: true })],
    '\\.[cm]?js$': [require.resolve('@swc/jest'), swcOptions({ syntax: 'ecmascript' })],
  },
  transformIgnorePatterns: [
    `[/\\\\]node_modules[/\\\\](?!(?:.*[/\\\\]node_modules[/\\\\])?(?:${esModulePackages.join('|')})[/\\\\])`,
  ],
  coverageProvider: 'v8',
};
