import { TONE_PRESETS, type TonePreset } from './tone-presets.js';

/**
 * How a model is to sound: the name of a preset, in any case, or a sentence of one's own, which it is told word for
 * word. So a preset that is misspelt is a sentence too, and not refused; what the run's events show is the effective tone.
 */
export type Tone = TonePreset | (string & {});

/** What the tone is introduced by in a prompt. */
const LABEL = 'Response tone:';

/** What a tone tells the model; `undefined` where it has nothing to say: no tone, or one that is blank. */
export function toneInstruction(tone: Tone | null | undefined): string | undefined {
  if (tone == null || tone.trim() === '') return undefined;
  const name = tone.trim().toLowerCase();
  return Object.hasOwn(TONE_PRESETS, name) ? TONE_PRESETS[name as TonePreset] : tone;
}

/**
 * Instructions with the tone after them. Give it everything else that the model is told, the description of an output
 * schema too: the tone comes last. Without a tone the instructions are what they were.
 */
export function withTone(instructions: string, tone: Tone | null | undefined): string {
  const told = toneInstruction(tone);
  if (told === undefined) return instructions;
  return `${instructions}${instructions === '' ? '' : '\n\n'}${LABEL} ${told}`;
}

/** What an option `tone` may be, for messages. */
export const TONE_FORMS = `${Object.keys(TONE_PRESETS)
  .map((name) => `"${name}"`)
  .join(', ')}, a sentence of your own, or null`;

/**
 * The tone as it may be shown to anybody: the preset's name, or `custom` for a sentence, which is part of a prompt;
 * `undefined` for none.
 */
export function toneName(tone: Tone | null | undefined): TonePreset | 'custom' | undefined {
  if (tone == null || tone.trim() === '') return undefined;
  const name = tone.trim().toLowerCase();
  return Object.hasOwn(TONE_PRESETS, name) ? (name as TonePreset) : 'custom';
}
