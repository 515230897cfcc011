import { exampleGraphs, type ExampleGraph } from '../../test/support/example-graphs.js';
import { toDot } from './to-dot.js';

const expected: Record<keyof typeof exampleGraphs, string> = {
  chain: `
      digraph "example" {
        graph [rankdir=TB, compound=true, fontname="Helvetica"]
        node [shape=box, fontname="Helvetica"]
        edge [fontname="Helvetica"]
        start [label="START", shape="ellipse"]
        n0 [label="draft", style="rounded"]
        n1 [label="review", style="rounded"]
        stop [label="END", shape="ellipse"]
        start -> n0
        n0 -> n1
        n1 -> stop
      }
    `,
  'chain from left to right': `
      digraph "example" {
        graph [rankdir=LR, compound=true, fontname="Helvetica"]
        node [shape=box, fontname="Helvetica"]
        edge [fontname="Helvetica"]
        start [label="START", shape="ellipse"]
        n0 [label="draft", style="rounded"]
        n1 [label="review", style="rounded"]
        stop [label="END", shape="ellipse"]
        start -> n0
        n0 -> n1
        n1 -> stop
      }
    `,
  route: `
      digraph "example" {
        graph [rankdir=TB, compound=true, fontname="Helvetica"]
        node [shape=box, fontname="Helvetica"]
        edge [fontname="Helvetica"]
        start [label="START", shape="ellipse"]
        n1 [label="classify", style="rounded"]
        n2 [label="billing", style="rounded"]
        n3 [label="bug", style="rounded"]
        n4 [label="other", style="rounded"]
        stop [label="END", shape="ellipse"]
        start -> n1
        n1 -> n2 [label="billing"]
        n2 -> stop
        n1 -> n3 [label="bug"]
        n3 -> stop
        n1 -> n4 [label="default", style="dashed"]
        n4 -> stop
      }
    `,
  'loop with a router': `
      digraph "example" {
        graph [rankdir=TB, compound=true, fontname="Helvetica"]
        node [shape=box, fontname="Helvetica"]
        edge [fontname="Helvetica"]
        start [label="START", shape="ellipse"]
        n0 [label="write", style="rounded"]
        n1 [label="judge", shape="diamond"]
        stop [label="END", shape="ellipse"]
        start -> n0
        n0 -> n1
        n1 -> n0 [label="again"]
        n1 -> stop [label="good"]
      }
    `,
  'entry router': `
      digraph "example" {
        graph [rankdir=TB, compound=true, fontname="Helvetica"]
        node [shape=box, fontname="Helvetica"]
        edge [fontname="Helvetica"]
        start [label="START", shape="ellipse"]
        n1 [label="create", style="rounded"]
        n2 [label="update", style="rounded"]
        stop [label="END", shape="ellipse"]
        start -> n1 [label="new"]
        start -> n2 [label="known"]
        start -> stop [label="default", style="dashed"]
      }
    `,
  'several routers': `
      digraph "example" {
        graph [rankdir=TB, compound=true, fontname="Helvetica"]
        node [shape=box, fontname="Helvetica"]
        edge [fontname="Helvetica"]
        start [label="START", shape="ellipse"]
        n1 [label="join\\njoin: one, output", penwidth=2, style="rounded", class="output"]
        n2 [label="a", style="rounded"]
        n3 [label="b", style="rounded"]
        n4 [label="triage", shape="diamond"]
        stop [label="END", shape="ellipse"]
        start -> n2
        n2 -> n3 [label="left"]
        n3 -> n1
        n1 -> stop
        n2 -> n4 [label="right"]
        n4 -> n1 [label="urgent"]
        n4 -> n3 [label="default", style="dashed"]
        n3 -> n1 [label="error", color="#c62828", fontcolor="#c62828", arrowhead="onormal", style="dashed"]
      }
    `,
  'fan-out and join': `
      digraph "example" {
        graph [rankdir=TB, compound=true, fontname="Helvetica"]
        node [shape=box, fontname="Helvetica"]
        edge [fontname="Helvetica"]
        start [label="START", shape="ellipse"]
        n0 [label="each\\nmap", shape="box3d"]
        n1 [label="join\\njoin: all, output", penwidth=2, style="rounded", class="output"]
        n2 [label="race\\njoin: first (cancels others)", style="rounded"]
        n3 [label="a", style="rounded"]
        n4 [label="b", style="rounded"]
        stop [label="END", shape="ellipse"]
        start -> n3
        n3 -> n0
        n0 -> n1
        n1 -> stop
        n3 -> n4
        n4 -> n1
        n4 -> n2
        n0 -> n2
      }
    `,
  'nested workflow': `
      digraph "outer" {
        graph [rankdir=TB, compound=true, fontname="Helvetica"]
        node [shape=box, fontname="Helvetica"]
        edge [fontname="Helvetica"]
        start [label="START", shape="ellipse"]
        n0 [label="plan\\nagent", peripheries=2, style="rounded", class="agent"]
        subgraph cluster_c1 {
          label="refine"
          style="rounded"
          c1_n0 [label="write", style="rounded"]
          c1_n1 [label="judge", shape="diamond"]
          c1_stop [shape="point"]
          c1_n0 -> c1_n1
          c1_n1 -> c1_n0 [label="again"]
          c1_n1 -> c1_stop [label="good"]
        }
        n2 [label="publish", style="rounded"]
        stop [label="END", shape="ellipse"]
        start -> n0
        n0 -> c1_n0 [lhead="cluster_c1"]
        c1_n1 -> n2 [ltail="cluster_c1"]
        n2 -> stop
        c1_n1 -> n0 [label="error", color="#c62828", fontcolor="#c62828", arrowhead="onormal", style="dashed", ltail="cluster_c1"]
      }
    `,
  empty: `
      digraph "example" {
        graph [rankdir=TB, compound=true, fontname="Helvetica"]
        node [shape=box, fontname="Helvetica"]
        edge [fontname="Helvetica"]
        empty [label="This workflow is empty", shape="note"]
      }
    `,
  'missing node': `
      digraph "example" {
        graph [rankdir=TB, compound=true, fontname="Helvetica"]
        node [shape=box, fontname="Helvetica"]
        edge [fontname="Helvetica"]
        start [label="START", shape="ellipse"]
        n0 [label="draft", style="rounded"]
        m0 [label="review\\nmissing", color="#c62828", style="rounded,dashed"]
        stop [label="END", shape="ellipse"]
        start -> n0
        n0 -> m0
        m0 -> stop
      }
    `,
  'finished run': `
      digraph "example" {
        graph [rankdir=TB, compound=true, fontname="Helvetica"]
        node [shape=box, fontname="Helvetica"]
        edge [fontname="Helvetica"]
        start [label="START", shape="ellipse"]
        n1 [label="write\\nx3", fillcolor="#e3f2e6", color="#2e7d32", style="rounded,filled", class="visited"]
        n2 [label="judge\\nx3", fillcolor="#e3f2e6", color="#2e7d32", style="rounded,filled", class="visited"]
        n3 [label="publish\\nfailed", fillcolor="#fdecea", color="#c62828", style="rounded,filled", class="failed"]
        n4 [label="escalate", color="#bdbdbd", fontcolor="#9e9e9e", style="rounded", class="unvisited"]
        n5 [label="repair", color="#bdbdbd", fontcolor="#9e9e9e", style="rounded", class="unvisited"]
        stop [label="END", shape="ellipse"]
        start -> n1
        n1 -> n2
        n2 -> n1 [label="again\\nx2", penwidth=3, style="bold"]
        n2 -> n3 [label="good", penwidth=3, style="bold"]
        n3 -> stop
        n2 -> n4 [label="default", color="#bdbdbd", fontcolor="#9e9e9e", style="dashed"]
        n4 -> stop [color="#bdbdbd", fontcolor="#9e9e9e"]
        n2 -> n5 [label="error", color="#bdbdbd", fontcolor="#9e9e9e", arrowhead="onormal", style="dashed"]
      }
    `,
};

/** Without the indentation of this file. */
const written = (text: string) => text.replace(/^\n/, '').replace(/^ {6}/gm, '').trimEnd();

it.each(Object.entries<ExampleGraph>(exampleGraphs))('draws: %s', (name, { definition, options }) => {
  expect(toDot(definition, options)).toBe(written(expected[name as keyof typeof exampleGraphs]));
});
