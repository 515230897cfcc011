/** The catalogue in class form, group X: drawings. What their text means to the programs that read it is tested in core. */
import { END, toMermaid, Workflow, type RunnableStep } from '@drawloom/core';
import { allOf, Configure, End, ForEach, Router, Start, Step, WorkflowBase, type PerItem } from '@drawloom/decorators';
import { bothWays, decorate } from './support/both-ways.js';

@Configure({ name: 'triage "x"' })
class Triage extends WorkflowBase<string, string> {
  @Start() classify(text: string): string {
    return text;
  }
  @Router({ after: 'classify', routes: { bill: 'billing', no: END }, default: 'other' }) pick(text: string): string {
    return text;
  }
  @Step({ onError: 'other' as string }) billing(text: string): string {
    return text;
  }
  @Step() other(text: string): string {
    return text;
  }
}

/** Without the indentation of this file. */
const written = (text: string): string => text.replace(/^\n/, '').replace(/^ {6}/gm, '').trimEnd();

describe.each(bothWays)('The drawing of a class, %s,', (_, make) => {
  it('in Mermaid declares every step, and labels routes, defaults and errors (B238)', () => {
    expect(make(Triage).toMermaid()).toBe(
      written(`
      flowchart TB
        start(["START"])
        n0["classify"]
        n1{"pick"}
        n2["billing"]
        n3["other
      join: one"]
        stop(["END"])
        start --> n0
        n0 --> n1
        n1 -->|"bill"| n2
        n1 -->|"no"| stop
        n1 -.->|"default"| n3
        n2 -.->|"error"| n3
        linkStyle 5 stroke:#c62828,stroke-dasharray:8 4
    `),
    );
  });

  it('shows a router at the start as a node with one edge from START (B239)', () => {
    class Entry extends WorkflowBase<string, string> {
      @Start() @Router({ routes: { a: 'only' }, default: END }) choose(text: string): string {
        return text;
      }
      @Step() only(text: string): string {
        return text;
      }
    }
    const lines = make(Entry)
      .toMermaid()
      .split('\n')
      .map((line) => line.trim());
    expect(lines).toEqual(
      expect.arrayContaining(['start --> n0', 'n0{"choose"}', 'n0 -->|"a"| n1', 'n0 -.->|"default"| stop']),
    );
  });

  it('in DOT is a digraph of its name, with dashed defaults, and END only where something leads there (B241)', () => {
    const dot = make(Triage).toDot();
    expect(dot).toMatch(/^digraph "triage \\"x\\"" \{/);
    expect(dot).toMatch(/label="default".*dashed|dashed.*label="default"/);
    expect(dot).toContain('label="END"');
    class NoEnd extends WorkflowBase<string, string> {
      @Start() only(text: string): string {
        return text;
      }
    }
    expect(make(NoEnd).toDot()).not.toContain('END');
  });

  it('is what a notebook shows, as Mermaid in Markdown (B242)', () => {
    const workflow = make(Triage) as unknown as Record<symbol, () => Record<string, string>>;
    const fenced = `\`\`\`mermaid\n${make(Triage).toMermaid()}\n\`\`\``;
    expect(workflow[Symbol.for('Jupyter.display')]!()['text/markdown']).toBe(fenced);
    expect(make(Triage).show()).toBe(fenced);
  });

  it('keeps names apart that look alike, and escapes the others (B243)', () => {
    class Names extends WorkflowBase<string, unknown> {}
    const names = ['a-b', 'a_b', 'n0"] --> n1["x', '<script>', 'end'];
    for (const name of names) {
      Object.defineProperty(Names.prototype, name, { value: (text: string) => text });
      decorate(Names, name, Start());
    }
    const text = make(Names).toMermaid();
    expect(text.match(/^ {2}n\d+\[/gm)).toEqual(names.map((_name, index) => `  n${index}[`));
    expect(text).not.toMatch(/<script>|n0"\]|-->.*\["x/);
    expect(text).toContain('n0["a-b"]');
    expect(text).toContain('n1["a_b"]');
  });

  it('marks joins, lists and outputs (B243)', () => {
    class Marks extends WorkflowBase<string[], unknown> {
      @Start() @ForEach() each(text: string): PerItem<string> {
        return text;
      }
      @Start() whole(list: string[]): number {
        return list.length;
      }
      @End({ after: allOf('each', 'whole') }) both(found: object): unknown {
        return found;
      }
    }
    const text = make(Marks).toMermaid();
    expect(text).toContain('[["each\nmap"]]');
    expect(text).toContain('["both\njoin: all, output"]');
  });

  it('shows what a run did: visits, routes taken, failures (B243)', async () => {
    const triage = make(Triage);
    const plain = triage.toMermaid();
    const result = await triage.run('bill');
    const text = triage.toMermaid({ run: result });
    expect(text).toContain('n1 ==>|"bill"| n2');
    expect(text).toContain('class n0,n1,n2 visited');
    expect(text).toContain('class n3 unvisited');
    expect(triage.toMermaid()).toBe(plain);
    expect(plain).toBe(toMermaid(triage.graph));
  });

  it('is a frame in the drawing of a workflow that is built around it (B243)', () => {
    const outer = new Workflow<string>('outer').addNode('nested', make(Triage)).setStart('nested');
    const text = outer.toMermaid();
    expect(text).toContain('subgraph c0["nested"]');
    expect(text).toContain('c0_n0["classify"]');
  });

  it('can be made without an instance: a property that is injected later is a step like others (B243)', () => {
    class Later extends WorkflowBase<string, string> {
      @Start() @Step() readonly agent!: RunnableStep<string, string>;
    }
    expect(make(Later).toMermaid()).toContain('n0["agent"]');
  });
});
