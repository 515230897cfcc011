import { Executor, type Journal, type RunHandle, type RunInfo, type RunRecord } from '@drawloom/core';
import { graphOf, type Container } from '@drawloom/decorators';
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
import { SpanTally } from '../report/span-tally.js';
import { stateText } from '../report/state-text.js';
import { writeReports } from '../report/write-reports.js';
import { ProgressView, type Screen } from '../terminal/progress-view.js';
import { readArguments, USAGE, UsageError, type Request } from './arguments.js';
import { ReviewRuns } from './review-runs.js';

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
    return await withOpenRuns(request.output, (parts) => review(request, { ...parts, screen }));
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
  readonly container: Container;
  readonly tally: SpanTally;
  readonly screen: Screen;
}

/** Opens the file that runs are kept in; closes it when everything has come to rest. */
async function withOpenRuns<T>(output: string, act: (parts: Omit<Open, 'screen'>) => Promise<T>): Promise<T> {
  await mkdir(output, { recursive: true });
  const journal = sqlite(join(output, 'runs.db'));
  const tally = new SpanTally();
  const container = compose({ journal, telemetry: tally });
  try {
    return await act({ journal, container, tally });
  } finally {
    await container.get(Executor).drain();
    await journal.close();
  }
}

async function review(request: Extract<Request, { command: 'review' }>, open: Open): Promise<number> {
  const { folder, output, user } = request;
  const { journal, container, screen } = open;
  const runs = new ReviewRuns(journal, folder);
  const earlier = request.isNew ? undefined : await runs.unfinished();
  screen.write(`Licence review of ${folder}${hasKey() ? '' : ' (offline: stand-ins answer for the models)'}\n`);
  if (earlier !== undefined) return resume(earlier, open);
  screen.write('\n');
  const started = container.get(LicenceReview).start({ folder, output }, { userId: user, runId: await runs.nextId() });
  return conclude(started, open);
}

/** Goes on with a review that was interrupted, or that has been decided about. What it had done is not done again. */
async function resume({ runId, createdAt, leaseUntil, owner }: RunInfo, open: Open): Promise<number> {
  open.screen.write(`Going on with ${runId}, begun ${new Date(createdAt).toLocaleString()}.\n\n`);
  // A process that was killed may still be at it, as far as anybody knows: its lease ends in a moment.
  if (owner !== undefined) await sleep(Math.max(0, leaseUntil - Date.now()));
  return conclude(open.container.get(LicenceReview).startResume(runId), open);
}

/** Follows a run to its end, or to where it waits; writes the reports and says what came of it. */
async function conclude(handle: RunHandle<ReviewOutcome>, { screen, tally }: Open): Promise<number> {
  await follow(handle, screen);
  const result = await handle.result();
  if (result.status === 'failed' || result.status === 'cancelled') throw causeOf(result.error);
  if (result.status === 'suspended') {
    const report = result.perStep['report'] as ReviewReport;
    await tell({ report, state: { status: 'waiting', waits: '' }, notice: undefined }, result, tally, screen);
    return EXIT.done;
  }
  const { status, report, notice } = result.output;
  await tell({ report, state: { status }, notice }, result, tally, screen);
  return status === 'released' ? EXIT.done : EXIT.held;
}

/** What is told at the end, whatever the end is. */
type Told = Pick<ReviewOutcome, 'report' | 'notice'> & { readonly state: ReportState };

async function tell({ report, state, notice }: Told, run: RunRecord, tally: SpanTally, screen: Screen): Promise<void> {
  const graphs = { review: graphOf(LicenceReview), packageReview: graphOf(PackageReview) };
  const content = { report, policy, state, notice, run, graphs, trace: tally.sums };
  const files = await writeReports(content);
  screen.write(`\n${stateText(content)}\n\n`);
  for (const file of [files.html, files.markdown, ...(notice === undefined ? [] : [notice.file])]) {
    screen.write(`  ${file}\n`);
  }
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
