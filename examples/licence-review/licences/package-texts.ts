import { createHash } from 'node:crypto';
import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { InstalledPackage } from '../inventory/installed-package.js';

/** A file of a package. */
export interface PackageText {
  readonly file: string;
  /** At most `LONGEST` characters of it. */
  readonly text: string;
  /** SHA-256 over its bytes as far as they were read: whether it is still the same can be told later. */
  readonly digest: string;
}

/** The longest licences have 50,000 characters, collections of them a few hundred thousand. */
const LONGEST = 500_000;

/**
 * Reads a file from a package's own folder; `undefined` where it is not there or is no text.
 *
 * The name comes from a listing of the folder, or from a model: whatever leads out of the folder, a link included, is refused.
 */
export async function readPackageText(
  { location }: Pick<InstalledPackage, 'location'>,
  file: string,
): Promise<PackageText | undefined> {
  const path = await realpath(join(location, file)).catch(() => undefined);
  if (path?.startsWith(location + sep) !== true) return undefined;
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LONGEST), 0, LONGEST, 0);
    const bytes = buffer.subarray(0, bytesRead);
    if (bytes.includes(0)) return undefined;
    return { file, text: bytes.toString('utf8'), digest: createHash('sha256').update(bytes).digest('hex') };
  } catch {
    return undefined; // a folder with the name of a licence
  } finally {
    await handle.close();
  }
}
