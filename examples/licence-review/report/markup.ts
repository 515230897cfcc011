/** HTML that is finished; anything else becomes text when it is put into some. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What may stand in markup. */
export type Shown = Markup | string | number;

/**
 * Markup from a template. What is put in is shown as it is, whatever it holds: names, quotations and addresses come from
 * packages, and none of them becomes a tag.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Shown[]): Markup {
  const texts = values.map((value) => (value instanceof Markup ? value.text : escaped(String(value))));
  return new Markup(parts.map((part, at) => part + (texts[at] ?? '')).join(''));
}

/** Markup for each of some values, one after the other. */
export function list<T>(values: readonly T[], show: (value: T) => Shown): Markup {
  return new Markup(values.map((value) => html`${show(value)}`.text).join(''));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!).replaceAll(UNSEEN, '\uFFFD');
}

/** Control characters, but for those of a line break and a tab, and what would turn the direction of the text around it. */
const UNSEEN = /(?![\n\r\t])\p{Cc}|[\u202A-\u202E\u2066-\u2069]/gu;
