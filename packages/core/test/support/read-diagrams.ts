import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A diagram as its real program drew it. */
export interface ReadDiagram {
  /** Why the program refused it. */
  readonly error?: string;
  /** DOT only: the name of the graph. */
  readonly name?: string | null;
  readonly boxes: readonly ReadBox[];
  readonly arrows: readonly ReadArrow[];
  /** Names of all elements in the picture, and of attributes that could act, with an `@`. */
  readonly elements: readonly string[];
}

export interface ReadBox {
  readonly id: string;
  /** Mermaid: its name for the shape, or `frame`. DOT: `node` or `frame`. */
  readonly shape: string;
  readonly classes: readonly string[];
  /** What a reader sees; no-break spaces are spaces. `null` where there is no picture of it. */
  readonly label: string | null;
  /** Mermaid: what a frame holds. */
  readonly members?: readonly string[];
}

export interface ReadArrow {
  readonly from: string;
  readonly to: string;
  readonly label: string | null;
  readonly line: 'normal' | 'thick' | 'dotted';
  /** Mermaid: of `linkStyle`. */
  readonly style?: string;
}

/** Has all diagrams drawn by the real Mermaid and the real Graphviz, in one process. Call it once a file: it takes seconds. */
export function readDiagrams<Texts extends { readonly mermaid: readonly string[]; readonly dot: readonly string[] }>(
  texts: Texts,
): { mermaid: ReadDiagram[]; dot: ReadDiagram[] } {
  const output = execFileSync(process.execPath, [join(import.meta.dirname, 'parse-diagrams.mjs')], {
    input: JSON.stringify(texts),
    maxBuffer: 2 ** 30,
    encoding: 'utf8',
  });
  return JSON.parse(output);
}
