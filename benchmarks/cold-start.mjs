import { fileURLToPath } from 'node:url';
import { runNode } from './child-process.mjs';
import { median } from './statistics.mjs';

const file = (name) => fileURLToPath(new URL(`cold-start/${name}.mjs`, import.meta.url));

/**
 * Wall time of whole processes, interleaved with bare Node.
 *
 * @returns by peer: milliseconds over bare Node, and bare Node's own as `bare`
 */
export async function measureColdStart(peers, node, { rounds, say }) {
  const names = ['bare', ...peers];
  const walls = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) await runNode(node, [file(name)]); // unmeasured: fills the file cache
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) walls[name].push((await runNode(node, [file(name)])).wallMs);
  }
  const bare = median(walls.bare);
  const over = Object.fromEntries(peers.map((name) => [name, median(walls[name]) - bare]));
  say(
    `  cold start: bare ${bare.toFixed(1)} ms, ${peers.map((name) => `${name} ${over[name].toFixed(1)} ms more`).join(', ')}`,
  );
  return { bare, ...over };
}
