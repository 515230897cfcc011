import { exampleGraphs, type ExampleGraph } from '../../test/support/example-graphs.js';
import { toMermaid } from './to-mermaid.js';

const expected: Record<keyof typeof exampleGraphs, string> = {
  chain: `
      flowchart TB
        start(["START"])
        n0["draft"]
        n1["review"]
        stop(["END"])
        start --> n0
        n0 --> n1
        n1 --> stop
    `,
  'chain from left to right': `
      flowchart LR
        start(["START"])
        n0["draft"]
        n1["review"]
        stop(["END"])
        start --> n0
        n0 --> n1
        n1 --> stop
    `,
  route: `
      flowchart TB
        start(["START"])
        n1["classify"]
        n2["billing"]
        n3["bug"]
        n4["other"]
        stop(["END"])
        start --> n1
        n1 -->|"billing"| n2
        n2 --> stop
        n1 -->|"bug"| n3
        n3 --> stop
        n1 -.->|"default"| n4
        n4 --> stop
    `,
  'loop with a router': `
      flowchart TB
        start(["START"])
        n0["write"]
        n1{"judge"}
        stop(["END"])
        start --> n0
        n0 --> n1
        n1 -->|"again"| n0
        n1 -->|"good"| stop
    `,
  'entry router': `
      flowchart TB
        start(["START"])
        n1["create"]
        n2["update"]
        stop(["END"])
        start -->|"new"| n1
        start -->|"known"| n2
        start -.->|"default"| stop
    `,
  'several routers': `
      flowchart TB
        start(["START"])
        n1["join
      join: one, output"]
        n2["a"]
        n3["b"]
        n4{"triage"}
        stop(["END"])
        start --> n2
        n2 -->|"left"| n3
        n3 --> n1
        n1 --> stop
        n2 -->|"right"| n4
        n4 -->|"urgent"| n1
        n4 -.->|"default"| n3
        n3 -.->|"error"| n1
        classDef output stroke-width:3px,stroke:#1b5e20
        class n1 output
        linkStyle 7 stroke:#c62828,stroke-dasharray:8 4
    `,
  'fan-out and join': `
      flowchart TB
        start(["START"])
        n0[["each
      map"]]
        n1["join
      join: all, output"]
        n2["race
      join: first #40;cancels others#41;"]
        n3["a"]
        n4["b"]
        stop(["END"])
        start --> n3
        n3 --> n0
        n0 --> n1
        n1 --> stop
        n3 --> n4
        n4 --> n1
        n4 --> n2
        n0 --> n2
        classDef output stroke-width:3px,stroke:#1b5e20
        class n1 output
    `,
  'nested workflow': `
      flowchart TB
        start(["START"])
        n0{{"plan
      agent"}}
        subgraph c1["refine"]
          direction TB
          c1_n0["write"]
          c1_n1{"judge"}
          c1_stop(("#160;"))
          c1_n0 --> c1_n1
          c1_n1 -->|"again"| c1_n0
          c1_n1 -->|"good"| c1_stop
        end
        n2["publish"]
        stop(["END"])
        start --> n0
        n0 --> c1
        c1 --> n2
        n2 --> stop
        c1 -.->|"error"| n0
        classDef agent stroke-width:3px
        class n0 agent
        classDef dot fill:#333333,stroke:#333333
        class c1_stop dot
        linkStyle 7 stroke:#c62828,stroke-dasharray:8 4
    `,
  empty: `
      flowchart TB
        empty["This workflow is empty"]
        classDef remark stroke-dasharray:4 4
        class empty remark
    `,
  'missing node': `
      flowchart TB
        start(["START"])
        n0["draft"]
        m0["review
      missing"]
        stop(["END"])
        start --> n0
        n0 --> m0
        m0 --> stop
        classDef missing stroke:#c62828,stroke-dasharray:4 4
        class m0 missing
    `,
  'finished run': `
      flowchart TB
        start(["START"])
        n1["write
      x3"]
        n2["judge
      x3"]
        n3["publish
      failed"]
        n4["escalate"]
        n5["repair"]
        stop(["END"])
        start --> n1
        n1 --> n2
        n2 ==>|"again
      x2"| n1
        n2 ==>|"good"| n3
        n3 --> stop
        n2 -.->|"default"| n4
        n4 --> stop
        n2 -.->|"error"| n5
        classDef visited fill:#e3f2e6,stroke:#2e7d32,color:#1b1b1b
        class n1,n2 visited
        classDef unvisited opacity:0.4
        class n4,n5 unvisited
        classDef failed fill:#fdecea,stroke:#c62828,color:#1b1b1b
        class n3 failed
        linkStyle 5,6 opacity:0.4
        linkStyle 7 stroke:#c62828,stroke-dasharray:8 4,opacity:0.4
    `,
};

/** Without the indentation of this file. */
const written = (text: string) => text.replace(/^\n/, '').replace(/^ {6}/gm, '').trimEnd();

it.each(Object.entries<ExampleGraph>(exampleGraphs))('draws: %s', (name, { definition, options }) => {
  expect(toMermaid(definition, options)).toBe(written(expected[name as keyof typeof exampleGraphs]));
});
