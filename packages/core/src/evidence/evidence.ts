/**
 * Job: everything that proves what one run did, in a few files that stand alone: signed entries, the graph, and what can be
 * told from these two.
 *
 * Boundary. The entries are those of the audit log, as they are stored there; what is not in them is not here either.
 *
 * Invariants.
 * E1. Nothing has to be believed but the signatures: the report and the pictures are made anew from entries and graph, and
 *     compared; the graph's hash stands in a signed entry.
 * E2. An excerpt that lacks an entry of its runs shows: entries of a run are numbered (`facts.n`), across all processes that carry it
 *     out. Of a process that others went on after, what it told after its last record may be missing.
 * E3. The same log gives the same files, byte for byte.
 */
import type { AuditVerifier } from '../audit/audit-key.js';
import { contentDigest } from '../audit/shown-content.js';
import { hashOf, readLine } from '../audit/sealed-line.js';
import { describeReason } from '../errors/format-message.js';
import { RunError } from '../errors/run-error.js';
import type { GraphDefinition } from '../graph/definition.js';
import { definitionFromJson, definitionToJson } from '../graph/definition-json.js';
import { overlayOfRun } from '../graph/overlay-of-run.js';
import { structuralHash } from '../graph/structural-hash.js';
import { toMermaid } from '../graph/to-mermaid.js';
import { toSvg } from '../graph/to-svg.js';
import type { AuditEntry, AuditSource } from '../ports/audit-log.js';
import { ENDS_OF_RUN, runReport, type EvidencedRun } from './run-report.js';

/** From what evidence is made. */
export interface EvidenceSources {
  /** The log that recorded the run, or its store. */
  readonly log: AuditSource;
  /** The workflow, or its graph. */
  readonly workflow: { readonly graph: GraphDefinition };
}

/** The files of a bundle, by name. */
export type EvidenceFiles = ReadonlyMap<string, Uint8Array>;

/** What verifying a bundle found. */
export interface EvidenceVerdict {
  readonly ok: boolean;
  /** Signed entries that are proven. */
  readonly entries: number;
  /** Everything that is wrong, in words; empty where all is well. */
  readonly problems: readonly string[];
  /** What the run and those nested in it did; empty where the entries cannot be read. */
  readonly runs: readonly EvidencedRun[];
}

const ENTRIES = 'entries.jsonl';
const GRAPH = 'graph.json';
const REPORT = 'report.json';
const MERMAID = 'graph.mmd';
const SVG = 'graph.svg';
const LINE_FEED = 10;

/** What proves what a run did. */
export class Evidence {
  /** `entries.jsonl`, signed; `graph.json`; and what is told from these: `report.json`, `graph.mmd`, `graph.svg`. */
  readonly files: EvidenceFiles;
  /** The run, then those that are nested in it. */
  readonly runs: readonly EvidencedRun[];

  /** @internal `evidence` makes it. */
  constructor(files: EvidenceFiles, runs: readonly EvidencedRun[]) {
    this.files = files;
    this.runs = runs;
  }

  /** Writes the files into a folder, which is made where it is missing. */
  async writeTo(folder: string): Promise<void> {
    const { mkdir, writeFile } = process.getBuiltinModule('node:fs/promises');
    const { join } = process.getBuiltinModule('node:path');
    await mkdir(folder, { recursive: true });
    for (const [name, bytes] of this.files) await writeFile(join(folder, name), bytes);
  }
}

/**
 * Everything that an audit log has of a run and of those nested in it, as a bundle that can be handed out: it holds no
 * entry of any other run. How much it shows of inputs and outputs was decided when they were recorded.
 *
 * @throws {@link RunError} RUN_NOT_RECORDED when the log has no entry of the run.
 *
 * @example
 * const bundle = async (runId: string, log: AuditLog, workflow: Runnable<never, unknown>): Promise<void> =>
 *   (await evidence(runId, { log, workflow })).writeTo(`evidence/${runId}`);
 */
export async function evidence(runId: string, { log, workflow }: EvidenceSources): Promise<Evidence> {
  const runs = new Set([runId]);
  const lines: Uint8Array[] = [];
  for await (const bytes of log.read()) {
    const entry = readLine(bytes, NO_KEYS)?.entry;
    if (entry?.run === undefined) continue;
    const { parentRun } = entry.facts ?? {};
    if (entry.action === 'run.started' && runs.has(String(parentRun))) runs.add(entry.run);
    if (runs.has(entry.run)) lines.push(Uint8Array.from(bytes));
  }
  if (lines.length === 0) throw RunError.notRecorded(runId);
  const graph = Buffer.from(graphFile(workflow.graph));
  const derived = derive(runId, entriesOf(lines), workflow.graph);
  const files = new Map([[ENTRIES, Buffer.concat(lines)], [GRAPH, graph], ...derived.files]);
  return new Evidence(files, derived.runs);
}

/**
 * Whether a bundle is what the log had of a run: every entry signed, none of them missing, the graph the one that was run,
 * and nothing in report and pictures that the entries do not say.
 *
 * @param bundle - the files, or the folder that they are in.
 * @param keys - verifies the entries: a public key, or the secret.
 */
export async function verifyEvidence(
  bundle: EvidenceFiles | string,
  keys: AuditVerifier | readonly AuditVerifier[],
): Promise<EvidenceVerdict> {
  let files: EvidenceFiles;
  try {
    files = typeof bundle === 'string' ? await readFolder(bundle) : bundle;
  } catch (error) {
    const problems = Object.freeze([`the folder cannot be read: ${describeReason(error)}`]);
    return Object.freeze({ ok: false, entries: 0, problems, runs: [] });
  }
  const verifiers = new Map([keys].flat().map((key) => [key.id, key] as const));
  const problems: string[] = [];
  const lines = linesOf(files.get(ENTRIES) ?? new Uint8Array());
  const proven = lines.filter((bytes, index) => {
    const isProven = readLine(bytes, verifiers)?.isProven;
    if (isProven === undefined)
      problems.push(`line ${index + 1} of ${ENTRIES} is no entry, or is signed with another key`);
    if (isProven === false) problems.push(`line ${index + 1} of ${ENTRIES} is not what was signed`);
    return isProven === true;
  });
  const entries = entriesOf(proven);
  problems.push(...missingEntries(entries), ...wrongContents(entries));
  const runs = judgeDerived(files, entries, problems);
  return Object.freeze({ ok: problems.length === 0, entries: entries.length, problems: Object.freeze(problems), runs });
}

/** E1. */
function judgeDerived(
  files: EvidenceFiles,
  entries: readonly AuditEntry[],
  problems: string[],
): readonly EvidencedRun[] {
  const [first] = entries;
  if (first?.run === undefined) {
    problems.push(`${ENTRIES} has no entry that is proven`);
    return [];
  }
  const given = Buffer.from(files.get(GRAPH) ?? []).toString();
  let graph: GraphDefinition;
  let derived: ReturnType<typeof derive>;
  try {
    graph = definitionFromJson(given);
    derived = derive(first.run, entries, graph);
  } catch {
    problems.push(`${GRAPH} is no graph`);
    return [];
  }
  const hash = structuralHash(graph);
  const { graphHash: recorded, graphDigest } = derived.runs[0]!;
  const digest = hashOf(Buffer.from(given.replace(/\n$/, '')));
  if (recorded === undefined) {
    problems.push(`no entry that is proven says which graph was run`);
  } else {
    if (hash !== recorded)
      problems.push(`${GRAPH} is not the graph that was run: its hash is ${hash}, the run had ${String(recorded)}`);
    if (digest !== graphDigest) problems.push(`${GRAPH} is not what was recorded with the run`);
  }
  const expected: EvidenceFiles = new Map([[ENTRIES, Buffer.alloc(0)], [GRAPH, Buffer.alloc(0)], ...derived.files]);
  for (const [name, bytes] of derived.files)
    if (!bytes.equals(files.get(name) ?? new Uint8Array())) problems.push(`${name} does not say what the entries say`);
  for (const name of files.keys()) if (!expected.has(name)) problems.push(`${name} does not belong to the bundle`);
  return derived.runs;
}

function graphFile(graph: GraphDefinition): string {
  return `${definitionToJson(graph)}\n`;
}

/** E3. What can be told from the entries and the graph. */
function derive(
  runId: string,
  entries: readonly AuditEntry[],
  graph: GraphDefinition,
): { readonly runs: readonly EvidencedRun[]; readonly files: ReadonlyMap<string, Buffer> } {
  const byRun = new Map<string, AuditEntry[]>([[runId, []]]);
  for (const entry of entries) {
    const own = byRun.get(entry.run!);
    if (own === undefined) byRun.set(entry.run!, [entry]);
    else own.push(entry);
  }
  const runs = [...byRun].map(([run, own]) => runReport(run, own));
  const { steps, routes } = runs[0]!;
  const overlay = overlayOfRun({ steps: steps.filter(isEnded), routes });
  const proof = {
    entries: entries.length,
    firstSeq: entries[0]?.seq,
    lastSeq: entries.at(-1)?.seq,
  };
  const report = { format: 'drawloom.evidence', version: 1, graph: { hash: structuralHash(graph) }, proof, runs };
  const files = new Map([
    [REPORT, Buffer.from(`${JSON.stringify(report, undefined, 2)}\n`)],
    [MERMAID, Buffer.from(`${toMermaid(graph, { overlay })}\n`)],
    [SVG, Buffer.from(`${toSvg(graph, { overlay })}\n`)],
  ]);
  return { runs, files };
}

const BEGINS: readonly string[] = ['run.started', 'run.forked', 'run.resumed'];

/** What others than the run had on record: somebody was refused, by whichever process they came to. */
const UNNUMBERED: readonly string[] = ['approval.refused', 'signal.refused'];

/**
 * E2. Entries of a run are numbered from 1. Where another process goes on with it, its numbers follow those that the journal had; the
 * process before may have told a few more after its last record.
 */
function missingEntries(entries: readonly AuditEntry[]): string[] {
  const last = new Map<string, { readonly n: number; readonly rests: boolean }>();
  const missing: string[] = [];
  let before = 0;
  for (const { run, seq, action, facts = {} } of entries) {
    if (UNNUMBERED.includes(action)) continue;
    const n = Number(facts['n']);
    const { n: known, rests } = last.get(run!) ?? { n: 0, rests: true };
    const isNext = BEGINS.includes(action) ? n >= 1 && n <= known + 1 : n === known + 1 && !rests;
    if (!isNext) missing.push(`entry ${known + 1} of run ${run} is missing before entry ${seq} of the log`);
    if (seq <= before) missing.push(`entry ${seq} of the log stands after entry ${before}`);
    last.set(run!, { n, rests: action === 'run.suspended' });
    before = seq;
  }
  for (const run of last.keys()) {
    const end = entries.findLast((entry) => entry.run === run && !UNNUMBERED.includes(entry.action));
    if (end !== undefined && !ENDS_OF_RUN.includes(end.action))
      missing.push(`run ${run} has no end: its last entry is ${end.action}`);
  }
  return missing;
}

/** Where a run showed its values as they were, their digests are those of what is shown. */
function wrongContents(entries: readonly AuditEntry[]): string[] {
  const isShown = new Map(
    entries
      .filter(({ action }) => action === 'run.started' || action === 'run.forked')
      .map(({ run, facts }) => [run, facts?.['content'] === 'full']),
  );
  return entries
    .filter(
      (entry) => 'content' in entry && isShown.get(entry.run) === true && contentDigest(entry.content) !== entry.digest,
    )
    .map(({ seq }) => `the content of entry ${seq} has another digest than the entry says`);
}

function isEnded<T extends { readonly outcome: string }>(
  step: T,
): step is T & { outcome: 'completed' | 'failed' | 'cancelled' } {
  return step.outcome !== 'unfinished';
}

const NO_KEYS: ReadonlyMap<string, AuditVerifier> = new Map([]);

function entriesOf(lines: readonly Uint8Array[]): readonly AuditEntry[] {
  return lines.map((bytes) => readLine(bytes, NO_KEYS)!.entry);
}

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = 0; from < bytes.length;) {
    const at = bytes.indexOf(LINE_FEED, from);
    const end = at < 0 ? bytes.length : at + 1;
    lines.push(bytes.subarray(from, end));
    from = end;
  }
  return lines;
}

async function readFolder(folder: string): Promise<EvidenceFiles> {
  const { readdir, readFile } = process.getBuiltinModule('node:fs/promises');
  const { join } = process.getBuiltinModule('node:path');
  const names = (await readdir(folder)).sort();
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}
