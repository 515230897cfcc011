import { overlayOfRun } from '@drawloom/core';
import type { Finding } from '../finding.js';
import { titleOf } from '../inventory/installed-package.js';
import { OBLIGATIONS } from '../policy.js';
import { obligationsOf, referredOf, whyReferred } from '../review.js';
import { counted, durationText, timeText } from './format.js';
import { graphSvg, overlayOfFindings } from './graph-svg.js';
import { html, Markup, list, type Shown } from './markup.js';
import { licenceCounts, type ReportContent } from './report-content.js';
import { stateText } from './state-text.js';
import { STYLE } from './style.js';

/** The report as one page that needs nothing else: no script, no network. To be read on a screen, printed, and kept. */
export async function htmlReport(content: ReportContent): Promise<string> {
  const { report, policy, run, state } = content;
  const { folder } = report.request;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>Licence review of ${report.request.product}</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <p class="kind">Licence review</p>
          <h1>${report.request.product}</h1>
          <p class="state ${state.status}">${stateText(content)}</p>
          <dl class="about">
            <div>
              <dt>Folder</dt>
              <dd>${folder}</dd>
            </div>
            <div>
              <dt>Policy</dt>
              <dd>${policy.title}, ${policy.version}</dd>
            </div>
            <div>
              <dt>Reviewed</dt>
              <dd>${timeText(run.startedAt)}</dd>
            </div>
            <div>
              <dt>Asked for by</dt>
              <dd>${run.userId ?? 'nobody in particular'}</dd>
            </div>
            <div>
              <dt>Run</dt>
              <dd class="id">${run.runId}</dd>
            </div>
          </dl>
        </header>
        <main>
          ${numbers(content)}
          <section>
            <h2>Summary</h2>
            ${list(report.summary.split(/\n{2,}/), (paragraph) => html`<p>${paragraph}</p>`)}
          </section>
          ${decided(content)} ${toDecide(content)} ${toDo(content)} ${readings(report.review.findings)}
          ${licences(report.review.findings)} ${allPackages(report.review.findings)} ${await path(content)}
          ${figures(content)} ${record(content)}
        </main>
        <footer>
          Made by the workflow <code>licence-review</code>, run <code>${run.runId}</code>. A review finds what packages
          say of themselves; it is no legal advice.
        </footer>
      </body>
    </html> `;
  return page.text;
}

const VERDICTS = {
  permitted: 'permitted',
  conditions: 'under conditions',
  forbidden: 'forbidden',
  unclear: 'unclear',
} as const;

function numbers({ report }: ReportContent): Markup {
  const { counts } = report.review;
  const kinds = Object.keys(VERDICTS) as (keyof typeof VERDICTS)[];
  const label = kinds.map((kind) => `${counts[kind]} ${VERDICTS[kind]}`).join(', ');
  return html`<section class="numbers" aria-label="In numbers">
    <ul>
      <li><strong>${counts.packages}</strong> packages, ${counts.shipped} of them shipped</li>
      ${list(kinds, (kind) => html`<li class="${kind}"><strong>${counts[kind]}</strong> ${VERDICTS[kind]}</li>`)}
    </ul>
    <div class="bar" role="img" aria-label="${label}">
      ${list(kinds, (kind) =>
        counts[kind] === 0 ? '' : html`<span class="${kind}" style="flex-grow:${counts[kind]}"></span>`,
      )}
    </div>
  </section>`;
}

function toDecide({ report, policy, state }: ReportContent): Shown {
  const referred = referredOf(report.review.findings, policy);
  if (referred.length === 0) return '';
  const title = state.status === 'waiting' ? 'To be decided by legal' : 'What it was about';
  return html`<section>
    <h2>${title}</h2>
    <p class="note">
      ${policy.legal.quorum} of the group ${policy.legal.group} have to agree, within ${hours(policy.legal.deadline)};
      nobody decides about a review that they have asked for.
    </p>
    ${table(
      ['Package', 'Used for', 'Risk', 'Licence', 'Why'],
      referred.map((finding) => [
        packageCell(finding),
        finding.package.use,
        html`<span class="risk ${finding.risk}">${finding.risk}</span>`,
        finding.under ?? finding.expression ?? 'not known',
        whyReferred(finding).join(' '),
      ]),
    )}
  </section>`;
}

/** Who decided, when, on what: the digest is that of what was shown to them. */
function decided({ decision }: ReportContent): Shown {
  if (decision === undefined) return '';
  return html`<section>
    <h2>Decided by legal</h2>
    ${table(
      ['Who', 'Decision', 'When', 'Because'],
      decision.decisions.map(({ userId, outcome, at, comment = '' }) => [
        html`<span class="name">${userId}</span>`,
        outcome,
        timeText(at),
        comment,
      ]),
    )}
    <p class="note">Decided on what was shown, SHA-256 <span class="id">${decision.digest}</span></p>
  </section>`;
}

function toDo({ report }: ReportContent): Shown {
  const duties = [...obligationsOf(report.review.findings)];
  if (duties.length === 0) return '';
  return html`<section>
    <h2>What has to be done</h2>
    <p class="note">Beside passing on the text of each licence, which the file NOTICE does.</p>
    <dl class="duties">
      ${list(
        duties,
        ([obligation, packages]) =>
          html`<dt>${OBLIGATIONS[obligation]}</dt>
            <dd>${packages.join(', ')}</dd>`,
      )}
    </dl>
  </section>`;
}

function readings(findings: readonly Finding[]): Shown {
  const read = findings.filter(({ reading }) => reading !== undefined);
  if (read.length === 0) return '';
  return html`<section>
    <h2>What an agent read</h2>
    <p class="note">
      Where texts and declaration do not agree, an agent reads the files. Its answer counts only if it is certain,
      quotes words that stand there, and names licences whose text the package has.
    </p>
    ${table(
      ['Package', 'Declared', 'Read as', 'Words it rests on', 'Taken'],
      read.map(({ package: found, reading }) => [
        titleOf(found),
        found.declared ?? 'nothing',
        `${reading!.licence} (${reading!.certainty})`,
        html`<q>${reading!.quote}</q> <span class="faint">${reading!.file}</span>`,
        reading!.objections.length === 0 ? 'yes' : `no: ${reading!.objections.join(' ')}`,
      ]),
    )}
  </section>`;
}

function licences(findings: readonly Finding[]): Markup {
  const counts = licenceCounts(findings);
  const most = counts[0]?.packages ?? 1;
  return html`<section>
    <h2>Licences in use</h2>
    ${table(
      ['Licence', 'Packages', '', 'Shipped'],
      counts.map(({ licence, packages, shipped }) => [
        licence,
        html`<span class="number">${packages}</span>`,
        html`<span class="share" style="width:${((100 * packages) / most).toFixed(1)}%"></span>`,
        html`<span class="number">${shipped}</span>`,
      ]),
      'licences',
    )}
  </section>`;
}

function allPackages(findings: readonly Finding[]): Markup {
  return html`<section class="all">
    <h2>All packages</h2>
    ${table(
      ['Package', 'Used for', 'Declared', 'Used under', 'Rests on', 'Finding'],
      findings.map((finding) => [
        packageCell(finding),
        finding.package.use,
        finding.package.declared ?? html`<em>nothing</em>`,
        finding.under ?? html`<em>unclear</em>`,
        html`${finding.basis}${list(finding.remarks, (remark) => html`<br /><span class="faint">${remark}</span>`)}`,
        html`<span class="verdict ${finding.verdict}">${VERDICTS[finding.verdict]}</span>`,
      ]),
    )}
  </section>`;
}

async function path({ report, run, graphs }: ReportContent): Promise<Markup> {
  const review = await graphSvg(graphs.review, overlayOfRun(run), 'TB');
  const packageReview = await graphSvg(graphs.packageReview, overlayOfFindings(report.review.findings), 'LR');
  const total = Math.max(1, run.endedAt - run.startedAt);
  const percent = (ms: number): string => `${Math.min(100, Math.max(0, (100 * ms) / total)).toFixed(2)}%`;
  return html`<section class="path">
    <h2>How the review ran</h2>
    <p class="note">Routes that were taken are bold, what was not needed is pale. The workflow of the review:</p>
    <figure class="tall">${new Markup(review)}</figure>
    <p class="note">And of a package, with the numbers of all of them:</p>
    <figure>${new Markup(packageReview)}</figure>
    ${table(
      ['Step', 'Outcome', 'Time', ''],
      run.steps.map(({ node, visit, outcome, startedAt, endedAt }) => [
        visit === 1 ? node : `${node} (${visit})`,
        outcome,
        html`<span class="number">${durationText(endedAt - startedAt)}</span>`,
        html`<span
          class="span"
          style="margin-left:${percent(startedAt - run.startedAt)};width:${percent(endedAt - startedAt)}"
        ></span>`,
      ]),
      'steps',
    )}
  </section>`;
}

function figures({ run, trace, notice }: ReportContent): Markup {
  const models = Object.entries(run.usage.byModel);
  return html`<section class="figures">
    <h2>Figures</h2>
    ${
      models.length === 0
        ? ''
        : table(
            ['Model', 'Calls', 'Tokens read', 'Tokens written', 'Dollars'],
            models.map(([model, usage]) => [
              model,
              ...[usage.calls, usage.inputTokens, usage.outputTokens].map(
                (count) => html`<span class="number">${count}</span>`,
              ),
              html`<span class="number">${usage.cost.toFixed(4)}</span>`,
            ]),
          )
    }
    ${
      trace.length === 0
        ? ''
        : html`<p class="note">
              Times of the process that wrote this report; what an earlier one had done is not among them.
            </p>
            ${spans(trace)}`
    }
    ${notice === undefined ? '' : html`<p class="note">NOTICE names ${counted(notice.packages, 'package')}; SHA-256 <span class="id">${notice.digest}</span></p>`}
  </section>`;
}

function spans(trace: ReportContent['trace']): Markup {
  return table(
    ['Spans of', 'Name', 'Count', 'Together', 'Slowest'],
    trace.map(({ operation, name, count, totalMs, slowestMs }) => [
      operation,
      name,
      html`<span class="number">${count}</span>`,
      html`<span class="number">${durationText(totalMs)}</span>`,
      html`<span class="number">${durationText(slowestMs)}</span>`,
    ]),
  );
}

/** How somebody who trusts none of this can see that it is so. */
function record({ proof }: ReportContent): Shown {
  if (proof === undefined) return '';
  const { folder, entries, problems, keyDigest } = proof;
  return html`<section class="record">
    <h2>On record</h2>
    ${
      problems.length === 0
        ? html`<p>
            ${counted(entries, 'signed entry', 'signed entries')} say what this review did, step by step, package by
            package, and who decided. When this report was written all of them were proven: none is missing, and none is
            changed.
          </p>`
        : html`<p><strong class="verdict forbidden">The record is not proven.</strong> ${problems.join(' ')}</p>`
    }
    <p class="note">
      They are in <span class="id">${folder}</span>. Whoever has that folder and the public key can verify them, with
      <code>verifyEvidence</code> of <code>@drawloom/core</code>, and needs to believe nobody. SHA-256 of the key
      (Ed25519):
      <span class="id">${keyDigest}</span>
    </p>
  </section>`;
}

function packageCell({ package: { name, version, homepage, path: place } }: Finding): Markup {
  const title = html`<span class="name">${name}</span> <span class="version">${version}</span>`;
  return html`<span title="${place}"
    >${homepage === undefined ? title : html`<a href="${homepage}">${title}</a>`}</span
  >`;
}

function table(head: readonly string[], rows: readonly (readonly Shown[])[], kind = ''): Markup {
  return html`<div class="scroll">
    <table class="${kind}">
      <thead>
        <tr>
          ${list(head, (cell) => html`<th scope="col">${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${list(
          rows,
          (row) =>
            html`<tr>
              ${list(row, (cell) => html`<td>${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function hours(duration: `${number}h`): string {
  return counted(Number(duration.slice(0, -1)), 'hour');
}
