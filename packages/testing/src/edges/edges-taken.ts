import { END, type EdgeDefinition, type End, type GraphDefinition, type NodeDefinition } from '@drawloom/core';
import type { ReadRun } from '../read-run.js';

/** What is asked of a graph for every run, looked up once. */
export interface GraphIndex {
  readonly nodes: ReadonlyMap<string, NodeDefinition>;
  /** Router → the keys of its routes. */
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>;
}

export function indexGraph(graph: GraphDefinition): GraphIndex {
  const keys = new Map<string, Set<string>>();
  for (const edge of graph.edges) {
    if (edge.kind === 'route') keys.set(edge.from, (keys.get(edge.from) ?? new Set()).add(edge.key));
  }
  return { nodes: new Map(graph.nodes.map((node) => [node.name, node])), keys };
}

/**
 * Which nodes ran, and which edges were taken: the source delivered on it, and the target ran. With the first half alone
 * a join that is never complete would count as tested, and so would what a step that finishes the run would have led to.
 */
export class RunTrace {
  readonly #index: GraphIndex;
  readonly #run: ReadRun;
  /** Router, by the name that records give it → what it returned, one list for each choice. */
  readonly #choices = new Map<string, (readonly string[])[]>();

  constructor(index: GraphIndex, run: ReadRun) {
    this.#index = index;
    this.#run = run;
    for (const { router, keys } of run.routes) {
      const choices = this.#choices.get(router);
      if (choices === undefined) this.#choices.set(router, [keys]);
      else choices.push(keys);
    }
  }

  /** Whether a step was activated, or a router chose. */
  ran(node: NodeDefinition): boolean {
    if (node.kind === 'router') return this.#choicesOf(node.name).length > 0;
    return this.#run.nodes.has(node.name) && !this.#run.notRun.has(node.name);
  }

  took(edge: EdgeDefinition): boolean {
    return this.#delivered(edge) && this.#reached(edge.to);
  }

  #reached(to: string | End): boolean {
    if (typeof to !== 'string') return to === END;
    const node = this.#index.nodes.get(to);
    return node !== undefined && this.ran(node);
  }

  #delivered(edge: EdgeDefinition): boolean {
    switch (edge.kind) {
      case 'plain':
        return typeof edge.from !== 'string' || this.#run.completed.has(edge.from);
      case 'error':
        return this.#run.failed.has(edge.from);
      case 'route':
        return this.#choicesOf(edge.from).some((keys) => keys.includes(edge.key));
      case 'default': {
        const declared = this.#index.keys.get(edge.from);
        const isDefault = (keys: readonly string[]): boolean =>
          keys.length === 0 || keys.some((key) => declared?.has(key) !== true);
        return this.#choicesOf(edge.from).some(isDefault);
      }
    }
  }

  #choicesOf(router: string): readonly (readonly string[])[] {
    const source = this.#index.nodes.get(router)?.anonymousRouterOf ?? router;
    return this.#choices.get(typeof source === 'string' ? source : 'START') ?? [];
  }
}
