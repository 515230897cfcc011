/**
 * Job: the rules of this repository that a machine can check cheaply. Formatting is prettier's.
 * Boundary: every restriction says why in its own message; the reasons in full are in ARCHITECTURE.md and CONTRIBUTING.md.
 *
 * A. The layer rule: a folder of packages/core/src imports only from those before it in `coreLayers`, however it imports; one of
 *    packages/decorators/src only from those before it in `decoratorLayers`, and packages of others only where they belong.
 * B. The determinism rule: what the journal replays reads no clock, no randomness and no outside world.
 *
 * ESLint replaces a rule's options where several blocks match a file, it does not merge them. So each block below spells out
 * the whole option of the `no-restricted-*` rules, put together from the lists in this file; the last matching block wins.
 */
import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Invariant A: the folders of packages/core/src in reading order. A new folder takes its place here. */
export const coreLayers = [
  'errors',
  'values',
  'graph',
  'schedule',
  'ports',
  'telemetry',
  'schema',
  'model',
  'memory',
  'tone',
  'audit',
  'evidence',
  'context',
  'journal',
  'approval',
  'execution',
  'agent',
  'workflow',
];

/** Invariant A: the folders of packages/decorators/src in reading order. */
export const decoratorLayers = [
  'errors',
  'metadata',
  'schema',
  'typing',
  'decorators',
  'agent',
  'state',
  'compile',
  'instance',
  'container',
];

/** Invariant B: the files of which every decision must come out the same when a journal is replayed. */
const replayedFiles = ['packages/core/src/schedule/**/*.ts', 'packages/core/src/execution/run-loop.ts'];

const testFiles = [
  '**/*.test.ts',
  '**/*.test-d.ts',
  '**/*.campaign.ts',
  'packages/*/test/**/*.ts',
  'integration/**/*.ts',
];
const configFiles = ['*.config.js', '*.config.ts'];

// What nobody writes, anywhere.

const modules = [
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Named exports only: a thing has one name, and a search for it finds every use.',
  },
  {
    selector: 'TSEnumDeclaration',
    message: 'No enum: it is code that types cannot see through. Use a union of string literals, or a frozen object.',
  },
  {
    selector: "TSModuleDeclaration[kind='namespace']",
    message: 'No namespace: a file is a module already.',
  },
];

// What the source of a package does not do either.

const source = [
  ...modules,
  {
    selector: ':matches(NewExpression, CallExpression)[callee.name=/^(Error|TypeError|RangeError)$/]',
    message:
      'No bare Error: users need a code, the facts and a fix. Use a named constructor of packages/core/src/errors.',
  },
  {
    selector:
      "Program > VariableDeclaration[kind!='const'], Program > ExportNamedDeclaration > VariableDeclaration[kind!='const']",
    message: 'No module-level mutable state: two runs, or two copies of the package, would meet in it.',
  },
  {
    selector:
      'Program > VariableDeclaration > VariableDeclarator > NewExpression[callee.name=/^(Map|Set)$/][arguments.length=0]',
    message:
      'No module-level registry: two runs, or two copies of the package, would meet in it. Keep metadata on the class.',
  },
];

const coreSource = [
  ...source,
  {
    selector: 'Literal[regex.pattern=/\\\\p/]',
    message:
      'No \\p in a literal: its tables are looked up when the package is loaded, which takes longer than much else of it. Write new RegExp(String.raw`…`) where it is used.',
  },
];

const tests = [
  ...modules,
  {
    selector: "CallExpression > MemberExpression[object.name=/^(describe|it|test)$/][property.name='only']",
    message: 'No `.only`: the other tests of the file would not run.',
  },
  {
    selector: "CallExpression[callee.object.name='jest'][callee.property.name=/^(mock|doMock|unstable_mockModule)$/]",
    message: 'No mocked modules: a test that replaces the file next door proves nothing about the two together.',
  },
];

// Invariant A.

/** Folders of a package, as a regular expression for what comes after `../`. */
const folders = (names) => `(${names.join('|')})(/|$)`;

/** What a module path in packages/core/src/<folder> must not look like, as regular expressions with the reason. */
function forbiddenPaths(folder) {
  const { later, message } = layer('core', coreLayers, folder);
  return [
    ...(later.length > 0 ? [{ regex: `^(\\./)?(\\.\\./)+${folders(later)}`, message }] : []),
    { regex: '^(\\.\\./)+(index(\\.js)?)?$', message: `${message} (The package entry is above every folder.)` },
    ...siblingPackages,
  ];
}

/** Where a folder stands in its package, and how a breach of that is told. */
function layer(name, layers, folder) {
  const position = layers.indexOf(folder);
  const allowed = layers.slice(0, position);
  const may = allowed.length > 0 ? `imports only from ${allowed.join(', ')} and itself` : 'imports only from itself';
  const message = `The layer rule: packages/${name}/src/${folder} ${may}. See "The layer rule" in ARCHITECTURE.md.`;
  return { later: layers.slice(position + 1), message };
}

const siblingPackages = [
  {
    regex: '^@drawloom/',
    message:
      'packages/core imports no package of this repository: everything else stands on it. See "The layer rule" in ARCHITECTURE.md.',
  },
];

/** What a folder may name in types although it stands later: of types nothing is left that would be loaded. */
const spokenOf = { typing: ['instance/workflow-base', 'decorators/joins'], decorators: ['instance/workflow-base'] };

/** The same for packages/decorators/src/<folder>. */
function forbiddenInDecorators(folder) {
  const { later, message } = layer('decorators', decoratorLayers, folder);
  const files = `(${(spokenOf[folder] ?? ['<none>']).join('|')})(\\.js)?$`;
  return [
    ...(later.length > 0 ? [{ regex: `^(\\.\\./)+(?!${files})${folders(later)}`, message }] : []),
    { regex: `^(\\.\\./)+${files}`, allowTypeImports: true, message },
    { regex: '^(\\.\\./)+(index(\\.js)?)?$', message: `${message} (The package entry is above every folder.)` },
    ...(folder === 'container' ? [] : [containerPackages]),
    ...besideDecorators,
  ];
}

const containerPackages = {
  regex: '^(inversify|@inversifyjs|reflect-metadata)(/|$)',
  message: 'Only packages/decorators/src/container knows the container: everything else runs without one.',
};
const besideDecorators = [
  {
    regex: '^@drawloom/(?!core(/front-end)?$)',
    message: 'packages/decorators stands on @drawloom/core and @drawloom/core/front-end, and on no other package here.',
  },
  {
    regex: '^class-(validator|transformer)',
    message:
      'Loaded when a class is first used as a schema, by packages/decorators/src/schema/class-packages.ts: they are optional.',
  },
];

/** Where they are not imported they must not be required either. */
const classPackages = {
  selector: 'Literal[value=/^class-(validator|transformer)(-jsonschema)?(\\u002F|$)/]',
  message: 'Only packages/decorators/src/schema/class-packages.ts loads class-validator and what belongs to it.',
};

// Invariant B.

const replayed =
  'must be replayable: the same completions in the same order give the same decisions on any machine. Ask the RunHost instead.';
const clockPath = {
  regex: '/values/(clock|ids)(\\.js)?$',
  allowTypeImports: true,
  message: `This file ${replayed}`,
};
const builtInModules = { regex: '^node:', message: `This file ${replayed}` };
const replayedGlobals = [
  'Date',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'fetch',
  'process',
  'crypto',
  'globalThis',
].map((name) => ({ name, message: `This file ${replayed}` }));

// Putting paths and syntax into the options of a rule.

/** `import`, `export … from`, `import()` and `import('…')` types are all imports; the built-in rule sees only the first two. */
function importRules(paths, syntax) {
  const dynamic = paths.map(({ regex, message }) => ({
    selector: ['ImportExpression > Literal', 'TSImportType Literal']
      .map((literal) => `${literal}[value=/${regex.replaceAll('/', '\\u002F')}/]`)
      .join(', '),
    message,
  }));
  return {
    '@typescript-eslint/no-restricted-imports': ['error', { patterns: paths }],
    'no-restricted-syntax': ['error', ...syntax, ...dynamic],
  };
}

// File names.

const vagueName = /(^|-)(utils?|helpers?|common|misc|manager|handler)(-|\.|$)|^types\./;
const fileName = {
  meta: { type: 'problem', schema: [] },
  create: (context) => ({
    Program(node) {
      const name = context.filename.split(/[/\\]/).at(-1);
      if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)+$/.test(name)) {
        context.report({ node, message: `File names are kebab-case after their main export; this is "${name}".` });
      } else if (vagueName.test(name)) {
        context.report({ node, message: `"${name}" says nothing: name the file after what it does.` });
      }
    },
  }),
};

export default defineConfig(
  { ignores: ['**/dist/', '**/node_modules/', 'coverage/', 'docs/api/', 'licence-report/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    plugins: { drawloom: { rules: { 'file-name': fileName } } },
    languageOptions: {
      // Node's own globals, of the Node that runs ESLint.
      globals: Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly'])),
    },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'drawloom/file-name': 'error',
      'no-restricted-syntax': ['error', ...modules],
      'object-shorthand': 'error',
    },
  },
  { files: configFiles, rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { module: 'writable', require: 'readonly' } },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // The compiler reports unused names; a name that begins with _ is unused on purpose in both.
      '@typescript-eslint/no-unused-vars': 'off',
      // A promise that nobody waits for is an error that nobody sees.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...source],
    },
  },
  { files: ['packages/core/src/**/*.ts'], rules: importRules(siblingPackages, coreSource) },
  ...coreLayers.map((folder) => ({
    name: `layer/${folder}`,
    files: [`packages/core/src/${folder}/**/*.ts`],
    rules: importRules(forbiddenPaths(folder), coreSource),
  })),
  { files: ['packages/decorators/src/**/*.ts'], rules: importRules(besideDecorators, source) },
  ...decoratorLayers.map((folder) => ({
    name: `layer/decorators/${folder}`,
    files: [`packages/decorators/src/${folder}/**/*.ts`],
    rules: importRules(forbiddenInDecorators(folder), [...source, classPackages]),
  })),
  {
    name: 'layer/decorators/class-packages',
    files: ['packages/decorators/src/schema/class-packages.ts'],
    rules: importRules(forbiddenInDecorators('schema'), source),
  },
  {
    name: 'replayable',
    files: replayedFiles,
    rules: {
      'no-restricted-globals': ['error', ...replayedGlobals],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: `This file ${replayed}` }],
    },
  },
  {
    name: 'replayable/schedule',
    files: ['packages/core/src/schedule/**/*.ts'],
    rules: importRules([...forbiddenPaths('schedule'), clockPath, builtInModules], source),
  },
  {
    name: 'replayable/run-loop',
    files: ['packages/core/src/execution/run-loop.ts'],
    rules: importRules([...forbiddenPaths('execution'), clockPath, builtInModules], source),
  },
  {
    // Tests may look at every layer, and throw what they like.
    files: testFiles,
    rules: {
      '@typescript-eslint/no-restricted-imports': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/await-thenable': 'off', // `await null` lets one promise hop pass.
      'no-console': 'off',
      'no-restricted-globals': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', ...tests],
    },
  },
);
