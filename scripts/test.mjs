/**
 * `npm test`: every test, on a machine that may have nothing but Node and a checkout. Needs no build: tests run from source.
 * Arguments go to jest (`npm test -- packages/core --watch`). The last line is "N passed, N failed".
 */
import { ensureInstalled } from './ensure-installed.mjs';
import { runJest } from './run-jest.mjs';

ensureInstalled();
const { status, passed, failed } = runJest(process.argv.slice(2));
console.log(`${passed} passed, ${failed} failed`);
process.exit(status);
