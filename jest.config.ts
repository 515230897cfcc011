/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

const shared: Config = {
  preset: '@drawloom/testing',
  // Workspace packages are tested from their TypeScript source (the `source` export condition): no build needed.
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
};

const config: Config = {
  // Jest leaves one core to itself, which on two cores is half of them.
  maxWorkers: '100%',
  // What hangs still fails; a busy machine that stands still for some seconds does not fail a test of 200 ms.
  testTimeout: 30_000,
  collectCoverageFrom: ['packages/*/src/**/*.ts', '!**/*.test.ts', '!**/*.test-d.ts', '!**/*.campaign.ts'],
  projects: [
    shared,
    {
      // Many users compile with esbuild, and decorators are where compilers differ: it emits no metadata, and it keeps
      // decorated classes under other names. So the tests of classes run a second time, with everything compiled by it.
      ...shared,
      displayName: 'esbuild',
      roots: ['<rootDir>/packages/decorators'],
      // What asks the compiler itself gives the same answers again.
      testPathIgnorePatterns: ['/node_modules/', '/dist/', '/type-messages\\.test\\.ts$', '\\.campaign\\.ts$'],
      transform: {
        '\\.[cm]?tsx?$': [
          '<rootDir>/scripts/jest-esbuild.cjs',
          {
            loader: 'ts',
            target: 'es2022',
            // As classes and modules are: what cannot be written throws.
            tsconfigRaw: {
              compilerOptions: { alwaysStrict: true, experimentalDecorators: true, useDefineForClassFields: true },
            },
          },
        ],
      },
    },
  ],
};

export default config;
