import type { NotRun, RouteRecord, RunRecord, RunUsage, StepRecord } from '../errors/run-record.js';
import { TO_END, type Plan, type RouteChoice } from '../graph/plan.js';
import type { RunContext } from '../context/run-context.js';
import { explainPlan, type Explained } from './explain.js';
import type { Activation } from '../schedule/activation.js';
import type { BoundedList } from './bounded-list.js';
import type { EndedActivations } from './ended-activations.js';
import { routerLabel } from '../graph/router-label.js';

/** A choice with the names under which people know its nodes. */
export function routeRecord(plan: Plan, { router, keys, taken }: RouteChoice): RouteRecord {
  const targets = taken.map((edge) => plan.edgeTo[edge]!);
  return {
    router: routerLabel(plan, router),
    keys,
    targets: targets.filter((node) => node !== TO_END).map((node) => routerLabel(plan, node)),
    ends: targets.includes(TO_END),
  };
}

/** What a record is made from: a run that has ended. */
export interface RecordedRun extends Explained {
  readonly plan: Plan;
  readonly context: RunContext;
  readonly activations: EndedActivations;
  readonly choices: BoundedList<RouteChoice> | undefined;
  readonly values: readonly unknown[];
  readonly usage: RunUsage;
  /** What one activation, or one choice, has used. */
  usageOf(part: Activation | RouteChoice): RunUsage | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * A view on what a run left behind. Lists are made when they are asked for: most callers want the output only.
 */
export class RunReport implements RunRecord {
  readonly #run: RecordedRun;

  constructor(run: RecordedRun) {
    this.#run = run;
  }

  get workflow(): string {
    return this.#run.plan.definition.name;
  }
  get runId(): string {
    return this.#run.context.runId;
  }
  get parentRunId(): string | undefined {
    return this.#run.context.parentRunId;
  }
  get userId(): string | undefined {
    return this.#run.context.userId;
  }
  get sessionId(): string {
    return this.#run.context.sessionId;
  }
  get startedAt(): number {
    return this.#run.startedAt;
  }
  get endedAt(): number {
    return this.#run.endedAt;
  }
  get durationMs(): number {
    return this.#run.endedAt - this.#run.startedAt;
  }

  get visited(): readonly string[] {
    const completed = this.#run.activations.items.filter((activation) => activation.outcome === 'completed');
    return completed.map((activation) => this.#run.plan.names[activation.node]!);
  }

  get perStep(): Readonly<Record<string, unknown>> {
    const perStep: Record<string, unknown> = {};
    this.#run.values.forEach((value, node) => (perStep[this.#run.plan.names[node]!] = value));
    return perStep;
  }

  get routes(): readonly RouteRecord[] {
    return (this.#run.choices?.items ?? []).map((choice) => {
      return withUsage(routeRecord(this.#run.plan, choice), this.#run.usageOf(choice));
    });
  }

  get routers(): readonly string[] {
    const { plan } = this.#run;
    return plan.names.flatMap((_, node) => (plan.isRouter[node] === 1 ? [routerLabel(plan, node)] : []));
  }

  get steps(): readonly StepRecord[] {
    return this.#run.activations.items.map((activation) => {
      const { node, visit, attempts, startedAt, endedAt, outcome } = activation;
      const step = {
        node: this.#run.plan.names[node]!,
        visit,
        attempts,
        startedAt: this.#run.startedAt + startedAt,
        endedAt: this.#run.startedAt + endedAt,
        outcome,
      };
      return withUsage(step, this.#run.usageOf(activation));
    });
  }

  get dropped(): number {
    return this.#run.activations.dropped + (this.#run.choices?.dropped ?? 0);
  }

  get usage(): RunUsage {
    return this.#run.usage;
  }

  explain(): readonly NotRun[] {
    return explainPlan(this.#run.plan, this.#run);
  }

  /** Everything but the explanation, as plain data; `usage` where a model was asked. */
  toJSON(): Record<string, unknown> {
    const { workflow, runId, parentRunId, userId, sessionId, startedAt, endedAt, durationMs } = this;
    const { visited, perStep, routes, steps, dropped, usage } = this;
    const ids = { workflow, runId, parentRunId, userId, sessionId };
    const record = { ...ids, startedAt, endedAt, durationMs, visited, perStep, routes, steps, dropped };
    return usage.calls === 0 ? record : { ...record, usage };
  }
}

function withUsage<T extends object>(record: T, usage: RunUsage | undefined): T & { readonly usage?: RunUsage } {
  return usage === undefined ? record : { ...record, usage };
}

/** What a run that completed came to. */
export class WorkflowResult<O> extends RunReport {
  readonly status = 'completed';

  constructor(
    run: RecordedRun,
    /** What the workflow returned: of its output node, else of its last branch, or by node name where several ended. */
    readonly output: O,
  ) {
    super(run);
  }

  override toJSON(): Record<string, unknown> {
    return { status: this.status, output: this.output, ...super.toJSON() };
  }
}
