import { createHash } from 'node:crypto';
import { titleOf } from '../inventory/installed-package.js';
import type { Finding } from '../finding.js';
import { readPackageText } from '../licences/package-texts.js';
import { licencesIn } from '../licences/spdx-expression.js';
import type { LicenceTexts } from '../licences/licence-texts.js';
import { writeWhole } from './write-whole.js';

/** The file that goes along with the product. */
export interface Notice {
  readonly file: string;
  readonly packages: number;
  /** SHA-256 over the file. */
  readonly digest: string;
}

/** A package that is not any more what was reviewed. */
export class ChangedSinceReviewError extends Error {
  override readonly name = 'ChangedSinceReviewError';
}

/**
 * Writes `NOTICE`: for each package that is shipped, its licence and the texts that have to go along. A package that comes without
 * one gets the official text.
 *
 * @throws {@link ChangedSinceReviewError} where a file is not the one that was reviewed: what was decided does not hold for it.
 */
export async function writeNotice(findings: readonly Finding[], folder: string, texts: LicenceTexts): Promise<Notice> {
  const shipped = new Map<string, Finding>();
  for (const finding of findings) {
    if (finding.package.use === 'shipped') shipped.set(titleOf(finding.package), finding);
  }
  const titles = [...shipped.keys()].sort((one, other) => (one < other ? -1 : 1));
  const parts = await Promise.all(titles.map((title) => partOf(title, shipped.get(title)!, texts)));
  const head = `This product contains the ${titles.length} packages below. Each is under the licence that stands with it.\n`;
  const content = [head, ...parts].join(`\n${'='.repeat(100)}\n\n`);
  const file = await writeWhole(folder, 'NOTICE', content);
  return { file, packages: titles.length, digest: createHash('sha256').update(content).digest('hex') };
}

async function partOf(title: string, finding: Finding, texts: LicenceTexts): Promise<string> {
  const { package: found, under, expression, texts: reviewed, notices } = finding;
  const licence = under ?? expression ?? 'as decided by legal';
  const files = await Promise.all(
    [...reviewed, ...notices].map(async ({ file, digest }) => {
      const read = await readPackageText(found, file);
      if (read?.digest === digest) return `${file}:\n\n${read.text.trim()}\n`;
      throw new ChangedSinceReviewError(
        `${title}: ${file} is not what was reviewed. Start a new review with npm start -- --new`,
      );
    }),
  );
  const named = under === undefined || files.length > 0 ? [] : licencesIn(under);
  const official = named.flatMap((name) => texts.textOf(name) ?? []);
  const about = [title, `Licence: ${licence}`, ...(found.homepage === undefined ? [] : [found.homepage])].join('\n');
  return [`${about}\n`, ...files, ...official.map((text) => `The official text:\n\n${text.trim()}\n`)].join('\n');
}
