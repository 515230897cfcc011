import { titleOf } from '../inventory/installed-package.js';
import { OBLIGATIONS } from '../policy.js';
import { obligationsOf, referredOf, whyReferred } from '../review.js';
import { durationText, timeText } from './format.js';
import { licenceCounts, type ReportContent } from './report-content.js';
import { stateText } from './state-text.js';

/** The report as Markdown, for a repository or a ticket. */
export function markdownReport(content: ReportContent): string {
  const { report, policy, run, trace } = content;
  const { findings, counts } = report.review;
  const duties = obligationsOf(findings);
  return [
    `# Licence review of ${text(report.request.product)}`,
    `**${text(stateText(content))}**`,
    `Folder: ${text(report.request.folder)}. Policy: ${text(policy.title)}, ${text(policy.version)}. Run \`${run.runId}\`, begun ${timeText(run.startedAt)}.`,
    table(
      ['packages', 'shipped', 'permitted', 'under conditions', 'forbidden', 'unclear'],
      [
        [counts.packages, counts.shipped, counts.permitted, counts.conditions, counts.forbidden, counts.unclear].map(
          String,
        ),
      ],
    ),
    '## Summary',
    ...report.summary.split(/\n{2,}/).map(text),
    ...section(
      'Decided by legal',
      ['who', 'decision', 'when', 'because'],
      (content.decision?.decisions ?? []).map(({ userId, outcome, at, comment = '' }) => [
        userId,
        outcome,
        timeText(at),
        comment,
      ]),
    ),
    ...section(
      content.state.status === 'waiting' ? 'To be decided by legal' : 'What it was about',
      ['package', 'used for', 'risk', 'licence', 'why'],
      referredOf(findings, policy).map((finding) => [
        titleOf(finding.package),
        finding.package.use,
        finding.risk,
        finding.under ?? finding.expression ?? 'not known',
        whyReferred(finding).join(' '),
      ]),
    ),
    ...section(
      'What has to be done',
      ['what', 'for'],
      [...duties].map(([obligation, packages]) => [OBLIGATIONS[obligation], packages.join(', ')]),
    ),
    ...section(
      'What an agent read',
      ['package', 'declared', 'read as', 'certainty', 'words', 'taken'],
      findings.flatMap(({ reading, package: found }) =>
        reading === undefined
          ? []
          : [
              [
                titleOf(found),
                found.declared ?? 'nothing',
                reading.licence,
                reading.certainty,
                `"${reading.quote}" (${reading.file})`,
                reading.objections.length === 0 ? 'yes' : `no: ${reading.objections.join(' ')}`,
              ],
            ],
      ),
    ),
    ...section(
      'Licences in use',
      ['licence', 'packages', 'of them shipped'],
      licenceCounts(findings).map(({ licence, packages, shipped }) => [licence, `${packages}`, `${shipped}`]),
    ),
    ...section(
      'All packages',
      ['package', 'used for', 'declared', 'used under', 'rests on', 'finding'],
      findings.map((finding) => [
        titleOf(finding.package),
        finding.package.use,
        finding.package.declared ?? 'nothing',
        finding.under ?? 'unclear',
        finding.basis,
        finding.verdict,
      ]),
    ),
    ...section(
      'How the review ran',
      ['step', 'visit', 'outcome', 'time'],
      run.steps.map(({ node, visit, outcome, startedAt, endedAt }) => [
        node,
        `${visit}`,
        outcome,
        durationText(endedAt - startedAt),
      ]),
    ),
    ...section(
      'Models',
      ['model', 'calls', 'tokens', 'dollars'],
      Object.entries(run.usage.byModel).map(([model, usage]) => [
        model,
        `${usage.calls}`,
        `${usage.totalTokens}`,
        usage.cost.toFixed(4),
      ]),
    ),
    ...section(
      'Trace',
      ['what', 'name', 'spans', 'together', 'slowest'],
      trace.map(({ operation, name, count, totalMs, slowestMs }) => [
        operation,
        name,
        `${count}`,
        durationText(totalMs),
        durationText(slowestMs),
      ]),
    ),
    ...section(
      'On record',
      ['signed entries', 'proven', 'folder', 'SHA-256 of the public key'],
      content.proof === undefined
        ? []
        : [
            [
              `${content.proof.entries}`,
              content.proof.problems.length === 0 ? 'yes' : `no: ${content.proof.problems.join(' ')}`,
              content.proof.folder,
              content.proof.keyDigest,
            ],
          ],
    ),
    '',
  ].join('\n\n');
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [`## ${title}`, table(head, rows)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(text).join(' | ')} |`;
  return [line(head), `| ${head.map(() => '---').join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** Names and quotations come from packages: nothing in them becomes markup, or a second cell. */
function text(value: string): string {
  return value
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_{}[\]<>|#]/g, (character) => `\\${character}`)
    .trim();
}
