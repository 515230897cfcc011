import type { Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import type { ModelSettings } from '../ports/language-model.js';
import { isPlainObject } from '../values/freeze.js';

/** What each setting has to be, and how messages say it. Ranges are the services' own. */
const RULES: { readonly [S in keyof Required<ModelSettings>]: readonly [(value: unknown) => boolean, string] } = {
  temperature: [isAmount, 'a number of 0 or more'],
  topP: [isAmount, 'a number of 0 or more'],
  maxOutputTokens: [(value) => Number.isSafeInteger(value) && (value as number) >= 1, 'a whole number of 1 or more'],
  stop: [(value) => Array.isArray(value) && value.every(isText), 'a list of texts'],
  seed: [Number.isSafeInteger, 'a whole number'],
  toolChoice: [
    (value) =>
      ['auto', 'none', 'required'].includes(value as string) || (isPlainObject(value) && isText(value['tool'])),
    '"auto", "none", "required", { tool: "name" }',
  ],
  parallelToolCalls: [(value) => typeof value === 'boolean', 'true, false'],
  reasoningEffort: [isText, 'text such as "low"'],
  vendor: [
    (value) => isPlainObject(value) && Object.values(value).every(isPlainObject),
    'an object such as { openai: { service_tier: "flex" } }',
  ],
};

/** Everything that is wrong with the settings of a model. A service passes over in silence what is misspelt, or refuses the call. */
export function settingsProblems(where: string, settings: unknown): Problem[] {
  if (settings === undefined) return [];
  if (!isPlainObject(settings))
    return [problem.invalidOption(where, 'settings', settings, 'an object such as { temperature: 0 }')];
  const known = Object.keys(RULES);
  return Object.entries(settings).flatMap(([name, value]) => {
    if (!known.includes(name)) return [problem.unknownOption(`${where}.settings`, name, known)];
    const [isRight, allowed] = RULES[name as keyof ModelSettings];
    const isFine = value === undefined || isRight(value);
    return isFine ? [] : [problem.invalidOption(where, `settings.${name}`, value, allowed)];
  });
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
