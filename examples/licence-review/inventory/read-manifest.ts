import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the review needs of a `package.json`. */
export interface Manifest {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly declared: string | undefined;
  readonly homepage: string | undefined;
  /** What is installed with it. */
  readonly needs: readonly string[];
  /** What has to be there where it is used. */
  readonly expects: readonly string[];
  readonly defect: string | undefined;
}

/** Reads the `package.json` of a folder, whatever somebody has written in it; `undefined` where there is none. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, 'package.json'), 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : { ...NOTHING_KNOWN, defect: message };
  }
  try {
    const content: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isRecord(content) ? manifestOf(content) : { ...NOTHING_KNOWN, defect: 'package.json is not an object' };
  } catch {
    return { ...NOTHING_KNOWN, defect: 'package.json is not valid JSON' };
  }
}

const NOTHING_KNOWN: Manifest = {
  name: undefined,
  version: undefined,
  declared: undefined,
  homepage: undefined,
  needs: [],
  expects: [],
  defect: undefined,
};

function manifestOf(content: Readonly<Record<string, unknown>>): Manifest {
  const { name, version, homepage, repository, dependencies, optionalDependencies, peerDependencies } = content;
  const source = isRecord(repository) ? repository['url'] : repository;
  return {
    ...NOTHING_KNOWN,
    name: textOf(name),
    version: textOf(version),
    declared: declarationOf(content),
    homepage: webAddress(homepage) ?? webAddress(source),
    needs: [...namesIn(dependencies), ...namesIn(optionalDependencies)],
    expects: namesIn(peerDependencies),
  };
}

/**
 * `license` is an SPDX expression. Old packages have an object `{ type, url }`, or a list `licenses` of which the user may choose
 * one: npm says to write that with `OR`.
 */
function declarationOf({ license, licenses }: Readonly<Record<string, unknown>>): string | undefined {
  const said = [license ?? licenses].flat().flatMap((entry) => textOf(isRecord(entry) ? entry['type'] : entry) ?? []);
  if (said.length < 2) return said[0];
  return said.map((text) => (/\s/.test(text) ? `(${text})` : text)).join(' OR ');
}

function webAddress(value: unknown): string | undefined {
  const address = textOf(value)
    ?.replace(/^git\+/, '')
    .replace(/^(?:git|ssh):\/\/(?:git@)?/, 'https://')
    .replace(/\.git$/, '');
  return address !== undefined && /^https?:\/\/[^\s"<>]+$/.test(address) ? address : undefined;
}

function namesIn(dependencies: unknown): readonly string[] {
  return isRecord(dependencies) ? Object.keys(dependencies) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
