import { Executor, type Journal, type RunHandle, type RunInfo, type RunRecord } from '@drawloom/core';
import type { Container } from '@drawloom/decorators';
import { sqlite } from '@drawloom/sqlite';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compose, hasKey } from '../compose.js';
import { NothingInstalledError } from '../inventory/find-packages.js';
import { LicenceReview, type ReviewOutcome, type ReviewReport } from '../licence-review.js';
import { PackageReview } from '../package-review.js';
import { policy } from '../policy.js';
import type { ReportState } from '../report/report-content.js';
import { openAudit, writeEvidence, type ReviewAudit } from '../report/evidence.js';
import { SpanTally } from '../report/span-tally.js';
import { stateText } from '../report/state-text.js';
import { writeReports } from '../report/write-reports.js';
import { ProgressView, type Screen } from '../terminal/progress-view.js';
import { readArguments, USAGE, UsageError, type DecideCommand, type ReviewCommand } from './arguments.js';
import { ReportedRuns, ReviewRuns } from './review-runs.js';
import { approvalsOf, findWait, howToDecide, openApprovals, refusalText, shownId, whoHasTo } from './waiting.js';

/** What a process says with its exit code. */
export const EXIT = { done: 0, failed: 1, usage: 2, held: 3 } as const;

/** What the command is run with. */
export interface Surroundings {
  /** The folder that paths start at. */
  readonly folder: string;
  readonly screen: Screen;
}

/** Runs the command and returns its exit code; what it has to say goes to the screen. */
export async function reviewCommand(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { screen, folder } = surroundings;
  try {
    const request = readArguments(args, folder);
    if (request.command === 'help') {
      screen.write(USAGE);
      return EXIT.done;
    }
    if (request.command === 'inbox') return await inbox(request.output, screen);
    return await withOpenRuns(request.output, (parts) => {
      const open = { ...parts, screen };
      return request.command === 'decide' ? decide(request, open) : review(request, open);
    });
  } catch (error) {
    if (error instanceof UsageError || error instanceof NothingInstalledError) {
      screen.write(`${error.message}\n`);
      return EXIT.usage;
    }
    throw error;
  }
}

/** What every command works with. */
interface Open {
  readonly journal: Journal;
  readonly audit: ReviewAudit;
  readonly container: Container;
  readonly tally: SpanTally;
  readonly reported: ReportedRuns;
  readonly screen: Screen;
}

/** Opens the file that runs are kept in; closes it when everything has come to rest. */
async function withOpenRuns<T>(output: string, act: (parts: Omit<Open, 'screen'>) => Promise<T>): Promise<T> {
  await mkdir(output, { recursive: true });
  const journal = sqlite(join(output, 'runs.db'));
  const tally = new SpanTally();
  const audit = await openAudit(journal, output);
  const container = compose({ journal, audit: audit.log, telemetry: tally });
  try {
    return await act({ journal, audit, container, tally, reported: new ReportedRuns(output) });
  } finally {
    await container.get(Executor).drain();
    await audit.log.close();
    await journal.close();
  }
}

/** Shows what waits for a decision; also while a review runs. */
async function inbox(output: string, screen: Screen): Promise<number> {
  await mkdir(output, { recursive: true });
  const journal = sqlite(join(output, 'runs.db'));
  try {
    const waiting = await openApprovals(journal);
    if (waiting.length === 0) screen.write('Nothing waits for a decision.\n');
    for (const approval of waiting) {
      const body = (approval.body ?? '').replaceAll(/^(?=.)/gm, '  ');
      screen.write(`${shownId(approval.id)}  ${approval.title}\n\n${body}\n\n`);
      screen.write(`  ${whoHasTo(approval)}\n  ${howToDecide(approval)}\n\n`);
    }
    return EXIT.done;
  } finally {
    await journal.close();
  }
}

/** Takes a decision to the record. If it settles the matter, the review goes on. */
async function decide({ wait, outcome, user, comment }: DecideCommand, open: Open): Promise<number> {
  const { journal, screen } = open;
  const { id, digest, runId } = await findWait(journal, wait);
  try {
    const said = { actor: user, outcome, digest, ...(comment === undefined ? {} : { comment }) };
    const { approval, isNew } = await approvalsOf(journal).decide(id, said);
    screen.write(`${isNew ? 'Recorded' : 'Known already'}: ${user} has ${outcome}.\n`);
    if (approval.status === 'open') {
      screen.write(`${whoHasTo(approval)}\n`);
      return EXIT.done;
    }
  } catch (error) {
    const refusal = refusalText(error);
    if (refusal === undefined) throw error;
    screen.write(`${refusal}\n`);
    return EXIT.usage;
  }
  return resume((await journal.run({ tenant: '', runId }))!, open);
}

async function review(request: ReviewCommand, open: Open): Promise<number> {
  const { folder, output, user } = request;
  const { journal, container, reported, screen } = open;
  const runs = new ReviewRuns(journal, folder, reported);
  const earlier = request.isNew ? undefined : await runs.unfinished();
  screen.write(`Licence review of ${folder}${hasKey() ? '' : ' (offline: stand-ins answer for the models)'}\n`);
  if (earlier !== undefined) return resume(earlier, open);
  screen.write('\n');
  const started = container.get(LicenceReview).start({ folder, output }, { userId: user, runId: await runs.nextId() });
  return conclude(started, open);
}

/** Goes on with a review that was interrupted, or that has been decided about, or that only its reports are missing of. What it had done is not done again. */
async function resume({ runId, createdAt, leaseUntil, owner }: RunInfo, open: Open): Promise<number> {
  open.screen.write(`Going on with ${runId}, begun ${new Date(createdAt).toLocaleString()}.\n\n`);
  // A process that was killed may still be at it, as far as anybody knows: its lease ends in a moment.
  if (owner !== undefined) await sleep(Math.max(0, leaseUntil - Date.now()));
  return conclude(open.container.get(LicenceReview).startResume(runId), open);
}

/** Follows a run to its end, or to where it waits; writes the reports and says what came of it. */
async function conclude(handle: RunHandle<ReviewOutcome>, open: Open): Promise<number> {
  const { screen } = open;
  await follow(handle, screen);
  const result = await handle.result();
  if (result.status === 'failed' || result.status === 'cancelled') throw causeOf(result.error);
  if (result.status === 'suspended') {
    const report = result.perStep['report'] as ReviewReport;
    const waiting = await openApprovals(open.journal, handle.runId);
    const state = { status: 'waiting', waits: waiting.map(whoHasTo).join(' ') } as const;
    await tell({ report, state, decision: undefined, notice: undefined }, result, open);
    for (const approval of waiting) screen.write(`\n  npm start -- inbox\n  ${howToDecide(approval)}\n`);
    return EXIT.done;
  }
  const { status, report, decision, notice } = result.output;
  await tell({ report, state: { status }, decision, notice }, result, open);
  return status === 'released' ? EXIT.done : EXIT.held;
}

/** What is told at the end, whatever the end is. */
type Told = Pick<ReviewOutcome, 'report' | 'decision' | 'notice'> & { readonly state: ReportState };

async function tell(told: Told, run: RunRecord, { audit, container, tally, reported, screen }: Open): Promise<void> {
  const review = container.get(LicenceReview);
  const graphs = { review: review.graph, packageReview: container.get(PackageReview).graph };
  const isOver = told.state.status !== 'waiting';
  const proof = isOver ? await writeEvidence(run.runId, told.report.request.output, audit, review) : undefined;
  const content = { ...told, policy, run, graphs, proof, trace: tally.sums };
  const { html, markdown } = await writeReports(content);
  if (isOver) await reported.add(run.runId);
  const files = [html, markdown, ...(told.notice === undefined ? [] : [told.notice.file])];
  screen.write(`\n${stateText(content)}\n\n`);
  for (const file of files) screen.write(`  ${file}\n`);
  if (proof === undefined) return;
  const problems = proof.problems.length === 0 ? '' : `, and not proven: ${proof.problems.join('; ')}`;
  screen.write(`  ${proof.folder}  (${proof.entries} signed entries${problems})\n`);
}

async function follow(handle: RunHandle<ReviewOutcome>, screen: Screen): Promise<void> {
  const view = new ProgressView(screen);
  for await (const event of handle.events({ overflow: 'wait' })) view.hear(event);
  view.finish();
}

/** Somebody who has no packages installed needs that sentence, not the step that came upon it. */
function causeOf(error: Error): Error {
  return error.cause instanceof NothingInstalledError ? error.cause : error;
}
