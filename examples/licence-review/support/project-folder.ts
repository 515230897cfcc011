import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import spdxLicences from 'spdx-license-list/full.js';

/** What a file of a project holds: text, a `package.json` as an object, or a link to another path of the project. */
export type Content = string | object | { readonly linkTo: string };

const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** Writes a project to a folder of its own, which is removed after the tests of the file. */
export function projectFolder(files: Readonly<Record<string, Content>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'licence-review-')));
  for (const [path, content] of Object.entries(files)) {
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    if (typeof content === 'string') writeFileSync(place, content);
    else if ('linkTo' in content) symlinkSync(join(folder, content.linkTo as string), place);
    else writeFileSync(place, JSON.stringify(content));
  }
  made.push(folder);
  return folder;
}

/** The official text of a licence, with the blanks filled in. */
export function licenceText(licence: string): string {
  const text = spdxLicences[licence]!.licenseText;
  return text.replaceAll(/<year>|\[yyyy\]/gi, '2024').replaceAll(/<(?:copyright holders?|owner)>/gi, 'Ada Lovelace');
}

/** A package under `node_modules`, with the text of the licence that it declares unless another is given. */
export function packageFiles(
  name: string,
  {
    license,
    text,
    ...more
  }: { readonly license?: unknown; readonly text?: string; readonly [field: string]: unknown } = {},
): Record<string, Content> {
  const manifest = { name, version: '1.0.0', ...(license === undefined ? {} : { license }), ...more };
  return {
    [`node_modules/${name}/package.json`]: manifest,
    ...(text === undefined ? {} : { [`node_modules/${name}/LICENSE`]: text }),
  };
}
