import { effectiveAudit, type AuditPolicy } from '../audit/audit-policy.js';
import type { Allowance } from '../model/allowance.js';
import type { ModelRegistry } from '../model/model-registry.js';
import type { RateLimiter } from '../model/rate-limiter.js';
import { MemoryRegistry, type MemoryGiven } from '../memory/memory-registry.js';
import type { Memory } from '../ports/memory.js';
import type { Telemetry } from '../ports/telemetry.js';
import { effectiveTone } from '../tone/effective-tone.js';
import type { Tone } from '../tone/tone.js';
import { effectiveSetting, type Levels } from '../values/precedence.js';
import { joinGuardrails, type Guardrails } from './guardrails.js';

/**
 * What accompanies a run, beside the facts about it. Each level may say it; `undefined` leaves it to the level around,
 * `null` clears it. Guardrails and allowances alone add up.
 */
export interface Surroundings {
  /** Where spans go. */
  readonly telemetry?: Telemetry | null | undefined;
  /** The models that agents may ask for by name. */
  readonly models?: ModelRegistry | undefined;
  /** The memories that can be asked for by text. */
  readonly memories?: MemoryRegistry | undefined;
  /** What agents remember with. */
  readonly memory?: Memory | null | undefined;
  /** How agents sound: a preset or a sentence. */
  readonly tone?: Tone | null | undefined;
  /** How often each user's agents may ask their models. */
  readonly rateLimit?: RateLimiter | null | undefined;
  /** What looks at the texts of agents; those of every level apply. */
  readonly guardrails?: Guardrails | undefined;
  /** Budgets that span runs; those of every level hold. */
  readonly allowances?: readonly Allowance[] | undefined;
  /** How the run is recorded. Each setting of it counts by itself. */
  readonly audit?: AuditPolicy | null | undefined;
}

/** What one level says: a memory may be named by text. */
export interface SaidSurroundings extends Omit<Surroundings, 'memory'> {
  readonly memory?: MemoryGiven | null | undefined;
}

/** Who may say what accompanies a run, in the order in which they count. */
export interface SurroundingLevels {
  /** Of whom messages speak. */
  readonly where: string;
  /** What the run was started with. */
  readonly call: SaidSurroundings;
  readonly workflow: SaidSurroundings;
  /** What came of it for the run around this one. */
  readonly outer: Surroundings | undefined;
  readonly executor: Surroundings;
}

/**
 * What accompanies a run. Where run and workflow say nothing, which is usual, it is the very object of the level around.
 *
 * @throws {@link DefinitionError} UNKNOWN_MEMORY
 */
export function effectiveSurroundings({ where, call, workflow, outer, executor }: SurroundingLevels): Surroundings {
  const around = outer ?? executor;
  // Of an executor other than that of the run around, too.
  const guardrails = joinGuardrails(outer?.guardrails, executor.guardrails);
  const allowances = joinAllowances(outer?.allowances, executor.allowances);
  const isSame = guardrails === around.guardrails && allowances === around.allowances;
  // What the run around says nothing of is as the executor has it, which need not be that one's.
  const isAllSaid = outer === undefined || outer === executor || saysNothing(executor);
  if (isSame && isAllSaid && saysNothing(call) && saysNothing(workflow)) return around;
  const memories = workflow.memories ?? outer?.memories ?? executor.memories;
  const levels = <T>(of: (said: SaidSurroundings) => T | null | undefined): Levels<T> => {
    const outerWorkflow = outer === undefined ? undefined : of(outer);
    return { call: of(call), workflow: of(workflow), outerWorkflow, executor: of(executor) };
  };
  return {
    telemetry: effectiveSetting(levels((said) => said.telemetry)),
    models: workflow.models ?? outer?.models ?? executor.models,
    memories,
    memory: openedMemory(effectiveSetting(levels((said) => said.memory)), memories, where),
    tone: effectiveTone(levels((said) => said.tone)),
    rateLimit: effectiveSetting(levels((said) => said.rateLimit)),
    guardrails: joinGuardrails(workflow.guardrails, joinGuardrails(call.guardrails, guardrails)),
    allowances: joinAllowances(workflow.allowances, joinAllowances(call.allowances, allowances)),
    audit: effectiveAudit(levels((said) => said.audit)),
  };
}

/**
 * The memory that is meant, where it was said by text.
 *
 * @throws {@link DefinitionError} UNKNOWN_MEMORY
 */
export function openedMemory(
  memory: MemoryGiven | null | undefined,
  memories: MemoryRegistry | undefined,
  where: string,
): Memory | null | undefined {
  return typeof memory === 'string' ? (memories ?? new MemoryRegistry()).resolve(memory, where) : memory;
}

/** The allowances of two levels; what stands in both counts once. */
export function joinAllowances(
  inner: readonly Allowance[] | undefined,
  outer: readonly Allowance[] | undefined,
): readonly Allowance[] | undefined {
  if (inner === undefined || outer === undefined) return inner ?? outer;
  if (outer.every((allowance) => inner.includes(allowance))) return inner;
  return Object.freeze([...outer.filter((allowance) => !inner.includes(allowance)), ...inner]);
}

function saysNothing(said: SaidSurroundings): boolean {
  return (
    said.telemetry === undefined &&
    said.models === undefined &&
    said.memories === undefined &&
    said.memory === undefined &&
    said.tone === undefined &&
    said.rateLimit === undefined &&
    said.guardrails === undefined &&
    said.allowances === undefined &&
    said.audit === undefined
  );
}
