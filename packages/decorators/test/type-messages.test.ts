/**
 * What the compiler says of a workflow class with a mistake is part of the product. Each file of `type-errors/` is full of
 * mistakes; the line below a comment `// expect: …` is an error with exactly that sentence, and no other line is one.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.cwd();
const folder = 'packages/decorators/test/type-errors';

/** The compilers that users have, as in scripts/run-command.mjs. */
const compilers = { 'TypeScript 5.9': 'typescript59', 'TypeScript 6': 'typescript', 'TypeScript 7': 'typescript7' };
const reports = new Map(Object.entries(compilers).map(([name, directory]) => [name, compile(directory)]));

const files = readdirSync(join(root, folder)).filter((name) => name.endsWith('.ts'));

describe.each([...reports.keys()])('%s', (compiler) => {
  it.each(files)(
    'says what is wrong with the classes of %s, one sentence each, and nothing else',
    async (file) => {
      expect(mistakesSaid((await reports.get(compiler))!, file)).toEqual(mistakesExpected(file));
    },
    120_000,
  );
});

it('expects every sentence that a check can say', () => {
  const expected = files.flatMap((file) => Object.values(mistakesExpected(file)));
  const patterns = sentencesOfChecks();
  expect(patterns.length).toBeGreaterThan(30);
  expect(patterns.filter((pattern) => !expected.some((sentence) => pattern.test(sentence))).map(String)).toEqual([]);
});

/** Runs a compiler on the folder; all three begin at once, so that the slowest one decides how long it takes. */
function compile(directory: string): Promise<string> {
  const compiler = join(root, 'node_modules', directory, 'bin', 'tsc');
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [compiler, '-p', folder, '--pretty', 'false'],
      { cwd: root },
      (error, stdout, stderr) => {
        // It has found something, so its exit code is never 0; without a word it has not run.
        if (stdout === '') reject(error ?? new Error(`${directory} found nothing: ${stderr}`));
        else resolve(stdout);
      },
    );
  });
}

/** Line → sentence, from the comments. */
function mistakesExpected(file: string): Record<string, string> {
  const lines = readFileSync(join(root, folder, file), 'utf8').split('\n');
  const expected = lines.flatMap((line, index) => {
    const sentence = /^\s*\/\/ expect: (.*)$/.exec(line)?.[1];
    return sentence === undefined ? [] : [[`line ${index + 2}`, sentence] as const];
  });
  return Object.fromEntries(expected);
}

/** Line → sentence, from what the compiler reports: that of the one EdgeError, else its own words. */
function mistakesSaid(report: string, file: string): Record<string, string> {
  const said: Record<string, string> = {};
  for (const diagnostic of report.split(/^(?=\S)/m)) {
    const [head, ...chain] = diagnostic.trimEnd().split('\n');
    const [, path, line, message] = /^(.*)\((\d+),\d+\): error TS\d+: (.*)$/.exec(head!) ?? [];
    if (path !== `${folder}/${file}`) continue;
    const sentences = [head!, ...chain].flatMap((text) => [...text.matchAll(/EdgeError<"((?:[^"\\]|\\.)*)"/g)]);
    // Where several texts show, they would all have to be read.
    const texts = [...new Set(sentences.map(([, sentence]) => sentence!.replaceAll('\\"', '"')))];
    const key = `line ${line}`;
    said[key] = [...(key in said ? [said[key]] : []), texts.length > 0 ? texts.join(' AND ') : message!].join(' AND ');
  }
  return said;
}

/** What the sources of the checks can say, with `.*` for what is filled in. */
function sentencesOfChecks(): RegExp[] {
  const source = ['typing', 'decorators']
    .flatMap((name) => readdirSync(join(root, 'packages/decorators/src', name)).map((file) => join(name, file)))
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(root, 'packages/decorators/src', file), 'utf8'))
    .join('\n');
  const sentences = [...source.matchAll(/EdgeError<\s*(["'`])(.*?)\1/g)];
  return sentences.map(([, , sentence]) => {
    const parts = sentence!.split(/\$\{[^}]*\}/).map((part) => part.replaceAll(/[.*+?^$()|[\]\\{}]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`);
  });
}
