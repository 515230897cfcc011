import { AUDIT_FORMS, auditPolicyOf, isAuditGiven, type AuditGiven } from '../audit/audit-policy.js';
import { problems as problem, type OptionMistake } from '../errors/problems.js';
import type { Problem } from '../errors/definition-error.js';
import {
  isMemory,
  memoriesMistakes,
  memoryRegistry,
  ownMemory,
  type MemoriesGiven,
} from '../memory/memory-registry.js';
import { modelRegistry, modelsMistakes, type ModelsGiven } from '../model/model-registry.js';
import { TONE_FORMS } from '../tone/tone.js';
import type { Clock } from '../values/clock.js';
import { copyGuardrails, guardrailMistakes } from './guardrails.js';
import type { SaidSurroundings } from './surroundings.js';

/** What levels may say of what accompanies a run, the clock included. */
export interface Accompaniment extends Omit<SaidSurroundings, 'audit' | 'models' | 'memories'> {
  /** The models that agents may ask for by name. */
  readonly models?: ModelsGiven | undefined;
  /** The memories that can be asked for by text. */
  readonly memories?: MemoriesGiven | undefined;
  readonly audit?: AuditGiven | undefined;
  readonly clock?: Clock | undefined;
}

/** What each has to be: what it has to be able to do, or a question of its own, and how messages say it. */
const RULES: Readonly<Record<keyof Accompaniment, { readonly needs: Needs; readonly allowed: string }>> = {
  telemetry: {
    needs: (telemetry) => telemetry === null || isAble(telemetry, ['span']),
    allowed:
      'an object with a method span(info, body), such as openTelemetry() or the telemetry of startTelemetry({ exporter: "console" }), or null',
  },
  models: { needs: () => true, allowed: '' }, // has rules of its own, and so have the other two
  memories: { needs: () => true, allowed: '' },
  memory: {
    needs: (memory) => memory === null || isMemory(memory) || (typeof memory === 'string' && memory !== ''),
    allowed: 'a Memory, a text such as "in-memory" or "sqlite:app.db", or null',
  },
  tone: { needs: (tone) => tone === null || typeof tone === 'string', allowed: TONE_FORMS },
  rateLimit: { needs: (limit) => limit === null || isAble(limit, ['acquire']), allowed: 'a RateLimiter, or null' },
  guardrails: { needs: () => true, allowed: '' },
  allowances: {
    needs: (list) => Array.isArray(list) && list.every((one) => isAble(one, ['claim', 'used'])),
    allowed: 'a list of Allowance',
  },
  audit: { needs: isAuditGiven, allowed: AUDIT_FORMS },
  clock: { needs: ['now', 'setTimer'], allowed: 'an object with the methods now() and setTimer(ms, fire)' },
};

type Needs = readonly string[] | ((value: unknown) => boolean);

/** The names of what accompanies a run, for whoever lists options. */
export const ACCOMPANIMENTS = Object.freeze(Object.keys(RULES)) as readonly (keyof Accompaniment)[];

/** What is wrong with what a level says. What is not among its options is not looked at. */
export function accompanimentMistakes(said: Accompaniment): OptionMistake[] {
  const wrong = ACCOMPANIMENTS.filter((option) => {
    const value: unknown = said[option];
    const { needs } = RULES[option];
    return value !== undefined && !(typeof needs === 'function' ? needs(value) : isAble(value, needs));
  });
  return [
    ...modelsMistakes(said.models),
    ...memoriesMistakes(said.memories),
    ...wrong.map((option) => ({ option, value: said[option], allowed: RULES[option].allowed })),
    ...guardrailMistakes(said.guardrails),
  ];
}

/** The same as problems of a definition. */
export function accompanimentProblems(where: string, said: Accompaniment): Problem[] {
  return problem.invalidOptions(where, accompanimentMistakes(said));
}

type KeptSurroundings = { readonly [S in keyof Required<SaidSurroundings>]: SaidSurroundings[S] };

/** What a level says, as it stays: nobody changes its lists later, and a memory of its own is made once. */
export function keptSurroundings(said: Omit<Accompaniment, 'clock'>): KeptSurroundings {
  const { telemetry, models, memories, memory, tone, rateLimit, guardrails, allowances, audit } = said;
  return {
    telemetry,
    models: models === undefined ? undefined : modelRegistry(models),
    memories: memories === undefined ? undefined : memoryRegistry(memories),
    memory: ownMemory(memory),
    tone,
    rateLimit,
    guardrails: copyGuardrails(guardrails),
    allowances: allowances === undefined ? undefined : Object.freeze([...new Set(allowances)]),
    audit: auditPolicyOf(audit),
  };
}

/** Whether something has these methods. By its shape: it may come from a second installed copy of the package. */
export function isAble(value: unknown, methods: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return methods.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');
}
