import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** A test as users write it: nothing of this package is imported. */
const USER_TEST = `
import { Workflow } from '@drawloom/core';

const greet = Workflow.chain({ trim: (name: string) => name.trim(), greet: (name: string) => 'Hello ' + name });

test('the preset brings the matchers', async () => {
  const result = await greet.run(' Ada ');
  expect(result).toHaveVisited('trim', 'greet');
  expect(() => expect(result).toHaveVisited('greet', 'trim')).toThrow('not visited (again) after "greet"');
  expect(own).toBe('set up by the project');
});
`;

describe('A project whose jest configuration is the preset', () => {
  let project: string;
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'drawloom-preset-'));
    symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'), 'junction');
    writeFileSync(join(project, 'own-setup.js'), "globalThis.own = 'set up by the project';\n");
  });
  afterEach(() => rmSync(project, { recursive: true }));

  it.each([
    ['globals', USER_TEST, {}],
    ['imports', `import { expect, test } from '@jest/globals';\n${USER_TEST}`, { injectGlobals: false }],
  ])(
    'has the matchers in its tests, with %s, beside a set-up of its own',
    (_with, text, options) => {
      // But for the condition, which takes the packages from source, this is all that a user writes.
      const fromSource = { testEnvironmentOptions: { customExportConditions: ['source', 'node'] } };
      const jest = { preset: '@drawloom/testing', setupFilesAfterEnv: ['./own-setup.js'], ...options, ...fromSource };
      writeFileSync(join(project, 'package.json'), JSON.stringify({ jest }));
      writeFileSync(join(project, 'greet.test.ts'), text);
      const cli = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
      const { status, stderr } = spawnSync(process.execPath, [cli, '--colors=false'], {
        cwd: project,
        encoding: 'utf8',
      });
      expect(stderr).toMatch('✓ the preset brings the matchers');
      expect(status).toBe(0);
    },
    30_000,
  );
});
