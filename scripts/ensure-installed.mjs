/**
 * Job: install the locked dependencies where they are missing or older than `package-lock.json`, else do nothing, quickly.
 * Boundary: Node built-ins only. Looks at versions, not at file times: a checkout makes every file new.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runNpm } from './run-command.mjs';

/** Runs `npm ci` where it is needed, in the root or in a folder with a lock of its own; ends the process where that fails. */
export function ensureInstalled(folder = root) {
  const reason = whyInstall(folder);
  if (reason === undefined) return;
  console.log(`Installing dependencies: ${reason}.`);
  const status = runNpm(['ci', '--include=dev'], { cwd: folder });
  if (status !== 0) process.exit(status);
}

function whyInstall(folder) {
  const locked = readPackages(join(folder, 'package-lock.json'));
  const installed = readPackages(join(folder, 'node_modules/.package-lock.json'));
  if (installed === undefined) return 'there is no node_modules yet';
  for (const [path, { version, link, optional }] of Object.entries(locked ?? {})) {
    const present = installed[path];
    if (!path.startsWith('node_modules/')) continue; // A workspace: linked, not installed.
    if (link && present === undefined) return `${path} is not linked`;
    if (present === undefined && optional) continue; // For another platform, most of the time.
    if (present?.version !== version) return `${path} is ${present?.version ?? 'missing'}, locked is ${version}`;
  }
  return undefined;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
