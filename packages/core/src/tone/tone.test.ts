import { TONE_PRESETS } from './tone-presets.js';
import { TONE_FORMS, toneInstruction, withTone } from './tone.js';

describe('toneInstruction', () => {
  it('B138 has one sentence for each of the seven presets', () => {
    expect(Object.keys(TONE_PRESETS)).toEqual([
      ...['casual', 'professional', 'technical', 'legal', 'finance', 'executive', 'academic'],
    ]);
    const sentences = Object.values(TONE_PRESETS);
    expect(new Set(sentences).size).toBe(7);
    for (const sentence of sentences) expect(sentence).toMatch(/^Write [^.]+\.$/);
    expect(Object.isFrozen(TONE_PRESETS)).toBe(true);
  });

  it.each(Object.keys(TONE_PRESETS))('knows %s in any case, and with space around it', (preset) => {
    const sentence = TONE_PRESETS[preset as 'casual'];
    for (const name of [preset, preset.toUpperCase(), `  ${preset[0]!.toUpperCase()}${preset.slice(1)}\n`]) {
      expect(toneInstruction(name)).toBe(sentence);
    }
  });

  it('passes any other text on word for word, also what looks like a preset or a property', () => {
    for (const text of [' Like a pirate. ', 'legall', 'very legal', 'constructor', '__proto__', 'toString']) {
      expect(toneInstruction(text)).toBe(text);
    }
  });

  it('B139 has nothing to say without a tone, and with a blank one', () => {
    for (const nothing of [undefined, null, '', ' \n\t']) expect(toneInstruction(nothing)).toBeUndefined();
  });
});

describe('withTone', () => {
  it('B140 puts the tone last, behind a fixed label', () => {
    expect(withTone('Answer questions.\n\nAnswer in JSON.', 'legal')).toBe(
      `Answer questions.\n\nAnswer in JSON.\n\nResponse tone: ${TONE_PRESETS.legal}`,
    );
    expect(withTone('', 'Like a pirate.')).toBe('Response tone: Like a pirate.');
  });

  it('B139 leaves instructions exactly as they are where there is no tone', () => {
    for (const nothing of [undefined, null, '', '  ']) expect(withTone(' as is \n', nothing)).toBe(' as is \n');
  });
});

describe('TONE_FORMS', () => {
  it('names every preset', () => {
    for (const preset of Object.keys(TONE_PRESETS)) expect(TONE_FORMS).toContain(`"${preset}"`);
  });
});
