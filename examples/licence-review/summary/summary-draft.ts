import type { SummaryFacts } from './summary-facts.js';

/** A summary on its way through the loop of writing and checking. */
export interface SummaryDraft {
  readonly facts: SummaryFacts;
  readonly text: string;
  /** What the last check found missing or wrong; empty before the first, and when there is nothing. */
  readonly remarks: readonly string[];
  /** How often it was written. */
  readonly round: number;
}

/**
 * What a summary lacks, a sentence each. It has to name every package that people decide about, every duty and the numbers; it may
 * name no package that is not among the facts, and it promises nothing.
 */
export function remarksOn({ facts, text }: Pick<SummaryDraft, 'facts' | 'text'>): readonly string[] {
  const { counts, toDecide, toDo } = facts;
  const numbers = Object.entries(counts).filter(([, count]) => !new RegExp(`(?<![\\d.])${count}(?![\\d.])`).test(text));
  const known = new Set([...toDecide.map((open) => open.package), ...toDo.flatMap(({ packages }) => packages)]);
  const named = text.match(PACKAGE_TITLE) ?? [];
  return [
    ...numbers.map(([what, count]) => `Say how many packages are in "${what}": ${count}.`),
    ...toDecide
      .filter((open) => !text.includes(open.package))
      .map((open) => `Name ${open.package}, which has to be decided about.`),
    ...toDecide
      .filter((open) => text.includes(open.package) && !text.includes(open.licence))
      .map((open) => `Say of ${open.package} that its licence is ${open.licence}.`),
    ...toDo
      .filter(({ packages }) => !packages.some((title) => text.includes(title)))
      .map(({ duty }) => `Say who this is asked for: ${duty}`),
    ...named
      .filter((title) => !known.has(title))
      .map((title) => `Leave out ${title}: nothing is to be decided or done about it.`),
    ...(PROMISE.test(text) ? ['Promise nothing: a review finds, it does not guarantee.'] : []),
    ...(text.length > LONGEST ? [`Be shorter: ${LONGEST} characters at most.`] : []),
  ];
}

const PACKAGE_TITLE = /(?:@[\w.-]+\/)?[\w.-]+@\d+(?:\.[\w+-]+)+/g;
const PROMISE = /\b(?:guarantee[ds]?|no (?:legal )?risk|fully compliant|legally safe)\b/i;
const LONGEST = 6_000;

/** The facts in plain sentences: what stands in the report where no model writes a complete summary. */
export function plainSummary({ product, policy, counts, toDecide, toDo }: SummaryFacts): string {
  return [
    openingOf(product, policy, counts),
    ...toDecide.map(sentenceOf),
    ...toDo.map(({ duty, packages }) => `${duty} This is asked for by ${packages.join(', ')}.`),
  ].join('\n\n');
}

/** What was reviewed, and what came of it in numbers. */
export function openingOf(product: string, policy: string, counts: SummaryFacts['counts']): string {
  const { packages, shipped, permitted, conditions, forbidden, unclear } = counts;
  return (
    `${packages} packages that are installed in ${product} were reviewed under the policy "${policy}"; ${shipped} of them are shipped. ` +
    `The policy permits ${permitted}, and ${conditions} under conditions; it does not permit ${forbidden}, and of ${unclear} the licence is unclear.`
  );
}

export function sentenceOf({ package: title, use, licence, why }: SummaryFacts['toDecide'][number]): string {
  return `${title} (${use === 'shipped' ? 'shipped' : 'development only'}; licence: ${licence}) has to be decided about. ${why}`.trim();
}
