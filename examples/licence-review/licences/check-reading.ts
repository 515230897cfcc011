import type { ReaderAnswer } from '../agents/licence-reader.js';
import type { Reading } from '../finding.js';
import type { InstalledPackage } from '../inventory/installed-package.js';
import type { LicenceTexts } from './licence-texts.js';
import { readPackageText, type PackageText } from './package-texts.js';
import { canonical, licencesIn, readDeclaration } from './spdx-expression.js';
import { profileOf } from './text-profile.js';

/** The answer for what nobody can tell. */
export const NO_ASSERTION = 'NOASSERTION';

/**
 * What an agent says is checked before it counts: that the words it quotes stand in the file, that the licences exist, and
 * that each of them is declared or has its text in the package. So an answer that was made up, or that a text has talked the
 * model into, changes no verdict.
 */
export async function checkReading(
  { licence, certainty, file, quote, reason }: ReaderAnswer,
  found: InstalledPackage,
  texts: LicenceTexts,
): Promise<Reading> {
  const expression = canonical(licence);
  const read = await Promise.all(found.files.map((name) => readPackageText(found, name)));
  const files = read.filter((text) => text !== undefined);
  const objections = [
    ...(certainty === 'certain' ? [] : [`The agent is not certain: ${certainty}.`]),
    ...(expression === undefined ? [`${licence} names no licence.`] : unsupported(expression, found, files, texts)),
    ...(isQuoted(quote, files.find((text) => text.file === file)?.text)
      ? []
      : [`The quoted words do not stand in ${file}.`]),
  ];
  return { licence: expression ?? NO_ASSERTION, certainty, file, quote, reason, objections };
}

/** How much of an official text has to be in the files, from 0 to 1: names and years are filled in. */
const MOST = 0.85;

function unsupported(
  expression: string,
  found: InstalledPackage,
  files: readonly PackageText[],
  texts: LicenceTexts,
): string[] {
  const declared = readDeclaration(found.declared).expression;
  const allowed = new Set(declared === undefined ? [] : licencesIn(declared));
  const profiles = files.map(({ text }) => profileOf(text));
  return licencesIn(expression)
    .filter((licence) => !allowed.has(licence))
    .filter((licence) => !profiles.some((profile) => texts.shareWithin(profile, licence) >= MOST))
    .filter((licence) => !files.some(({ text }) => refersTo(text, texts.nameOf(licence))))
    .map((licence) => `Neither is ${licence} declared, nor does a file hold its text or name it.`);
}

/** `Licensed under the Apache License, Version 2.0` is all that some files say. */
function refersTo(text: string, name: string | undefined): boolean {
  if (name === undefined) return false;
  const words = (value: string): string =>
    value
      .toLowerCase()
      .replaceAll(/version|[^\p{L}\p{N}.]+/gu, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim();
  return words(text).includes(words(name));
}

/** Word for word, whatever the lines are. A few words prove nothing. */
function isQuoted(quote: string, text: string | undefined): boolean {
  const plain = (value: string): string => value.replaceAll(/[\s*#>]+/g, ' ').trim();
  return text !== undefined && plain(quote).length >= 12 && plain(text).includes(plain(quote));
}
