/**
 * `npm run campaign`: the long form of the property tests (`*.campaign.ts`), which `npm test` leaves out. Each reads from
 * CAMPAIGN_RUNS how many cases to try: 100,000, or 10,000 with `--short`, or what the environment says.
 * The short form tries the same cases every time, the long one new ones (CAMPAIGN_SEED: a number, or `random`).
 * Other arguments go to jest (`npm run campaign -- --short scheduler`).
 */
import { ensureInstalled } from './ensure-installed.mjs';
import { runJest } from './run-jest.mjs';

const short = process.argv.includes('--short');
const rest = process.argv.slice(2).filter((argument) => argument !== '--short');
const runs = process.env.CAMPAIGN_RUNS ?? (short ? '10000' : '100000');
const seed = process.env.CAMPAIGN_SEED ?? (short ? '1' : 'random');
const oneHour = 60 * 60 * 1000;

ensureInstalled();
console.log(`Campaign of ${runs} cases for each property.`);
const { status, passed, failed } = runJest([...rest, '--testMatch=**/*.campaign.ts', `--testTimeout=${oneHour}`], {
  env: { CAMPAIGN_RUNS: runs, CAMPAIGN_SEED: seed },
});
console.log(`${passed} passed, ${failed} failed in the campaign`);
process.exit(status);
