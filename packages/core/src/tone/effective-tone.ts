import { effectiveSetting, type Levels } from '../values/precedence.js';
import { toneInstruction, type Tone } from './tone.js';

/**
 * The tone that holds: what the first level says that says something. Blank text is an explicit "none", like `null`.
 *
 * @example
 * const tone = effectiveTone({ agent: undefined, workflow: null, outerWorkflow: 'legal' }); // null: the workflow clears it
 */
export function effectiveTone(levels: Levels<Tone>): Tone | null | undefined {
  const tone = effectiveSetting(levels);
  return tone != null && toneInstruction(tone) === undefined ? null : tone;
}
