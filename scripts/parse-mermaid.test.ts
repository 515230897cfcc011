import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const script = join(import.meta.dirname, 'parse-mermaid.mjs');
const parse = (texts: string[]) =>
  JSON.parse(execFileSync(process.execPath, [script], { input: JSON.stringify(texts) }).toString());

it('tells nodes, edges and subgraphs as Mermaid understands them, and what it refuses', () => {
  const drawing =
    'flowchart TD\n n0["a #quot;b#quot; #35;#lt;i#gt;"]\n n1{"c"}\n n0 -- "yes" --> n1\n subgraph s0["inner"]\n n2["d"]\n end\n';
  const [good, bad] = parse([drawing, 'flowchart TD\n a[" --> b\n']);
  expect(good.nodes).toHaveLength(3);
  expect(good.nodes[0]).toMatchObject({ id: 'n0', label: 'a "b" #<i>', shape: 'square' });
  expect(good.nodes[1]).toMatchObject({ id: 'n1', label: 'c', shape: 'diamond' });
  expect(good.edges).toEqual([{ from: 'n0', to: 'n1', label: 'yes', stroke: 'normal' }]);
  expect(good.subgraphs).toEqual([{ id: 's0', title: 'inner', members: ['n2'] }]);
  expect(bad.error).toContain('Parse error');
});
