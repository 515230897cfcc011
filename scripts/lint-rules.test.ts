import { ESLint } from 'eslint';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import tseslint from 'typescript-eslint';
import config, { coreLayers, decoratorLayers } from '../eslint.config.js';

const root = join(import.meta.dirname, '..');

// The files below do not exist, so rules that ask the type checker are off.
const withoutTypes = {
  files: ['**/*.ts'],
  languageOptions: { parserOptions: { projectService: false } },
  rules: tseslint.configs.disableTypeChecked.rules,
};
const eslint = new ESLint({ cwd: root, overrideConfigFile: true, overrideConfig: [...config, withoutTypes] as never });

/** The messages that ESLint reports for `code` as the content of `path`. */
async function lint(path: string, code: string): Promise<string[]> {
  const results = await eslint.lintText(code, { filePath: join(root, path) });
  return results.flatMap((result) => result.messages.map((message) => message.message));
}

describe('the layer rule', () => {
  const forms = {
    import: (from: string) => `import { x } from '${from}';\nexport const y = x;\n`,
    'import type': (from: string) => `import type { X } from '${from}';\nexport type Y = X;\n`,
    'export from': (from: string) => `export { x } from '${from}';\n`,
    'import()': (from: string) => `export const load = () => import('${from}');\n`,
    'type import()': (from: string) => `export type Y = import('${from}').X;\n`,
  };

  it.each(Object.entries(forms))('refuses a later folder through %s, and names the rule', async (_form, code) => {
    const messages = await lint('packages/core/src/graph/compile-graph.ts', code('../execution/executor.js'));
    expect(messages).toEqual([
      expect.stringContaining('packages/core/src/graph imports only from errors, values and itself'),
    ]);
    expect(messages[0]).toContain('ARCHITECTURE.md');
  });

  it.each(Object.entries(forms))('allows an earlier folder through %s', async (_form, code) => {
    expect(await lint('packages/core/src/graph/compile-graph.ts', code('../errors/definition-error.js'))).toEqual([]);
  });

  it('holds for every pair of folders', async () => {
    for (const [position, folder] of coreLayers.entries()) {
      for (const [otherPosition, other] of coreLayers.entries()) {
        const messages = await lint(`packages/core/src/${folder}/some-file.ts`, forms.import(`../${other}/thing.js`));
        expect({ folder, other, refused: messages.length > 0 }).toEqual({
          folder,
          other,
          refused: otherPosition > position,
        });
      }
    }
  });

  it('looks through nested folders, and leaves a folder its own', async () => {
    expect(
      await lint('packages/core/src/graph/draw/mermaid.ts', forms.import('../../workflow/workflow.js')),
    ).toHaveLength(1);
    expect(await lint('packages/core/src/graph/draw/mermaid.ts', forms.import('../schedule-table.js'))).toEqual([]);
    expect(await lint('packages/core/src/graph/compile-graph.ts', forms.import('./draw/mermaid.js'))).toEqual([]);
  });

  it('refuses the package entry from inside', async () => {
    expect(await lint('packages/core/src/workflow/workflow.ts', forms.import('../index.js'))).toHaveLength(1);
  });

  it('refuses sibling packages everywhere in core, and core itself by name', async () => {
    for (const file of ['index.ts', 'errors/workflow-error.ts', 'workflow/workflow.ts']) {
      for (const name of ['@drawloom/testing', '@drawloom/core']) {
        expect(await lint(`packages/core/src/${file}`, forms.import(name))).toHaveLength(1);
      }
    }
  });

  it('leaves tests free to look at every layer', async () => {
    expect(
      await lint('packages/core/src/errors/workflow-error.test.ts', forms.import('../workflow/workflow.js')),
    ).toEqual([]);
  });

  it.each([
    ['core', coreLayers],
    ['decorators', decoratorLayers],
  ])('knows every folder of packages/%s/src', (name, layers) => {
    const entries = readdirSync(join(root, 'packages', name, 'src'), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    expect(layers).toEqual(expect.arrayContaining(folders));
  });
});

describe('the layer rule of packages/decorators', () => {
  const value = (from: string) => `import { x } from '${from}';\nexport const y = x;\n`;
  const type = (from: string) => `import type { X } from '${from}';\nexport type Y = X;\n`;
  const inFolder = (folder: string, code: string) => lint(`packages/decorators/src/${folder}/some-file.ts`, code);

  it('holds for every pair of folders', async () => {
    for (const [position, folder] of decoratorLayers.entries()) {
      for (const [otherPosition, other] of decoratorLayers.entries()) {
        for (const code of [value(`../${other}/thing.js`), type(`../${other}/thing.js`)]) {
          const refused = (await inFolder(folder, code)).length > 0;
          expect({ folder, other, code, refused }).toEqual({ folder, other, code, refused: otherPosition > position });
        }
      }
    }
  });

  it('lets types speak of the workflow and of joins, and of nothing else that comes later', async () => {
    expect(await inFolder('typing', type('../instance/workflow-base.js'))).toEqual([]);
    expect(await inFolder('typing', type('../decorators/joins.js'))).toEqual([]);
    expect(await inFolder('decorators', type('../instance/workflow-base.js'))).toEqual([]);
    for (const from of ['../instance/workflow-base.js', '../decorators/joins.js', '../compile/compile-class.js']) {
      expect(await inFolder('typing', value(from))).toEqual([
        expect.stringContaining('packages/decorators/src/typing imports only from errors, metadata,'),
      ]);
    }
    expect(await inFolder('metadata', type('../instance/workflow-base.js'))).toHaveLength(1);
  });

  it('keeps the container to its folder', async () => {
    for (const name of ['inversify', 'reflect-metadata', '@inversifyjs/plugin']) {
      expect(await inFolder('container', value(name))).toEqual([]);
      expect(await inFolder('instance', value(name))).toEqual([expect.stringContaining('knows the container')]);
    }
  });

  it('lets one file load class-validator, and none import it', async () => {
    const required = "export const loaded = (load: (name: string) => unknown) => load('class-validator');\n";
    expect(await inFolder('schema', required)).toEqual([expect.stringContaining('class-packages.ts')]);
    expect(await lint('packages/decorators/src/schema/class-packages.ts', required)).toEqual([]);
    for (const name of ['class-validator', 'class-transformer', 'class-validator-jsonschema']) {
      const messages = await lint('packages/decorators/src/schema/class-packages.ts', value(name));
      expect(messages).toEqual([expect.stringContaining('optional')]);
    }
  });

  it('stands on core alone', async () => {
    expect(await inFolder('errors', value('@drawloom/core/front-end'))).toEqual([]);
    for (const name of ['@drawloom/testing', '@drawloom/decorators', '@drawloom/core/src/index.js']) {
      expect(await inFolder('container', value(name))).toHaveLength(1);
      expect(await lint('packages/decorators/src/index.ts', value(name))).toHaveLength(1);
    }
  });
});

describe('the determinism rule', () => {
  const replayed = ['packages/core/src/schedule/scheduler.ts', 'packages/core/src/execution/run-loop.ts'];
  const outside = [
    'Date.now()',
    'new Date()',
    'performance.now()',
    'Math.random()',
    'setTimeout(() => {}, 1)',
    'setInterval(() => {}, 1)',
    'setImmediate(() => {})',
    "fetch('https://example.com')",
    'process.hrtime.bigint()',
    'crypto.randomUUID()',
    'globalThis.Date.now()',
  ];

  it.each(replayed.flatMap((file) => outside.map((code) => [file, code])))('refuses in %s: %s', async (file, code) => {
    expect(await lint(file, `export const value = () => ${code};\n`)).toEqual([expect.stringContaining('replayable')]);
  });

  it.each(replayed)('refuses modules of Node in %s', async (file) => {
    expect(await lint(file, "import { randomUUID } from 'node:crypto';\nexport const id = randomUUID();\n")).toEqual([
      expect.stringContaining('replayable'),
    ]);
  });

  it.each(replayed)('lets %s name the type of a clock, but not read one', async (file) => {
    const clock = '../values/clock.js';
    expect(await lint(file, `import type { Clock } from '${clock}';\nexport type Mine = Clock;\n`)).toEqual([]);
    expect(
      await lint(file, `import { systemClock } from '${clock}';\nexport const now = systemClock.now();\n`),
    ).toHaveLength(1);
  });

  it('keeps the layer rule in the files it adds to', async () => {
    const code = "import { x } from '../workflow/workflow.js';\nexport const y = x;\n";
    for (const file of replayed) {
      expect(await lint(file, code)).toEqual([expect.stringContaining('layer rule')]);
    }
  });

  it('leaves other files their clock', async () => {
    expect(await lint('packages/core/src/values/clock.ts', 'export const now = () => Date.now();\n')).toEqual([]);
  });
});

describe('the rules of source files', () => {
  const file = 'packages/core/src/values/duration.ts';

  it.each([
    ['a default export', 'export default 1;', 'Named exports only'],
    ['an enum', 'export enum Kind { A }', 'No enum'],
    ['a bare Error', "export const f = () => { throw new Error('no'); };", 'No bare Error'],
    ['Error called as a function', "export const f = () => { throw Error('no'); };", 'No bare Error'],
    ['a module-level let', 'let count = 0;\nexport const f = () => count++;', 'No module-level mutable state'],
    ['an exported let', 'export let count = 0;\nexport const f = () => count++;', 'No module-level mutable state'],
    ['a module-level registry', 'const all = new Map();\nexport const f = () => all;', 'No module-level registry'],
    ['costly literals', 'export const f = (x: string) => /\\p{L}/u.test(x);', 'No \\p in a literal'],
    ['console', "export const f = () => console.log('x');", 'console'],
    ['any', 'export const f = (x: any) => x;', 'any'],
  ])('refuse %s', async (_what, code, message) => {
    expect(await lint(file, `${code}\n`)).toEqual([expect.stringContaining(message)]);
  });

  it('refuse file names that say nothing, and names that are not kebab-case', async () => {
    for (const name of ['utils.ts', 'graph-helpers.ts', 'types.ts', 'run-manager.ts', 'RunLoop.ts']) {
      expect(await lint(`packages/core/src/graph/${name}`, 'export const x = 1;\n')).toHaveLength(1);
    }
    expect(await lint('packages/core/src/graph/compile-graph.ts', 'export const x = 1;\n')).toEqual([]);
  });

  it('refuse mocked modules and lonely tests', async () => {
    expect(await lint('packages/core/test/run.test.ts', "jest.mock('../src/index.js');\n")).toHaveLength(1);
    expect(await lint('packages/core/test/run.test.ts', "it.only('x', () => {});\n")).toHaveLength(1);
  });
});
