/** `npm run clean`: removes what the build, the tests and the scripts have made; dependencies stay. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run-command.mjs';

const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'dist'));
for (const path of [...packages, 'coverage', 'node_modules/.cache']) {
  rmSync(join(root, path), { recursive: true, force: true });
}
