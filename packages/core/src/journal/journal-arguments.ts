/**
 * What is checked of what a journal is given, the same for every implementation. Each function throws
 * {@link AdapterError} JOURNAL_MISMATCH, before anything is changed.
 */
import { AdapterError } from '../errors/adapter-error.js';
import { describeValue } from '../errors/format-message.js';
import type { Commit, JournalRecord, KeptSignal, Lease, NewRun, NewWait, WaitChange } from '../ports/journal.js';

type Ids = Readonly<Record<string, string | undefined>>;

/** Whether there can be such an id: stored as UTF-8, two ids that differ in half a surrogate pair would become the same. */
export function isStorableId(id: string): boolean {
  return !/[\uD800-\uDFFF]/u.test(id);
}

/** Of a run that begins, with its first records and its owner. */
export function checkNewRun(where: string, run: NewRun, records: readonly JournalRecord[], owner: string): void {
  const { tenant, runId, workflow, version, graphHash, userId, sessionId, forkedFrom } = run;
  checkIds(where, { tenant, runId, workflow, version, graphHash, userId, sessionId, forkedFrom, owner });
  checkNumbers(where, runId, records, 1);
}

/** Of a commit, as far as it can be told without the run: whether its records follow on those of the run is to be seen. */
export function checkCommit(where: string, { tenant, runId }: Lease, { records, opens = [] }: Commit): void {
  if (records.length > 0) checkNumbers(where, runId, records, records[0]!.seq);
  for (const wait of opens) {
    checkWait(where, wait);
    if (wait.tenant === tenant && wait.runId === runId) continue;
    throw AdapterError.journalMismatch(where, `wait ${describeValue(wait.id)} is of another run than the commit`);
  }
}

/** Of who may act on a wait from now on. */
export function checkWaitChange(where: string, { users = [], groups = [], takes }: WaitChange): void {
  for (const user of users) checkIds(where, { user });
  for (const group of groups) checkIds(where, { group });
  checkIds(where, { message: takes?.id });
}

/** Of a signal that is to be kept. */
export function checkKeptSignal(where: string, { tenant, runId, signal, id }: KeptSignal): void {
  checkIds(where, { tenant, runId, signal, id });
}

/** @throws {@link AdapterError} JOURNAL_MISMATCH for an id that cannot be kept. */
export function checkIds(where: string, ids: Ids): void {
  for (const [name, id] of Object.entries(ids)) {
    if (id === undefined || isStorableId(id)) continue;
    throw AdapterError.journalMismatch(where, `${name} has half a surrogate pair in it, which cannot be stored`);
  }
}

/** Records that do not follow on those that a run has: there is a second writer, or one that does not count. */
export function doesNotFollowOn(where: string, runId: string, length: number, seq: number): AdapterError {
  const what = `record ${describeValue(seq)} does not follow on the ${length} of run ${describeValue(runId)}`;
  return AdapterError.journalMismatch(where, what);
}

/** A wait whose id another one has. */
export function waitIsTaken(where: string, id: string): AdapterError {
  return AdapterError.journalMismatch(where, `there is a wait ${describeValue(id)} already`);
}

function checkWait(where: string, { id, workflow, userId, node, signal, users, groups }: NewWait): void {
  checkIds(where, { id, workflow, userId, node, signal });
  checkWaitChange(where, { state: '', users, groups });
}

function checkNumbers(where: string, runId: string, records: readonly JournalRecord[], first: number): void {
  const wrong = records.findIndex(({ seq }, index) => seq !== first + index);
  if (wrong !== -1) throw doesNotFollowOn(where, runId, first + wrong - 1, records[wrong]!.seq);
}
