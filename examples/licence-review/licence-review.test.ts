import {
  Approvals,
  Clock,
  InMemoryJournal,
  Journal,
  ModelRegistry,
  PriceList,
  toMermaid,
  type RunResult,
} from '@drawloom/core';
import { agents, DURABILITY, workflows } from '@drawloom/decorators';
import { ScriptedModel, VirtualClock } from '@drawloom/testing';
import { testWorkflow } from '@drawloom/testing/classes';
import { ContainerModule } from 'inversify';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LicenceReader } from './agents/licence-reader.js';
import { STAND_IN, StandInReader } from './agents/stand-in-reader.js';
import { StandInWriter } from './agents/stand-in-writer.js';
import { SummaryWriter } from './agents/summary-writer.js';
import { LicenceReview, type ReviewOutcome, type ReviewReport } from './licence-review.js';
import { LicenceTexts } from './licences/licence-texts.js';
import { PackageReview } from './package-review.js';
import { POLICY, policy } from './policy.js';
import type { ReviewRequest } from './review.js';
import { licenceText, packageFiles, projectFolder, type Content } from './support/project-folder.js';

const texts = new LicenceTexts();
beforeAll(() => void texts.prepare(), 60_000); // seven hundred texts, once

const parts = new ContainerModule(({ bind }) => {
  bind(LicenceTexts).toConstantValue(texts);
  bind(PriceList).toConstantValue(new PriceList({ [STAND_IN]: { input: 0, output: 0 } }));
  bind(POLICY).toConstantValue(policy);
});
const test = testWorkflow(LicenceReview).load(parts, workflows(PackageReview), agents(LicenceReader, SummaryWriter));
const journal = new InMemoryJournal();
const clock = new VirtualClock();
test.override(Journal, journal).override(Clock, clock).override(DURABILITY, { pollInterval: '24h', lease: '24h' });
const approvals = new Approvals({ journal, clock, trustedCaller: true });

const standIns = new ModelRegistry([new StandInReader(), new StandInWriter()]);

const mit = { license: 'MIT', text: licenceText('MIT') };
const clean = {
  'package.json': { name: 'shop', dependencies: { a: '*' } },
  ...packageFiles('a', mit),
  ...packageFiles('tool', mit),
};
const mixed = {
  ...clean,
  ...packageFiles('copyleft', { license: 'AGPL-3.0-only', text: licenceText('AGPL-3.0-only') }),
  ...packageFiles('changed', { license: 'MPL-2.0', text: licenceText('MPL-2.0') }),
};

function request(files: Readonly<Record<string, Content>>): ReviewRequest {
  const folder = projectFolder(files);
  return { folder, output: `${folder}/report` };
}

/** Runs a review that legal has to decide about, as far as it goes without. */
async function waiting(files: Readonly<Record<string, Content>>): Promise<RunResult<ReviewOutcome>> {
  const result: RunResult<ReviewOutcome> = await test.run(request(files), { userId: 'dave' });
  expect(result.status).toBe('suspended');
  return result;
}

async function decide(runId: string, userId: string, outcome: 'approved' | 'rejected'): Promise<void> {
  const [wait] = await journal.waits({ tenant: '', runId });
  const { id, digest } = await approvals.get(wait!.id);
  await approvals.decide(id, { actor: { userId, groups: ['legal'] }, outcome, digest });
}

async function goOn(runId: string): Promise<RunResult<ReviewOutcome>> {
  return test.coverage.add(await test.container.get(LicenceReview).resume(runId));
}

describe('The licence review', () => {
  it('is drawn in the README as it is', () => {
    const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8');
    const [, drawn] = /```mermaid\n([^]*?)\n```/.exec(readme)!;
    expect(drawn).toBe(toMermaid(test.container.get(LicenceReview).graph));
  });

  beforeEach(() => test.override(ModelRegistry, standIns));

  it('releases what the policy permits, with a NOTICE of what is shipped', async () => {
    const { output } = await test.run(request(clean));
    expect(output).toMatchObject({ status: 'released', notice: { packages: 1 } });
    const notice = readFileSync(output.notice!.file, 'utf8');
    expect(notice).toContain('a@1.0.0\nLicence: MIT');
    expect(notice).toContain('Permission is hereby granted');
    expect(notice).not.toContain('tool@1.0.0');
  });

  it('puts the findings with the highest risk first, and counts them', async () => {
    const { review, request: scope } = (await waiting(mixed)).perStep['report'] as ReviewReport;
    expect(scope.product).toBe('shop');
    expect(review.findings.map(({ package: { name }, risk }) => [name, risk])).toEqual([
      ['copyleft', 'medium'],
      ['changed', 'low'],
      ['a', 'none'],
      ['tool', 'none'],
    ]);
    expect(review.counts).toEqual({ packages: 4, shipped: 1, permitted: 2, conditions: 1, forbidden: 1, unclear: 0 });
    expect(review.referred).toEqual(['copyleft@1.0.0']);
  });

  it('sends the summary back until nothing is missing', async () => {
    const more = packageFiles('copyleft-too', { license: 'GPL-3.0-only', text: licenceText('GPL-3.0-only') });
    const result = await waiting({ ...mixed, ...more });
    expect(result).toHaveRouted('isComplete', 'revise', 'complete');
    const { summary } = result.perStep['report'] as ReviewReport;
    expect(summary).toContain('copyleft-too@1.0.0 (development only; licence: GPL-3.0-only)');
    expect(summary).toContain('This is asked for by changed@1.0.0.');
  });

  it('takes plain sentences where the summary is never complete', async () => {
    const writer = new ScriptedModel(
      Array.from({ length: 4 }, () => 'All is well, we guarantee it.'),
      { name: 'gpt-4.1' },
    );
    test.override(ModelRegistry, new ModelRegistry([writer]));
    const result = await waiting(mixed);
    expect(result).toHaveRouted('isComplete', 'revise', 'revise', 'revise', 'giveUp');
    expect((result.perStep['report'] as ReviewReport).summary).toMatch(
      /^4 packages that are installed in shop .*copyleft@1\.0\.0/s,
    );
  });

  it('tells the writer what is wrong with its draft, and nothing that is not among the facts', async () => {
    const complete = '2 packages, 1 shipped; 2 permitted, 0 under conditions, 0 forbidden, 0 unclear.';
    const writer = new ScriptedModel(
      [
        `${complete} We guarantee that. See left-pad@1.0.0.`,
        { expect: { lastMessage: /Leave out left-pad@1\.0\.0.*Promise nothing/ }, content: complete },
      ],
      { name: 'gpt-4.1' },
    );
    test.override(ModelRegistry, new ModelRegistry([writer]));
    expect((await test.run(request(clean))).output.report.summary).toBe(complete);
    writer.expectDone();
  });

  it('waits for two people of legal, and is released with their names', async () => {
    const { runId } = await waiting(mixed);
    await decide(runId, 'alice', 'approved');
    expect((await goOn(runId)).status).toBe('suspended');
    await decide(runId, 'bob', 'approved');
    const result = await goOn(runId);
    expect(result.output).toMatchObject({
      status: 'released',
      decision: { outcome: 'approved', decisions: [{ userId: 'alice' }, { userId: 'bob' }] },
      notice: { packages: 1 },
    });
  });

  it('is held where one of them does not agree', async () => {
    const { runId } = await waiting(mixed);
    await decide(runId, 'alice', 'rejected');
    expect((await goOn(runId)).output).toMatchObject({ status: 'held', notice: undefined });
  });

  it('is held where nobody decides in time', async () => {
    const { runId } = await waiting(mixed);
    await clock.advance('48h');
    expect((await goOn(runId)).output).toMatchObject({ status: 'held', decision: { outcome: 'expired' } });
  });

  it('is not decided about by whoever asked for it', async () => {
    const { runId } = await waiting(mixed);
    await expect(decide(runId, 'dave', 'approved')).rejects.toMatchObject({ code: 'DECISION_REFUSED' });
  });

  it('fails with a clear sentence where nothing is installed', async () => {
    await expect(test.run(request({ 'package.json': { name: 'shop' } }))).rejects.toMatchObject({
      node: 'inventory',
      cause: { name: 'NothingInstalledError' },
    });
  });

  afterAll(() => expect(test.coverage).toCoverEveryEdge());
});
