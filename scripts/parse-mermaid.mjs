/**
 * Job: what the real Mermaid makes of diagrams. A process of its own, because jest cannot load Mermaid and the document that it
 * wants (jsdom) on Node 20; one process parses many diagrams, since it takes more than a second to start.
 *
 * Standard input: a JSON array of Mermaid texts. Standard output: a JSON array with, for each, either `{ error }` or
 * `{ nodes: [{ id, label, shape }], edges: [{ from, to, label, stroke }], subgraphs: [{ id, title, members }] }`, all as Mermaid
 * understood them, so that a test can compare them with the graph.
 */
import { readFileSync } from 'node:fs';
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('');
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import('mermaid');

const answers = [];
for (const text of JSON.parse(readFileSync(0, 'utf8'))) answers.push(await parse(text));
process.stdout.write(JSON.stringify(answers));

async function parse(text) {
  try {
    await mermaid.parse(text);
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    return {
      nodes: [...db.getVertices().values()].map(({ id, text, type }) => ({ id, label: readable(text), shape: type })),
      edges: db
        .getEdges()
        .map(({ start, end, text, stroke }) => ({ from: start, to: end, label: readable(text), stroke })),
      subgraphs: db.getSubGraphs().map(({ id, title, nodes }) => ({ id, title: readable(title), members: nodes })),
    };
  } catch (error) {
    return { error: String(error?.message ?? error) };
  }
}

/** A label as a reader sees it. Until it draws, Mermaid keeps `#quot;` as `ﬂ°quot¶ß` and `#35;` as `ﬂ°°35¶ß`. */
function readable(label) {
  const area = window.document.createElement('textarea');
  area.innerHTML = (label ?? '').replaceAll('ﬂ°°', '&#').replaceAll('ﬂ°', '&').replaceAll('¶ß', ';');
  return area.value;
}
