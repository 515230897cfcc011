import type { AuditLog } from '../ports/audit-log.js';
import type { Levels } from '../values/precedence.js';

/** Of what an entry may show a value. */
export interface AuditedValue {
  /** What is recorded: `step.completed`. */
  readonly action: string;
  /** What the value is of it. An error is shown by its message. */
  readonly role: 'input' | 'output' | 'error' | 'arguments' | 'result' | 'request' | 'decision';
  readonly workflow: string;
  readonly node: string | undefined;
  readonly userId: string | undefined;
}

/**
 * How much of inputs, outputs, arguments, results and messages of errors an entry shows: nothing, the SHA-256 (which proves
 * later what it was, and can be guessed where the value can), all of it, or what a function makes of it; where that gives
 * `undefined` or throws, the digest alone.
 */
export type AuditContent = 'none' | 'digest' | 'full' | ((value: unknown, about: AuditedValue) => unknown);

/** How runs are recorded. What is not said is that of the level around. */
export interface AuditPolicy {
  /** Where the record goes; `null` for nowhere. */
  readonly log?: AuditLog | null | undefined;
  /**
   * `required`: no step begins before its intent is on record, and a run whose record cannot be written stops; what its steps
   * have done stays as it was. `best-effort`: the run goes on without, and the log says how many entries are missing.
   * @defaultValue `'best-effort'`
   */
  readonly mode?: 'required' | 'best-effort' | undefined;
  /** @defaultValue `'digest'` */
  readonly content?: AuditContent | undefined;
}

/** What a level may say: a log, or a policy; `null` for no record. */
export type AuditGiven = AuditLog | AuditPolicy | null;

const MODES: readonly unknown[] = [undefined, 'required', 'best-effort'];
const CONTENTS: readonly unknown[] = [undefined, 'none', 'digest', 'full'];
const POLICY: readonly string[] = ['log', 'mode', 'content'];

/** How messages say what may be given. */
export const AUDIT_FORMS =
  'an AuditLog, { log, mode: "required" or "best-effort", content: "none", "digest", "full" or a function }, or null';

/** Whether something is what a level may say. */
export function isAuditGiven(given: unknown): boolean {
  if (given === null || isAuditLog(given)) return true;
  if (typeof given !== 'object' || Array.isArray(given)) return false;
  const { log, mode, content } = given as AuditPolicy;
  const isKnown = Object.keys(given).every((option) => POLICY.includes(option));
  const isLog = log == null || isAuditLog(log);
  return isKnown && isLog && MODES.includes(mode) && (CONTENTS.includes(content) || typeof content === 'function');
}

/** As it stays: nobody changes it later. */
export function auditPolicyOf(given: AuditGiven | undefined): AuditPolicy | null | undefined {
  if (given == null) return given;
  if (isAuditLog(given)) return Object.freeze({ log: given });
  const { log, mode, content } = given;
  return Object.freeze({ log, mode, content });
}

/** How a run is recorded: each setting by itself, from the level that says it first. */
export function effectiveAudit(levels: Levels<AuditPolicy>): AuditPolicy | null | undefined {
  let policy: AuditPolicy | undefined;
  for (const said of [levels.call, levels.workflow, levels.outerWorkflow, levels.executor]) {
    if (said === null) return policy ?? null;
    if (said === undefined) continue;
    const { log = said.log, mode = said.mode, content = said.content } = policy ?? {};
    policy = { log, mode, content };
  }
  return policy;
}

/** By its shape: it may come from a second installed copy of the package. */
function isAuditLog(value: unknown): value is AuditLog {
  if (typeof value !== 'object' || value === null) return false;
  return ['append', 'entries', 'flush'].every(
    (name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function',
  );
}
