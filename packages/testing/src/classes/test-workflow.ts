import type { RunHandle, RunOptions, WorkflowResult } from '@drawloom/core';
import { Container, drawloom, workflows, graphOf, type RegisteredClass, type WorkflowBase } from '@drawloom/decorators';
import type { ContainerModule, ServiceIdentifier } from 'inversify';
import { edgeCoverage, type EdgeCoverage } from '../edges/edge-coverage.js';

/** What a workflow takes, and what it gives. */
type InputOf<W> = W extends WorkflowBase<infer I, unknown> ? I : never;
type OutputOf<W> = W extends WorkflowBase<never, infer O> ? O : never;

/** Stands in for a service: as many of its public members as the test needs. */
export type Fake<T> = { readonly [K in keyof T]?: T[K] | undefined };

/**
 * A workflow class in a container of its own, with fakes in place of what it injects; made by {@link testWorkflow}.
 * What is neither faked nor loaded is not there: a test never reaches a real service by oversight.
 */
export class WorkflowTest<W extends WorkflowBase<never, unknown>> {
  /** Where the workflow and its fakes are bound; bind whatever else the test needs. */
  readonly container = new Container();
  /** Which edges the runs of this test have taken, those that failed included. */
  readonly coverage: EdgeCoverage;
  readonly #type: RegisteredClass<W>;

  /** @internal */
  constructor(type: RegisteredClass<W>) {
    this.#type = type;
    this.container.load(drawloom(), workflows(type));
    this.coverage = edgeCoverage(graphOf(type));
  }

  /**
   * Puts a fake in place of a service, or of a part of Drawloom: `override(Clock, new VirtualClock())`. It counts for runs
   * that begin afterwards, and comes before what a module binds, whichever is loaded first.
   */
  override<T>(token: ServiceIdentifier<T>, fake: T | Fake<T>): this {
    const isBound = this.container.isCurrentBound(token);
    const binding = isBound ? this.container.rebind(token) : this.container.bind(token);
    binding.toConstantValue(fake as T);
    return this;
  }

  /** Loads modules of the application: what the workflow needs, or the workflows that it runs. */
  load(...modules: readonly ContainerModule[]): this {
    this.container.load(...modules);
    return this;
  }

  /** Runs the workflow to its end, as `run` of a workflow does. */
  async run(input: InputOf<W>, options?: RunOptions): Promise<WorkflowResult<OutputOf<W>>> {
    const running = this.#handle.run(input as never, options);
    return (await running.then(this.coverage.add, (error: unknown) => {
      throw this.coverage.add(error);
    })) as WorkflowResult<OutputOf<W>>;
  }

  /** Starts a run, as `start` of a workflow does: for its events, and to cancel it. */
  start(input: InputOf<W>, options?: RunOptions): RunHandle<OutputOf<W>> {
    const handle = this.#handle.start(input as never, options) as RunHandle<OutputOf<W>>;
    void handle.result().then(this.coverage.add);
    return handle;
  }

  get #handle(): W {
    return this.container.get(this.#type);
  }
}

/**
 * Begins a test of a workflow class: a container of its own, fakes for what it injects, and a count of the edges that its
 * runs take.
 *
 * @example
 * ```ts
 * const triage = testWorkflow(Triage).override(Classifier, { label: () => 'billing' });
 * test('an invoice goes to billing', async () => {
 *   expect(await triage.run('my invoice')).toHaveRouted('pick', 'billing');
 * });
 * afterAll(() => expect(triage.coverage).toCoverEveryEdge());
 * ```
 *
 * @throws {@link DefinitionError} with every mistake of the class at once.
 */
export function testWorkflow<W extends WorkflowBase<never, unknown>>(type: RegisteredClass<W>): WorkflowTest<W> {
  return new WorkflowTest(type);
}
