/** The tones that have a name. */
export type TonePreset = 'casual' | 'professional' | 'technical' | 'legal' | 'finance' | 'executive' | 'academic';

/** What each of them tells the model: one sentence. */
export const TONE_PRESETS: Readonly<Record<TonePreset, string>> = Object.freeze({
  casual: 'Write in a relaxed, friendly and conversational way, with everyday words and contractions.',
  professional: 'Write in a clear, courteous and businesslike way, without slang.',
  technical: 'Write for engineers: precise terms, concrete details, numbers with their units, no marketing.',
  legal:
    'Write in careful legal language: defined terms, exact conditions and exceptions, no promise beyond the facts.',
  finance:
    'Write for finance readers: lead with the figures, state currency, period and assumptions, and name the risks.',
  executive: 'Write for executives: the conclusion first, then what it means and what to decide, in few words.',
  academic:
    'Write in a formal academic register: measured claims, explicit reasoning, and evidence for each assertion.',
});
