/**
 * A tree of JSON as the one text that all equal trees have: keys in the order of their UTF-16 units, no space, numbers
 * and texts as `JSON.stringify` writes them. This is RFC 8785 (JSON Canonicalization Scheme), with one liberty: lone
 * surrogates, which it leaves out, are escaped.
 */
export function canonicalText(tree: unknown): string {
  if (typeof tree !== 'object' || tree === null) return JSON.stringify(tree);
  if (Array.isArray(tree)) return `[${tree.map(canonicalText).join(',')}]`;
  const node = tree as Readonly<Record<string, unknown>>;
  const members = Object.keys(node)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(node[key])}`);
  return `{${members.join(',')}}`;
}
