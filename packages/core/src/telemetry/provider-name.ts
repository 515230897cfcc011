import type { LanguageModel } from '../ports/language-model.js';
import { OTHER_PROVIDER } from './semantic-conventions.js';

/** Whose models have names that begin so; the names of services are those of the conventions. */
const PREFIXES: readonly (readonly [RegExp, string])[] = [
  [/^(gpt|chatgpt|o\d)\b/, 'openai'],
  [/^claude\b/, 'anthropic'],
  [/^gemini\b/, 'gcp.gemini'],
  [/^(mistral|ministral|magistral|codestral)\b/, 'mistral_ai'],
  [/^command\b/, 'cohere'],
  [/^deepseek\b/, 'deepseek'],
  [/^grok\b/, 'x_ai'],
];

/** Whose model it is: as it says itself, else as its name has it. */
export function providerName({ name, provider }: Pick<LanguageModel, 'name' | 'provider'>): string {
  return provider ?? PREFIXES.find(([form]) => form.test(name))?.[1] ?? OTHER_PROVIDER;
}
