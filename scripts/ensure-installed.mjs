/**
 * Job: install the locked dependencies where they are missing or older than `package-lock.json`, else do nothing, quickly.
 * Boundary: Node built-ins only. Looks at versions, not at file times: a checkout makes every file new.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runNpm } from './run-command.mjs';

/** Runs `npm ci` where it is needed; ends the process where that fails. */
export function ensureInstalled() {
  const reason = whyInstall();
  if (reason === undefined) return;
  console.log(`Installing dependencies: ${reason}.`);
  const status = runNpm(['ci', '--include=dev']);
  if (status !== 0) process.exit(status);
}

function whyInstall() {
  const locked = readPackages('package-lock.json');
  const installed = readPackages('node_modules/.package-lock.json');
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
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
