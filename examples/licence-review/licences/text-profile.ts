import { licenceWords } from './licence-words.js';

/** How many words stand together: enough that common phrases tell licences apart, few enough that a changed name hurts little. */
const WORDS = 3;

/**
 * What is compared of a text: the multiset of its runs of three words, each as a number, sorted. Two runs share a number once in
 * some hundred thousand texts, which changes a likeness in its fifth digit.
 */
export interface TextProfile {
  readonly words: number;
  readonly runs: Uint32Array;
}

export function profileOf(text: string): TextProfile {
  const words = licenceWords(text);
  const hashes = words.map(hashOf);
  const runs = new Uint32Array(Math.max(0, words.length - WORDS + 1));
  for (let at = 0; at < runs.length; at++) {
    runs[at] = Math.imul(Math.imul(hashes[at]!, 31) + hashes[at + 1]!, 31) + hashes[at + 2]!;
  }
  return { words: words.length, runs: runs.sort() };
}

/**
 * How alike two texts are, from 0 to 1: twice what they share, by what they have together (Sørensen and Dice). What one has
 * more than the other counts as much as what it has differently.
 */
export function likeness(one: TextProfile, other: TextProfile): number {
  const all = one.runs.length + other.runs.length;
  return all === 0 ? 0 : (2 * shared(one.runs, other.runs)) / all;
}

/** How much of `part` is in `whole`, from 0 to 1. */
export function containment(part: TextProfile, whole: TextProfile): number {
  return part.runs.length === 0 ? 0 : shared(part.runs, whole.runs) / part.runs.length;
}

/** What is left of a text where another one is taken out of it. */
export function without(whole: TextProfile, part: TextProfile): TextProfile {
  const runs: number[] = [];
  let at = 0;
  for (const run of whole.runs) {
    while (at < part.runs.length && part.runs[at]! < run) at++;
    if (part.runs[at] === run) at++;
    else runs.push(run);
  }
  return { words: runs.length === 0 ? 0 : runs.length + WORDS - 1, runs: Uint32Array.from(runs) };
}

function shared(one: Uint32Array, other: Uint32Array): number {
  let count = 0;
  for (let left = 0, right = 0; left < one.length && right < other.length;) {
    const difference = one[left]! - other[right]!;
    if (difference === 0) count++;
    if (difference <= 0) left++;
    if (difference >= 0) right++;
  }
  return count;
}

/** FNV-1a. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  return hash;
}
