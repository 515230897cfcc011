import {
  DefinitionError,
  toMermaid,
  type DiagramOptions,
  type GraphDefinition,
  type RouteCount,
  type RunOverlay,
} from '@drawloom/core';
import { describeNoRun, quoted, readRun, type ReadRun } from '../read-run.js';
import { indexGraph, RunTrace, type GraphIndex } from './edges-taken.js';
import { nameEdges, type NamedEdge } from './named-edges.js';

/** An edge of a workflow, and how many of the runs took it. */
export interface CoveredEdge {
  /** `classify -> reply`, `classify --billing--> pay`, `classify --default--> END`, `pay --error--> alarm`. */
  readonly name: string;
  /** 0: none of them did. */
  readonly runs: number;
}

/**
 * Which edges and routes of a workflow its tests have taken; made by {@link edgeCoverage}.
 *
 * An edge is taken in a run if its source delivered on it and its target ran. So where no edge is missed, every node has
 * run. What happens inside nested workflows is a matter of their own coverage.
 */
export class EdgeCoverage {
  readonly #graph: GraphDefinition;
  readonly #index: GraphIndex;
  readonly #edges: readonly NamedEdge[];
  /** Edge → how many runs took it; node → in how many it ran. */
  readonly #counts = new Map<unknown, number>();
  #runs = 0;
  #shortened = 0;

  constructor(graph: GraphDefinition) {
    this.#graph = graph;
    this.#index = indexGraph(graph);
    this.#edges = nameEdges(graph);
  }

  /** The workflow's name. */
  get workflow(): string {
    return this.#graph.name;
  }

  /** How many runs were added. */
  get runs(): number {
    return this.#runs;
  }

  /** Every edge, in the order of declaration. */
  get edges(): readonly CoveredEdge[] {
    return this.#edges.map(({ name, edge }) => ({ name, runs: this.#counts.get(edge) ?? 0 }));
  }

  /** The edges that some run took. */
  get taken(): readonly CoveredEdge[] {
    return this.edges.filter(({ runs }) => runs > 0);
  }

  /** Names of the edges that no run took. */
  get missed(): readonly string[] {
    return this.edges.filter(({ runs }) => runs === 0).map(({ name }) => name);
  }

  /** How much of the workflow was taken, from 0 to 1. */
  get ratio(): number {
    return this.#edges.length === 0 ? 1 : this.taken.length / this.#edges.length;
  }

  /**
   * Counts a run: a result, the error that `run` rejected with, what `handle.result()` resolved with, a record. Gives back
   * what it was given. Usable detached: `workflow.run(x).then(coverage.add, coverage.add)`. An error without a partial
   * result, such as a `DefinitionError`, counts for nothing: no run had begun.
   *
   * @throws {@link DefinitionError} INVALID_OPTION when it is no run, or the run of another workflow.
   */
  readonly add = <T>(run: T): T => {
    const read = readRun(run);
    if (read !== undefined) this.#count(read);
    else if (!(run instanceof Error)) throw this.#refusal(`it was given ${describeNoRun(run)}`, 'give it a run');
    return run;
  };

  /** A table of all edges, those that were missed first. */
  report(): string {
    const { edges, missed, runs } = this;
    const width = String(runs).length;
    const percent = Math.floor(this.ratio * 100); // 100 only where nothing is missed
    const head = `${this.workflow}: ${edges.length - missed.length} of ${edges.length} edges taken (${percent} %) in ${counted(runs, 'run')}`;
    const rows = this.taken.map((edge) => `  ${String(edge.runs).padStart(width)}  ${edge.name}`);
    const lost = `${counted(this.#shortened, 'run')} with a short history: routes and failures before it are not counted (option history)`;
    return [
      head,
      ...section(
        'Never taken:',
        missed.map((name) => `  ${name}`),
      ),
      ...section('Taken in so many runs:', rows),
      ...section(lost, this.#shortened === 0 ? [] : ['']),
    ]
      .join('\n')
      .trimEnd();
  }

  /**
   * The graph in Mermaid's language: nodes that never ran and routes never taken are faded, the others say in how many runs
   * they were part. A diagram cannot tell of a plain edge or an error edge between two nodes that both ran; `missed` can.
   */
  toMermaid(options: Omit<DiagramOptions, 'overlay'> = {}): string {
    return toMermaid(this.#graph, { ...options, overlay: this.overlay });
  }

  /** The same as data, for `toMermaid` and `toDot` of core. Its numbers are runs. */
  get overlay(): RunOverlay {
    const visits = this.#graph.nodes.flatMap(({ name }): [string, number][] => {
      const runs = this.#counts.get(name) ?? 0;
      return runs === 0 ? [] : [[name, runs]];
    });
    return { visits: new Map(visits), routes: this.#edges.flatMap((edge) => this.#routeCount(edge)) };
  }

  #routeCount({ edge }: NamedEdge): RouteCount[] {
    const count = this.#counts.get(edge) ?? 0;
    if (count === 0 || (edge.kind !== 'route' && edge.kind !== 'default')) return [];
    return [{ router: edge.from, key: edge.kind === 'route' ? edge.key : this.#undeclaredKey(edge.from), count }];
  }

  /** A key that is none of the router's counts for its default. */
  #undeclaredKey(router: string): string {
    let key = 'default';
    while (this.#index.keys.get(router)?.has(key) === true) key += '?';
    return key;
  }

  #count(run: ReadRun): void {
    const isOwn = run.workflow === this.workflow && [...run.nodes].every((node) => this.#index.nodes.has(node));
    if (!isOwn) {
      const what = `the run is one of ${JSON.stringify(run.workflow)} with the nodes ${quoted(run.nodes)}, which is another workflow`;
      throw this.#refusal(what, 'add each run to the coverage of its own workflow, made after the last edit');
    }
    this.#runs++;
    if (run.dropped > 0) this.#shortened++;
    const trace = new RunTrace(this.#index, run);
    for (const node of this.#graph.nodes) if (trace.ran(node)) this.#increment(node.name);
    for (const { edge } of this.#edges) if (trace.took(edge)) this.#increment(edge);
  }

  #increment(what: unknown): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  #refusal(what: string, fix: string): DefinitionError {
    const where = `edgeCoverage(${JSON.stringify(this.workflow)}).add`;
    return new DefinitionError([{ code: 'INVALID_OPTION', where, what, fix }]);
  }
}

/**
 * Begins to count which edges and routes of a workflow its tests take. Of the graph as it is now: make it when the
 * workflow is complete.
 *
 * @example
 * ```ts
 * const coverage = edgeCoverage(triage);
 * test('an invoice goes to billing', async () => {
 *   expect(coverage.add(await triage.run('my invoice'))).toHaveVisited('classify', 'billing');
 * });
 * afterAll(() => expect(coverage).toCoverEveryEdge({ except: ['billing --error--> alarm'] }));
 * ```
 *
 * @param workflow - a workflow, or its graph.
 */
export function edgeCoverage(workflow: { readonly graph: GraphDefinition } | GraphDefinition): EdgeCoverage {
  return new EdgeCoverage('graph' in workflow ? workflow.graph : workflow);
}

function section(title: string, rows: readonly string[]): readonly string[] {
  return rows.length === 0 ? [] : ['', title, ...rows];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
