import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory for the files of one test file, gone when its tests have ended. */
export function temporaryFiles(): { readonly directory: string; path(): string } {
  const directory = mkdtempSync(join(tmpdir(), 'drawloom-sqlite-'));
  let count = 0;
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return { directory, path: () => join(directory, `store-${++count}.db`) };
}
