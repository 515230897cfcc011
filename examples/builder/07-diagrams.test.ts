import { drawRun, triage } from './07-diagrams.js';

test('an unnamed router is drawn as labelled edges from its source', () => {
  expect(triage.toMermaid()).toMatch('n0 -->|"simple"| n1');
  expect(triage.toDot()).toMatch(/^digraph "triage"/);
});

test('a run is drawn over its graph: what it did not do is faded', async () => {
  const drawing = await drawRun('Why was my card charged twice?');
  expect(drawing).toMatch('class n0,n2 visited');
  expect(drawing).toMatch('class n1 unvisited');
});
