import type { RunRecord } from '@drawloom/core';
import { graphOf } from '@drawloom/decorators';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Finding } from '../finding.js';
import { LicenceReview } from '../licence-review.js';
import { LicenceTexts } from '../licences/licence-texts.js';
import { readPackageText } from '../licences/package-texts.js';
import { PackageReview } from '../package-review.js';
import { policy } from '../policy.js';
import { reviewOf } from '../review.js';
import { licenceText, projectFolder } from '../support/project-folder.js';
import { htmlReport } from './html.js';
import { markdownReport } from './markdown.js';
import { writeNotice } from './notice.js';
import type { ReportContent } from './report-content.js';
import { stateText } from './state-text.js';
import { writeReports } from './write-reports.js';

const folder = projectFolder({
  'a/LICENSE': licenceText('MIT'),
  'b/NOTICE': 'By Bob.',
  'b/LICENSE': licenceText('Apache-2.0'),
  'c/package.json': {},
});

async function findingOf(name: string, more: Partial<Finding> = {}): Promise<Finding> {
  const location = `${folder}/${name}`;
  const files = readdirSync(location).filter((file) => file !== 'package.json');
  const read = await Promise.all(files.map((file) => readPackageText({ location }, file)));
  const known = read.map(({ file, digest } = { file: '', digest: '', text: '' }) => ({ file, digest }));
  const text = { words: 100, licence: 'MIT', likeness: 1, contains: [] };
  return {
    package: {
      name,
      version: '1.0.0',
      path: name,
      location,
      declared: 'MIT',
      files,
      use: 'shipped',
      homepage: undefined,
      defect: undefined,
    },
    expression: 'MIT',
    basis: 'declared and found',
    texts: known.filter(({ file }) => file !== 'NOTICE').map((file) => ({ ...file, ...text })),
    notices: known.filter(({ file }) => file === 'NOTICE'),
    doubts: [],
    remarks: [],
    verdict: 'permitted',
    under: 'MIT',
    obligations: [],
    reasons: [],
    risk: 'none',
    reading: undefined,
    ...more,
  };
}

const run: RunRecord = {
  workflow: 'licence-review',
  runId: 'run-1',
  parentRunId: undefined,
  userId: 'dave',
  sessionId: 's',
  startedAt: Date.UTC(2026, 10, 28, 12),
  endedAt: Date.UTC(2026, 10, 28, 12, 0, 2),
  durationMs: 2_000,
  visited: ['scope'],
  perStep: {},
  routes: [],
  routers: [],
  steps: [],
  dropped: 0,
  usage: {
    calls: 0,
    inputTokens: 0,
    cachedTokens: 0,
    cacheWrittenTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    totalTokens: 0,
    cost: 0,
    byModel: {},
  },
  explain: () => [],
};

function contentOf(findings: readonly Finding[], more: Partial<ReportContent> = {}): ReportContent {
  const request = { folder, output: `${folder}/report`, product: 'shop' };
  return {
    report: { request, review: reviewOf(findings, policy), summary: 'One paragraph.\n\nAnother.' },
    policy,
    state: { status: 'released' },
    decision: undefined,
    notice: undefined,
    proof: undefined,
    run,
    graphs: { review: graphOf(LicenceReview), packageReview: graphOf(PackageReview) },
    trace: [{ operation: 'chat', name: 'gpt-4.1', count: 2, totalMs: 1_500, slowestMs: 1_200 }],
    ...more,
  };
}

const HOSTILE = '<script>alert(1)</script>|`[x](javascript:1)\u202Egnp.\u0007"\'';

describe('A report', () => {
  it('as HTML has a row for each package, the numbers, and both graphs', async () => {
    const forbidden = await findingOf('c', {
      verdict: 'forbidden',
      risk: 'high',
      under: 'AGPL-3.0-only',
      reasons: ['No.'],
    });
    const findings = [await findingOf('a'), await findingOf('b', { obligations: ['notice'] }), forbidden];
    const page = await htmlReport(contentOf(findings));
    const [, all = ''] = /<section class="all">([^]*?)<\/section>/.exec(page) ?? [];
    expect(all.match(/<tr>/g)).toHaveLength(1 + 3);
    expect(page).toContain('<strong>3</strong> packages, 3 of them shipped');
    expect(page.match(/<figure(?: class="tall")?><svg/g)).toHaveLength(2);
    expect([...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title)).toEqual([
      'Summary',
      'What it was about',
      'What has to be done',
      'Licences in use',
      'All packages',
      'How the review ran',
      'Figures',
    ]);
  });

  it('loads nothing and runs nothing', async () => {
    const page = await htmlReport(contentOf([await findingOf('a')]));
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(/);
  });

  it('shows what packages say of themselves as text, whatever that is', async () => {
    const finding = await findingOf('a', {
      remarks: [HOSTILE],
      doubts: [HOSTILE],
      verdict: 'unclear',
      risk: 'high',
      under: undefined,
    });
    const hostile = { ...finding, package: { ...finding.package, name: HOSTILE, declared: HOSTILE, path: HOSTILE } };
    const content = contentOf([hostile], { notice: { file: HOSTILE, packages: 1, digest: HOSTILE } });
    const page = await htmlReport({ ...content, report: { ...content.report, summary: HOSTILE } });
    const shown = '&lt;script&gt;alert(1)&lt;/script&gt;|`[x](javascript:1)\uFFFDgnp.\uFFFD&quot;&#39;';
    expect(page).toContain(`<span class="name">${shown}</span>`);
    expect(page).toContain(`title="${shown}"`);
    expect(page).not.toMatch(/<script|<img|<a /);
    expect(page).not.toContain('\u202E');

    const markdown = markdownReport({ ...content, report: { ...content.report, summary: HOSTILE } });
    expect(markdown).not.toMatch(/(?<!\\)<script|(?<!\\)\[x/);
    const widths = markdown
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .map((line) => line.match(/(?<!\\)\|/g)!.length);
    expect(new Set(widths)).toEqual(new Set([4, 6, 7])); // no cell more than the heads of the tables have
  });

  it('as Markdown has the same sections', async () => {
    const markdown = markdownReport(contentOf([await findingOf('b', { obligations: ['notice'] })]));
    expect(markdown).toContain('# Licence review of shop');
    expect(markdown).toContain('| Pass on the NOTICE file of the package. | b@1.0.0 |');
    expect(markdown).toContain('| chat | gpt-4.1 | 2 | 1.5 s | 1.2 s |');
    expect(markdown).not.toContain('To be decided'); // nothing is
  });

  it('says in one sentence what became of the review', async () => {
    const clear = contentOf([await findingOf('a')]);
    const referred = contentOf([await findingOf('a', { verdict: 'unclear', risk: 'high' })]);
    expect(stateText(clear)).toBe('Released: the policy permits everything that was found.');
    const decided = (outcome: 'approved' | 'rejected', ...names: string[]) => ({
      outcome,
      decisions: names.map((userId) => ({ userId, outcome, at: 0 })),
      digest: '',
    });
    const released = { ...referred, decision: decided('approved', 'alice', 'bob') };
    expect(stateText(released)).toBe('Released: alice and bob agreed to 1 package in doubt.');
    const held = { ...referred, state: { status: 'held' } } as const;
    expect(stateText({ ...held, decision: decided('rejected', 'bob') })).toBe(
      'Not released: bob did not agree to 1 package in doubt.',
    );
    expect(stateText({ ...held, decision: { outcome: 'expired', decisions: [], digest: '' } })).toBe(
      'Not released: nobody has decided about 1 package in time.',
    );
    const waiting = { status: 'waiting', waits: 'Two of three have to.' } as const;
    expect(stateText({ ...referred, state: waiting })).toContain('about 1 package. Two of three have to.');
  });

  it('says who decided, and when, and why', async () => {
    const decisions = [
      { userId: 'alice', outcome: 'approved', at: Date.UTC(2026, 10, 28, 12), comment: HOSTILE },
    ] as const;
    const content = contentOf([await findingOf('a', { verdict: 'unclear', risk: 'high' })], {
      decision: { outcome: 'approved', decisions, digest: 'd1g' },
    });
    const page = await htmlReport(content);
    expect(page).toMatch(/Decided by legal[^]*alice[^]*approved[^]*28 November 2026, 12:00 UTC[^]*d1g/);
    expect(page).not.toContain('<script>');
    expect(markdownReport(content)).toContain('| alice | approved | 28 November 2026, 12:00 UTC |');
  });

  it('says what is on record, with which key it is proven, and what is not proven', async () => {
    const proof = { folder: `${folder}/evidence`, entries: 1, problems: [], keyDigest: 'k3y' };
    const proven = contentOf([await findingOf('a')], { proof });
    expect(await htmlReport(proven)).toMatch(
      /On record[^]*1 signed entry [^]*all of them were proven[^]*evidence[^]*k3y/,
    );
    expect(markdownReport(proven)).toMatch(/## On record[^]*\| 1 \| yes \| .*evidence \| k3y \|/);
    const changed = contentOf([await findingOf('a')], { proof: { ...proof, problems: [HOSTILE] } });
    const page = await htmlReport(changed);
    expect(page).toContain('The record is not proven.');
    expect(page).not.toContain('all of them were proven');
    expect(page).not.toContain('<script>');
    expect(markdownReport(changed)).toContain('| 1 | no: ');
    expect(await htmlReport(contentOf([await findingOf('a')]))).not.toContain('On record');
  });

  it('is there whole, and nothing unfinished beside it', async () => {
    const { html } = await writeReports(contentOf([await findingOf('a')]));
    expect(readdirSync(`${folder}/report`).sort()).toEqual(['report.html', 'report.md']);
    expect(readFileSync(html, 'utf8')).toMatch(/<\/html>\s*$/);
  });
});

describe('The NOTICE', () => {
  const texts = new LicenceTexts();

  it('has the texts and notices of what is shipped, and the official text where a package has none', async () => {
    const c = await findingOf('c', { under: 'ISC', basis: 'declared' });
    const { file, packages } = await writeNotice(
      [await findingOf('b'), await findingOf('a'), c],
      `${folder}/out`,
      texts,
    );
    const notice = readFileSync(file, 'utf8');
    expect(packages).toBe(3);
    expect(notice.match(/^[abc]@1\.0\.0$/gm)).toEqual(['a@1.0.0', 'b@1.0.0', 'c@1.0.0']);
    expect(notice).toContain('NOTICE:\n\nBy Bob.');
    expect(notice).toContain('The official text:\n\nISC License');
  });

  it('is the same for the same packages, in whatever order they come', async () => {
    const [a, b] = [await findingOf('a'), await findingOf('b')];
    const one = await writeNotice([a, b], `${folder}/one`, texts);
    const other = await writeNotice([b, a], `${folder}/other`, texts);
    expect(other.digest).toBe(one.digest);
  });

  it('is not written where a package has changed since the review', async () => {
    const finding = await findingOf('a');
    writeFileSync(`${folder}/a/LICENSE`, 'All rights reserved.');
    await expect(writeNotice([finding], `${folder}/out`, texts)).rejects.toThrow(
      'a@1.0.0: LICENSE is not what was reviewed. Start a new review with npm start -- --new',
    );
  });
});
