/**
 * A licence review of the packages that are installed in a folder: `npm start`. The workflows are in `licence-review.ts` and
 * `package-review.ts`, what they are put together from in `compose.ts`, what the company allows in `policy.ts`.
 */
import { reviewCommand } from './command/review-command.js';
import { processScreen } from './terminal/progress-view.js';

export async function main(): Promise<void> {
  process.exitCode = await reviewCommand(process.argv.slice(2), { folder: process.cwd(), screen: processScreen() });
}
