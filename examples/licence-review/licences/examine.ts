/**
 * Job: what is known of a package's licence without asking anybody: what it declares, what its texts are, whether the two agree.
 * Boundary: no policy. That something is doubtful is said here; what follows from it is said elsewhere.
 *
 * A. A declaration counts if a text of the package confirms it, or if the package has no text. Anything else is a doubt.
 * B. Each doubt is one sentence for people, and for the agent that looks at them first.
 */
import { titleOf, type InstalledPackage } from '../inventory/installed-package.js';
import type { LicenceTexts } from './licence-texts.js';
import { readPackageText, type PackageText } from './package-texts.js';
import { licencesIn, readDeclaration } from './spdx-expression.js';
import { profileOf, type TextProfile } from './text-profile.js';

/** What a licence text of a package turned out to be. */
export interface TextFinding {
  readonly file: string;
  readonly digest: string;
  readonly words: number;
  /** Whose text it is; `undefined` where it is none of the list, or several. */
  readonly licence: string | undefined;
  /** How alike it is to that one, else to the likest: from 0 to 1. */
  readonly likeness: number;
  /** Licences whose texts stand whole in it, where it is not the text of one. */
  readonly contains: readonly string[];
}

/** What an expression rests on. */
export type Basis = 'declared and found' | 'declared' | 'found' | 'read by the agent' | 'nothing';

export interface Examination {
  readonly package: InstalledPackage;
  /** What the package is under, as far as can be told; `undefined` where nothing says. */
  readonly expression: string | undefined;
  readonly basis: Basis;
  readonly texts: readonly TextFinding[];
  /** The files that the package asks to be passed on. */
  readonly notices: readonly { readonly file: string; readonly digest: string }[];
  /** Why the expression cannot be relied on; empty where it can. */
  readonly doubts: readonly string[];
  /** What else a reader of the report should know. */
  readonly remarks: readonly string[];
}

/** @param enough From when a text counts as that of a licence, from 0 to 1. */
export async function examine(found: InstalledPackage, texts: LicenceTexts, enough: number): Promise<Examination> {
  const read = await Promise.all(found.files.map((file) => readPackageText(found, file)));
  const files = read.filter((file) => file !== undefined);
  const notices = files.filter(({ file }) => NOTICE.test(file)).map(({ file, digest }) => ({ file, digest }));
  const { expression: declared, isGuess, remark } = readDeclaration(found.declared);
  const named = declared === undefined ? [] : licencesIn(declared);
  const findings = files.filter(({ file }) => !NOTICE.test(file)).map((file) => findingOf(file, named, texts, enough));

  const remarks = remark === undefined || declared === undefined ? [] : [remark];
  const known = { package: found, texts: findings, notices, remarks };
  if (found.defect !== undefined) {
    return { ...known, expression: undefined, basis: 'nothing', doubts: [`${titleOf(found)}: ${found.defect}.`] };
  }
  if (declared === undefined) return { ...known, ...foundAlone(findings, remark!) };

  const doubts = doubtsAbout(declared, named, findings, found.declared!);
  const isConfirmed = findings.some(({ licence }) => licence !== undefined && named.includes(licence));
  if (isGuess && !isConfirmed) doubts.push(remark!);
  const unseen = named.filter((licence) => isConfirmed && !findings.some((finding) => finding.licence === licence));
  return {
    ...known,
    expression: declared,
    basis: isConfirmed ? 'declared and found' : 'declared',
    doubts,
    remarks: [
      ...remarks,
      ...(findings.length === 0 ? ['It comes without the text of its licence.'] : []),
      ...(unseen.length > 0 && declared.includes(' AND ') ? [`It has no text of ${unseen.join(', ')}.`] : []),
    ],
  };
}

const NOTICE = /^notice/i;

/** Below it a file holds a line about copyright, not a licence. */
const FEW_WORDS = 100;

function findingOf(
  { file, digest, text }: PackageText,
  named: readonly string[],
  texts: LicenceTexts,
  enough: number,
): TextFinding {
  const profile = profileOf(text);
  const about = { file, digest, words: profile.words };
  const confirmed = named.find((licence) => texts.isOf(profile, licence, enough));
  if (confirmed !== undefined) {
    return { ...about, licence: confirmed, likeness: texts.compare(profile, confirmed), contains: [] };
  }
  const identified = texts.identify(profile, enough);
  if (identified !== undefined) return { ...about, ...identified, contains: [] };
  return { ...about, licence: undefined, likeness: likest(profile, texts), contains: texts.within(profile) };
}

function likest(profile: TextProfile, texts: LicenceTexts): number {
  return texts.nearest(profile, 1)[0]?.likeness ?? 0;
}

/** Without a declaration a text can say what the package is under, if there is one and no more. */
function foundAlone(
  findings: readonly TextFinding[],
  remark: string,
): Pick<Examination, 'expression' | 'basis' | 'doubts' | 'remarks'> {
  const [first, ...others] = findings;
  if (first?.licence !== undefined && others.every(({ licence }) => licence === first.licence)) {
    const remarks = [`${remark} ${first.file} is the text of ${first.licence}.`];
    return { expression: first.licence, basis: 'found', doubts: [], remarks };
  }
  const doubts = [remark, ...findings.map((finding) => `${finding.file} ${described(finding)}.`)];
  return { expression: undefined, basis: 'nothing', doubts, remarks: [] };
}

function doubtsAbout(
  declared: string,
  named: readonly string[],
  findings: readonly TextFinding[],
  verbatim: string,
): string[] {
  const isConfirmed = findings.some(({ licence }) => licence !== undefined && named.includes(licence));
  return findings.flatMap((finding) => {
    const { file, licence, words } = finding;
    if (licence === undefined) {
      if (isConfirmed && words < FEW_WORDS) return [];
      return [`It declares ${declared}; ${file} ${described(finding)}.`];
    }
    return named.includes(licence) ? [] : [`It declares ${verbatim}, but ${file} is the text of ${licence}.`];
  });
}

function described({ licence, likeness, contains }: TextFinding): string {
  if (licence !== undefined) return `is the text of ${licence}`;
  if (contains.length > 0) return `holds the text of ${contains.join(' and that of ')}, and more`;
  return `is like no text of the SPDX list (${Math.round(likeness * 100)} % at most)`;
}
