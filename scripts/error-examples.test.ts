/**
 * The examples of docs/errors.md: each ends in the error of its section. (`npm run verify -- docs` checks that they
 * compile and that no code is missing.)
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES, type ErrorCode, type WorkflowError } from '@drawloom/core';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const page = readFileSync(join(process.cwd(), 'docs', 'errors.md'), 'utf8');
const examples = page
  .split(/^## /m)
  .slice(1)
  .map((section) => [/^\w+/.exec(section)![0], /```ts\n(.*?)```/s.exec(section)?.[1]] as const)
  .filter((example): example is readonly [string, string] => example[1] !== undefined);

/** What an example may import. */
const MODULES: Readonly<Record<string, () => Promise<unknown>>> = {
  '@drawloom/core': () => import('@drawloom/core'),
  '@drawloom/core/front-end': () => import('@drawloom/core/front-end'),
  '@drawloom/decorators': () => import('@drawloom/decorators'),
  '@drawloom/openai': () => import('@drawloom/openai'),
  '@drawloom/otel': () => import('@drawloom/otel'),
  '@drawloom/testing': () => import('@drawloom/testing'),
  zod: () => import('zod'),
  'node:timers/promises': () => import('node:timers/promises'),
};

type Run = (load: (name: string) => Promise<unknown>) => Promise<unknown>;
const AsyncFunction = (async () => {}).constructor as new (parameter: string, body: string) => Run;

/** The body of a module as a function: its imports are loaded by whoever calls it. */
function asFunction(source: string): Run {
  const options = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022, experimentalDecorators: true };
  const { outputText } = transpileModule(source, { compilerOptions: options });
  const body = outputText.replace(/^import \{(.*)\} from ('.*');$/gm, (_, names: string, from: string) => {
    return `const {${names.replaceAll(' as ', ': ')}} = await load(${from});`;
  });
  return new AsyncFunction('load', body);
}

/** Codes without an example: what no code of a user's brings about, and what only a journal does. */
const EXCEPTIONS: readonly ErrorCode[] = [
  'MISSING_PACKAGE',
  'RUN_STALLED',
  'RUN_SUSPENDED',
  'WAIT_EXPIRED',
  'RUN_ELSEWHERE',
  'RECORDS_DO_NOT_FIT',
  'CALL_CHANGED',
  'LEASE_LOST',
  'JOURNAL_RECORD_UNREADABLE',
  'VALUE_NOT_STORABLE',
  'JOURNAL_VALUE_UNREADABLE',
  'STORE_UNUSABLE',
  'STORE_BUSY',
  'STORE_FAILED',
];

test('there is an example for every code', () => {
  const codes = Object.keys(ERROR_CODES).filter((code) => !EXCEPTIONS.includes(code as ErrorCode));
  expect(examples.map(([code]) => code).sort()).toEqual(codes.sort());
});

test.each(examples)('the example of %s ends in it, and it says so in the one layout', async (code, source) => {
  const error = await asFunction(source)((name) => MODULES[name]!()).then(
    () => undefined,
    (thrown: unknown) => thrown as WorkflowError,
  );
  expect(error).toMatchObject({ code });
  expect(error!.message.split('\n').slice(0, 3)).toEqual([
    expect.stringMatching(new RegExp(`^\\[${code}\\] \\S.*: .+[^.]$`)),
    `  Fix: ${error!.fix}`,
    `  More: docs/errors.md#${code.toLowerCase()}`,
  ]);
});
