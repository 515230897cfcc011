/**
 * Job: gives `expect` the matchers of Drawloom in every test file; the preset names it in `setupFilesAfterEnv`.
 * Boundary: loads the matchers only, and they load nothing: a test file that has no workflow pays for none.
 */
'use strict';

// From here, not from the global: a project may have `injectGlobals: false`. Jest itself answers this `require`.
const { expect } = require('@jest/globals');

expect.extend(require('@drawloom/testing/matchers'));
