import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';

/**
 * Runs the text of a module in a process of its own, with the packages as they are now: what exporters load in the middle
 * of their work cannot be loaded in a test runner. Gives what it printed.
 */
export async function runProgram(
  name: string,
  body: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = join(process.cwd(), 'node_modules', '.cache', 'drawloom', 'otel-programs');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${name}-${process.pid}.mjs`);
  buildSync({
    stdin: { contents: body, resolveDir: __dirname, loader: 'ts', sourcefile: `${name}.ts` },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['source'],
    external: ['@opentelemetry/*'],
  });
  const { stdout } = await promisify(execFile)(process.execPath, [outfile], { env: { ...process.env, ...env } });
  return stdout;
}
