import type { AuditEntry } from '../ports/audit-log.js';

/** What a value was, as far as its entry shows it. */
export interface EvidencedValue {
  readonly digest?: string | undefined;
  readonly content?: unknown;
}

/** One activation of a step, from its entries. */
export interface EvidencedStep {
  readonly node: string;
  readonly visit: number;
  readonly outcome: 'completed' | 'failed' | 'cancelled' | 'unfinished';
  readonly attempts: number | undefined;
  /** Whether what it had done was undone, when the run failed. */
  readonly undone?: 'completed' | 'failed' | 'unfinished' | undefined;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly input: EvidencedValue;
  readonly output: EvidencedValue;
}

/** A choice of a router. */
export interface EvidencedRoute {
  readonly router: string;
  readonly keys: readonly string[];
  readonly targets: readonly string[];
  readonly ends: boolean;
  readonly time: number;
}

/** What somebody or something decided beside the routers: an approval, a signal, a tool that was let pass or denied, a guardrail, a cap. */
export interface EvidencedDecision extends EvidencedValue {
  readonly action: string;
  readonly actor: string;
  readonly node: string | undefined;
  readonly time: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A run of an agent. */
export interface EvidencedAgent {
  readonly agent: string;
  readonly node: string | undefined;
  readonly model: unknown;
  readonly tone: unknown;
  readonly turns?: unknown;
  readonly usage?: unknown;
}

/** What one run did, told from its entries alone. */
export interface EvidencedRun {
  readonly run: string;
  readonly workflow: string | undefined;
  readonly version: unknown;
  readonly graphHash: unknown;
  readonly graphDigest: unknown;
  readonly tenant: string | undefined;
  readonly user: string | undefined;
  readonly session: string | undefined;
  /** Of a nested run: the run around it, and the nodes that lead to it. */
  readonly parentRun: unknown;
  readonly path: unknown;
  /** Of a fork: the run that it is made of, and what it has done anew. What it shares with that is told there. */
  readonly forkedFrom: { readonly run: unknown; readonly from: unknown } | undefined;
  readonly status: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly input: EvidencedValue;
  readonly output: EvidencedValue;
  readonly steps: readonly EvidencedStep[];
  readonly routes: readonly EvidencedRoute[];
  readonly decisions: readonly EvidencedDecision[];
  readonly agents: readonly EvidencedAgent[];
  /** Calls and dollars by model, as the services name them. */
  readonly models: Readonly<Record<string, { readonly calls: number; readonly cost: number }>>;
}

const DECISIONS: readonly string[] = [
  'approval.requested',
  'approval.delegated',
  'approval.decided',
  'approval.expired',
  'approval.refused',
  'signal.received',
  'signal.expired',
  'signal.refused',
  'tool.approved',
  'tool.denied',
  'guardrail.triggered',
  'cap.hit',
];
/** Where a run has come to rest. */
export const ENDS_OF_RUN: readonly string[] = ['run.completed', 'run.failed', 'run.cancelled', 'run.suspended'];
const ENDS = { 'step.completed': 'completed', 'step.failed': 'failed', 'step.cancelled': 'cancelled' } as const;
const UNDOING = {
  'compensation.started': 'unfinished',
  'compensation.completed': 'completed',
  'compensation.failed': 'failed',
} as const;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Tells what a run did from its entries, in their order. */
export function runReport(run: string, entries: readonly AuditEntry[]): EvidencedRun {
  const [first] = entries;
  const started = entries.find(({ action }) => action === 'run.started' || action === 'run.forked');
  const ended = entries.findLast(({ action }) => ENDS_OF_RUN.includes(action));
  const { version, graphHash, graphDigest, parentRun, path, sourceRun, from } = started?.facts ?? {};
  return {
    run,
    workflow: first?.workflow,
    version,
    graphHash,
    graphDigest,
    tenant: first?.tenant,
    user: first?.user,
    session: first?.session,
    parentRun,
    path,
    forkedFrom: sourceRun === undefined ? undefined : { run: sourceRun, from },
    status: ended?.action.slice('run.'.length) ?? 'unfinished',
    startedAt: first?.time ?? 0,
    endedAt: entries.at(-1)?.time ?? 0,
    input: valueOf(started),
    output: valueOf(ended),
    steps: stepsOf(entries),
    routes: entries.filter(({ action }) => action === 'route.taken').map(routeOf),
    decisions: entries.filter(({ action }) => DECISIONS.includes(action)).map(decisionOf),
    agents: agentsOf(entries),
    models: modelsOf(entries),
  };
}

function stepsOf(entries: readonly AuditEntry[]): readonly EvidencedStep[] {
  const steps = new Map<string, Mutable<EvidencedStep>>();
  for (const entry of entries) {
    const { action, node = '', visit = 1, time, facts } = entry;
    const key = `${visit} ${node}`;
    if (action === 'step.started') {
      const open = { outcome: 'unfinished', attempts: undefined, endedAt: undefined, output: {} } as const;
      steps.set(key, { node, visit, startedAt: time, input: valueOf(entry), ...open });
    }
    const outcome = ENDS[action as keyof typeof ENDS];
    const undone = UNDOING[action as keyof typeof UNDOING];
    const step = steps.get(key);
    if (undone !== undefined && step !== undefined) step.undone = undone;
    if (outcome === undefined || step === undefined) continue;
    Object.assign(step, { outcome, attempts: facts?.['attempts'], endedAt: time, output: valueOf(entry) });
  }
  return [...steps.values()];
}

function routeOf({ node = '', facts = {}, time }: AuditEntry): EvidencedRoute {
  const { keys, targets, ends } = facts as unknown as Pick<EvidencedRoute, 'keys' | 'targets' | 'ends'>;
  return { router: node, keys, targets, ends, time };
}

function decisionOf(entry: AuditEntry): EvidencedDecision {
  const { action, actor, node, time, facts = {} } = entry;
  return { action, actor, node, time, facts, ...valueOf(entry) };
}

function agentsOf(entries: readonly AuditEntry[]): readonly EvidencedAgent[] {
  const agents: Mutable<EvidencedAgent>[] = [];
  const open = new Map<string, Mutable<EvidencedAgent>>();
  for (const { action, actor, node, visit, facts = {} } of entries) {
    const key = JSON.stringify([actor, node, visit]);
    if (action === 'agent.started') {
      const agent = actor.replace(/^agent:/, '');
      const begun = { agent, node, model: facts['model'], tone: facts['tone'] };
      agents.push(begun);
      open.set(key, begun);
    } else if (action === 'agent.completed') {
      Object.assign(open.get(key) ?? {}, { turns: facts['turns'], usage: facts['usage'] });
    }
  }
  return agents;
}

function modelsOf(entries: readonly AuditEntry[]): EvidencedRun['models'] {
  const models: Record<string, { calls: number; cost: number }> = {};
  for (const { action, facts = {} } of entries) {
    if (action !== 'model.called') continue;
    const model = (models[String(facts['model'])] ??= { calls: 0, cost: 0 });
    model.calls++;
    model.cost += Number(facts['cost'] ?? 0);
  }
  return models;
}

function valueOf(entry: AuditEntry | undefined): EvidencedValue {
  const { digest, content } = entry ?? {};
  return { digest, content };
}
