/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

const config: Config = {
  preset: '@drawloom/testing',
  // Workspace packages are tested from their TypeScript source (the `source` export condition): no build needed.
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  // Jest leaves one core to itself, which on two cores is half of them.
  maxWorkers: '100%',
  collectCoverageFrom: ['packages/*/src/**/*.ts', '!**/*.test.ts', '!**/*.test-d.ts', '!**/*.campaign.ts'],
};

export default config;
