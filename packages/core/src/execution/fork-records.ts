/**
 * Job: the records that a fork begins with, made of those of the run it is forked from.
 *
 * Boundary: what is shared is decided here; the new run is made and carried out by `DurableRun`.
 *
 * What was recorded before the outcome of the chosen activation is shared in its order, but for three things. What the
 * activation itself left (attempts, items, calls, nested runs) is not: it is done anew. Waits that are open are not: they are
 * opened anew, as those of the new run. And times are moved on, as if the run had come this far by now, so that of its
 * timeout only that much is used up.
 */
import { AdapterError } from '../errors/adapter-error.js';
import { RunError } from '../errors/run-error.js';
import {
  activationKey,
  type EncodedValue,
  placeKey,
  readRecord,
  type RecordBody,
  type RecordOf,
  writeRecord,
} from '../journal/records.js';
import type { JournalRecord } from '../ports/journal.js';

/** From where a run is forked: before the outcome of an activation. */
export interface ForkPoint {
  readonly node: string;
  /** The latest that has an outcome, where it is left out. */
  readonly visit: number | undefined;
  /** In place of what the activation received. */
  readonly input: { readonly value: unknown } | undefined;
}

/** What is known of the fork besides. */
interface Forking {
  readonly workflow: string;
  readonly version: string | undefined;
  readonly graphHash: string;
  /** Of the run that is forked. */
  readonly runId: string;
  readonly now: number;
  /** Where the trace of the fork goes on: it is not that of the run that is forked. */
  readonly trace: string | undefined;
  readonly encode: (value: unknown, node: string, visit: number) => EncodedValue;
}

type Body = RecordBody<unknown>;
type Outcome = RecordOf<
  'step.completed' | 'step.failed' | 'step.cancelled' | 'route.taken' | 'wait.opened' | 'wait.resolved'
>;

const OUTCOMES: ReadonlySet<string> = new Set<Outcome['type']>([
  'step.completed',
  'step.failed',
  'step.cancelled',
  'route.taken',
  'wait.opened',
  'wait.resolved',
]);

/**
 * The records that a fork begins with, and the visit that is done anew.
 *
 * @throws {@link RunError} FORK_POINT_UNKNOWN, FORK_REFUSED.
 */
export function forkRecords(
  records: readonly JournalRecord[],
  point: ForkPoint,
  forking: Forking,
): { readonly records: JournalRecord[]; readonly visit: number } {
  const bodies = records.map((record) => read(record, forking.workflow));
  const at = cutOf(bodies, point, forking);
  const cut = bodies[at] as Outcome;
  const { node, visit } = cut;
  const before = bodies.slice(0, at);
  const open = openWaits(before);
  const place = placeKey({ path: undefined, node, visit, item: undefined, attempt: 1 });
  const shared = before.filter((body) => {
    if (body.type === 'run.resumed' || open.has(body)) return false;
    if (body.type === 'input.replaced' && isAbout(body, node, visit)) return point.input === undefined;
    return !isAbout(body, node, visit) && !isWithin(body, place);
  });
  refuseUndone(shared, bodies.slice(at), forking);
  const movedBy = forking.now - (cut.at + ('ms' in cut ? cut.ms : 0));
  const { version, graphHash, trace } = forking;
  const forked = shared.map((body, index): Body => {
    const own = 'audited' in body ? { ...body, audited: undefined } : body; // a fork has entries of its own
    const moved = 'at' in own ? { ...own, at: own.at + movedBy } : own;
    if (moved.type !== 'run.started') return moved;
    return index === 0 ? { ...moved, version, graphHash, trace } : { ...moved, trace: undefined };
  }) as RecordBody<EncodedValue>[]; // values are trees of JSON, which are written as they are
  if (point.input !== undefined)
    forked.push({ type: 'input.replaced', node, visit, input: forking.encode(point.input.value, node, visit) });
  const written = forked.map((body, index) => ({ seq: index + 1, type: body.type, text: writeRecord(body) }));
  return { records: written, visit };
}

function read(record: JournalRecord, workflow: string): Body {
  const body = readRecord(record);
  if (body === undefined) throw AdapterError.recordUnreadable(workflow, record.seq);
  return body;
}

/** The first outcome of the activation; of one that waits that is the opening of its wait. */
function cutOf(bodies: readonly Body[], { node, visit }: ForkPoint, { workflow, runId }: Forking): number {
  const own = bodies.filter((body): body is Outcome => isOutcome(body) && body.path === undefined);
  const meant = visit ?? own.findLast((body) => body.node === node)?.visit;
  const at = bodies.findIndex((body) => isOutcome(body) && isAbout(body, node, meant));
  if (at !== -1) return at;
  const visits = new Map<string, number>();
  for (const body of own) visits.set(body.node, Math.max(visits.get(body.node) ?? 0, body.visit));
  const nested = bodies.find((body) => isOutcome(body) && body.path !== undefined && body.node === node) as Outcome;
  throw RunError.forkPointUnknown(workflow, runId, {
    node,
    visit,
    visits,
    within: nested && outermostOf(nested.path!),
  });
}

/** Activations that wait, and of which nothing else came yet. */
function openWaits(bodies: readonly Body[]): ReadonlySet<Body> {
  const open = new Map<string, Body>();
  for (const body of bodies) {
    if (!isOutcome(body)) continue;
    if (body.type === 'wait.opened') open.set(keyOf(body), body);
    else open.delete(keyOf(body));
  }
  return new Set(open.values());
}

/** What was undone afterwards is not there any more, whatever the shared records say. */
function refuseUndone(shared: readonly Body[], after: readonly Body[], { workflow, runId }: Forking): void {
  const done = new Set(shared.filter(isOutcome).map(keyOf));
  for (const body of after) {
    const isUndoing = body.type === 'compensation.completed' || body.type === 'compensation.failed';
    if (isUndoing && done.has(keyOf(body))) throw RunError.forkRefused(workflow, runId, body.node);
  }
}

function isOutcome(body: Body): body is Outcome {
  return OUTCOMES.has(body.type);
}

function isAbout(body: Body, node: string, visit: number | undefined): boolean {
  return 'node' in body && body.path === undefined && body.node === node && body.visit === visit;
}

/** Whether it is of a run that is nested in what stands at `place`, in any of its attempts, items and calls. */
function isWithin(body: Body, place: string): boolean {
  const path = 'path' in body ? body.path : undefined;
  return path !== undefined && path.startsWith(place) && '[:/|'.includes(path.charAt(place.length));
}

function keyOf({ path, node, visit }: Extract<Body, { readonly node: string }>): string {
  return `${path ?? ''}/${activationKey(node, visit)}`;
}

/** The node of the journal's own run that a path begins with. */
function outermostOf(path: string): string {
  const [first] = path.split(/[[:/|]/, 1);
  return decodeURIComponent(first!.slice(first!.indexOf('#') + 1));
}
