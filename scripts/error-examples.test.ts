/**
 * The examples of docs/errors.md: each ends in the error of its section. (`npm run verify -- docs` checks that they
 * compile and that no code is missing.)
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const page = readFileSync(join(process.cwd(), 'docs', 'errors.md'), 'utf8');
const examples = page
  .split(/^## /m)
  .slice(1)
  .map((section) => [/^\w+/.exec(section)![0], /```ts\n(.*?)```/s.exec(section)?.[1]] as const)
  .filter((example): example is readonly [string, string] => example[1] !== undefined);

type Run = (load: (name: string) => Promise<unknown>) => Promise<unknown>;
const AsyncFunction = (async () => {}).constructor as new (parameter: string, body: string) => Run;

/** The body of a module as a function: its imports are loaded by whoever calls it. */
function asFunction(source: string): Run {
  const options = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 };
  const { outputText } = transpileModule(source, { compilerOptions: options });
  const body = outputText.replace(/^import \{(.*)\} from ('.*');$/gm, (_, names: string, from: string) => {
    return `const {${names.replaceAll(' as ', ': ')}} = await load(${from});`;
  });
  return new AsyncFunction('load', body);
}

test('there is an example for every code that a workflow can have', () => {
  expect(examples.length).toBeGreaterThan(25);
});

test.each(examples)('the example of %s ends in it', async (code, source) => {
  const load = (name: string): Promise<unknown> =>
    name === '@drawloom/core' ? import('@drawloom/core') : import('node:timers/promises');
  await expect(asFunction(source)(load)).rejects.toMatchObject({ code });
});
