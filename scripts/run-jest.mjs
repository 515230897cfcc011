/**
 * Job: run jest on this repository, with any Node, and tell how many tests passed and failed.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, root, run } from './run-command.mjs';

/** A test file that could not even be loaded counts as one failure. `failed` is at least 1 where jest itself failed. */
export function runJest(args, { node = process.execPath, env = {} } = {}) {
  const report = join(cacheDirectory('jest'), `report-${process.pid}.json`);
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const status = run(node, [jest, ...args, '--json', `--outputFile=${report}`], { env });
  let passed = 0;
  let failed = 0;
  try {
    const totals = JSON.parse(readFileSync(report, 'utf8'));
    passed = totals.numPassedTests;
    failed = totals.numFailedTests + totals.numRuntimeErrorTestSuites;
  } catch {
    // Jest ended before it wrote its report; its status says so.
  }
  rmSync(report, { force: true });
  if (status !== 0) failed = Math.max(1, failed);
  return { status, passed, failed };
}
