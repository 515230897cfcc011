import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';

/** Another process with the package as it is now. */
export interface Child {
  readonly process: ChildProcess;
  /** What it prints, line by line. */
  readonly lines: AsyncIterator<string>;
  /** How it ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Runs `body`, the text of a module that can use everything of `core`, in a process of its own. */
export function runChild(folder: string, body: string): Child {
  const core = join(__dirname, '../../src/index.ts');
  const source = join(folder, 'child.ts');
  const outfile = join(folder, 'child.mjs');
  writeFileSync(source, `import * as core from ${JSON.stringify(core)};\n${body}`);
  buildSync({ entryPoints: [source], outfile, bundle: true, platform: 'node', format: 'esm' });
  const child = spawn(process.execPath, [outfile], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<Awaited<Child['ended']>>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return { process: child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](), ended };
}
