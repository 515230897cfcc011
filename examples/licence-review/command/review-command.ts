import type { RunHandle } from '@drawloom/core';
import { graphOf } from '@drawloom/decorators';
import { compose, hasKey } from '../compose.js';
import { NothingInstalledError } from '../inventory/find-packages.js';
import { LicenceReview, type ReviewOutcome } from '../licence-review.js';
import { PackageReview } from '../package-review.js';
import { policy } from '../policy.js';
import { SpanTally } from '../report/span-tally.js';
import { stateText } from '../report/state-text.js';
import { writeReports } from '../report/write-reports.js';
import { ProgressView, type Screen } from '../terminal/progress-view.js';
import { readArguments, USAGE, UsageError, type Request } from './arguments.js';

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
    return await review(request, screen);
  } catch (error) {
    if (error instanceof UsageError || error instanceof NothingInstalledError) {
      screen.write(`${error.message}\n`);
      return EXIT.usage;
    }
    throw error;
  }
}

async function review(request: Extract<Request, { command: 'review' }>, screen: Screen): Promise<number> {
  const { folder, output, user } = request;
  screen.write(`Licence review of ${folder}${hasKey() ? '' : ' (offline: stand-ins answer for the models)'}\n\n`);
  const tally = new SpanTally();
  const handle = compose({ telemetry: tally }).get(LicenceReview).start({ folder, output }, { userId: user });
  await follow(handle, screen);
  const result = await handle.result();
  if (result.status === 'failed' || result.status === 'cancelled') throw causeOf(result.error);

  const { status, report, notice } = result.output;
  const graphs = { review: graphOf(LicenceReview), packageReview: graphOf(PackageReview) };
  const content = { report, policy, state: { status }, notice, run: result, graphs, trace: tally.sums };
  const files = await writeReports(content);
  screen.write(`\n${stateText(content)}\n\n`);
  for (const file of [files.html, files.markdown, ...(notice === undefined ? [] : [notice.file])])
    screen.write(`  ${file}\n`);
  return status === 'released' ? EXIT.done : EXIT.held;
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
