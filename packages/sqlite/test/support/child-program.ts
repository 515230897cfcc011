/**
 * Programs that run in a process of their own, to be killed or starved. They are TypeScript of this repository: esbuild makes
 * one file of each.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const root = join(__dirname, '../..');

/** Makes a file of a program in `test/children`; its path. */
export function buildChild(name: string, directory: string): string {
  const outfile = join(directory, `${name}.mjs`);
  buildSync({
    entryPoints: [join(root, 'test/children', `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['source'],
    logLevel: 'warning',
    // Where the commit thread and the driver are found: in the package, not beside the file that is made here.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(join(root, 'src/store/write-queue.ts')).href) },
  });
  return outfile;
}

/** A running program, and each line that it has said. */
export interface Child {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Resolves when it has ended and all it said is here. */
  readonly ended: Promise<{ readonly code: number | null; readonly errors: string }>;
}

/** @param limit - of the size of the files that it writes, in KiB. */
export function startChild(file: string, words: readonly string[], limit?: number): Child {
  const command = [process.execPath, '--no-warnings', file, ...words];
  const child =
    limit === undefined
      ? spawn(command[0]!, command.slice(1))
      : spawn('bash', ['-c', `ulimit -f ${limit}; exec "$@"`, 'bash', ...command]);
  const lines: string[] = [];
  let errors = '';
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, errors }));
  return { process: child, lines, ended };
}
