/** Writes alone and together with others, closes nothing, and comes to its end. */
import { sqlite } from '../../src/sqlite.js';
import { begin, commitNumber } from '../support/numbered-runs.js';

const store = sqlite(process.argv[2]!);
const leases = await Promise.all(['a', 'b', 'c'].map((runId) => begin(store, runId)));
await Promise.all(leases.map((lease) => commitNumber(store, lease)));
await commitNumber(store, leases[0]!);
