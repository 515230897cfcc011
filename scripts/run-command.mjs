/**
 * Job: what every script here needs to call another program from the root of the repository.
 * Boundary: Node built-ins only, because `npm test` and `npm start` begin before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A directory for what scripts make on the way: ignored by git, gone with `node_modules`. */
export function cacheDirectory(name) {
  const directory = join(root, 'node_modules', '.cache', 'drawloom', name);
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** Runs a program with this terminal and returns its exit code; 1 where a signal ended it or it could not be started. */
export function run(command, args, { env = {}, cwd = root } = {}) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  return status ?? 1;
}

/** Runs a JavaScript file, named from the root, in this version of Node. */
export function runNode(file, args = [], options = {}) {
  return run(process.execPath, [join(root, file), ...args], options);
}

/** The npm that started this script, without a shell in between; else the one on the path. */
export function runNpm(args, options = {}) {
  const npm = process.env.npm_execpath;
  return npm?.endsWith('.js') ? run(process.execPath, [npm, ...args], options) : run('npm', args, options);
}

/** Compilers by path, because three of them are installed and each calls itself `tsc`. */
export const compilers = {
  5.9: 'node_modules/typescript59/bin/tsc',
  6: 'node_modules/typescript/bin/tsc',
  7: 'node_modules/typescript7/bin/tsc',
};
