import type { ModelRegistry } from '../model/model-registry.js';
import type { RateLimiter } from '../model/rate-limiter.js';
import type { Memory } from '../ports/memory.js';
import type { Telemetry } from '../ports/telemetry.js';
import { effectiveTone } from '../tone/effective-tone.js';
import type { Tone } from '../tone/tone.js';
import { effectiveSetting } from '../values/precedence.js';
import { joinGuardrails, type Guardrails } from './guardrails.js';

/**
 * What accompanies a run, beside the facts about it. Each level may say it; `undefined` leaves it to the level around,
 * `null` clears it. Guardrails alone add up.
 */
export interface Surroundings {
  readonly telemetry?: Telemetry | undefined;
  /** The models that agents may ask for by name. */
  readonly models?: ModelRegistry | undefined;
  /** What agents remember with. */
  readonly memory?: Memory | null | undefined;
  /** How agents sound: a preset or a sentence. */
  readonly tone?: Tone | null | undefined;
  /** How often each user's agents may ask their models. */
  readonly rateLimit?: RateLimiter | null | undefined;
  /** What looks at the texts of agents; those of every level apply. */
  readonly guardrails?: Guardrails | undefined;
}

/** Who may say what accompanies a run, in the order in which they count. */
export interface SurroundingLevels {
  /** What the run was started with. */
  readonly call: Surroundings;
  readonly workflow: Surroundings;
  /** What came of it for the run around this one. */
  readonly outer: Surroundings | undefined;
  readonly executor: Surroundings;
}

/** What accompanies a run. Where run and workflow say nothing, which is usual, it is the very object of the level around. */
export function effectiveSurroundings({ call, workflow, outer, executor }: SurroundingLevels): Surroundings {
  const around = outer ?? executor;
  const guardrails = joinGuardrails(workflow.guardrails, joinGuardrails(outer?.guardrails, executor.guardrails));
  if (saysNothing(call) && saysNothing(workflow) && guardrails === around.guardrails) return around;
  return {
    telemetry: workflow.telemetry ?? outer?.telemetry ?? executor.telemetry,
    models: workflow.models ?? outer?.models ?? executor.models,
    memory: effectiveSetting({
      call: call.memory,
      workflow: workflow.memory,
      outerWorkflow: outer?.memory,
      executor: executor.memory,
    }),
    tone: effectiveTone({
      call: call.tone,
      workflow: workflow.tone,
      outerWorkflow: outer?.tone,
      executor: executor.tone,
    }),
    rateLimit: effectiveSetting({
      workflow: workflow.rateLimit,
      outerWorkflow: outer?.rateLimit,
      executor: executor.rateLimit,
    }),
    guardrails,
  };
}

function saysNothing({ telemetry, models, memory, tone, rateLimit }: Surroundings): boolean {
  return (
    rateLimit === undefined &&
    telemetry === undefined &&
    models === undefined &&
    memory === undefined &&
    tone === undefined
  );
}
