/**
 * What a strict reader of XML (jsdom's) makes of pictures. A process of its own, because jest cannot load jsdom on Node 20.
 * Standard input: JSON, a list of SVG texts. Standard output: JSON with, for each, `{ error }` or its texts and the names of its elements.
 */
import { JSDOM } from 'jsdom';
import { readFileSync } from 'node:fs';

const { window } = new JSDOM('');
const answers = JSON.parse(readFileSync(0, 'utf8')).map((text) => {
  try {
    const picture = new window.DOMParser().parseFromString(text, 'image/svg+xml');
    const error = picture.querySelector('parsererror');
    if (error !== null) return { error: error.textContent };
    const elements = [...picture.querySelectorAll('*')];
    const attributes = elements.flatMap((element) => element.getAttributeNames());
    return {
      texts: elements.filter(({ localName }) => localName === 'text').map(({ textContent }) => textContent),
      elements: [
        ...new Set([
          ...elements.map(({ localName }) => localName),
          ...attributes.filter((name) => /^(on|href|xlink|style)/i.test(name)),
        ]),
      ],
      paths: elements.filter(({ localName }) => localName === 'path').length,
    };
  } catch (error) {
    return { error: String(error) };
  }
});
process.stdout.write(JSON.stringify(answers));
