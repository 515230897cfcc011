import type {
  KeptSignal,
  Lease,
  KnownSignal,
  RunInfo,
  RunKey,
  RunStatus,
  Wait,
  WaitKind,
  WaitStatus,
} from '@drawloom/core';

/** A row of `runs`. */
export interface RunRow {
  readonly tenant: string;
  readonly run: string;
  readonly workflow: string;
  readonly version: string | null;
  readonly graph_hash: string;
  readonly user: string | null;
  readonly session: string;
  readonly created: number;
  readonly forked_from: string | null;
  readonly status: RunStatus;
  readonly length: number;
  readonly updated: number;
  readonly wake: number | null;
  readonly owner: string | null;
  readonly lease_until: number;
  readonly epoch: number;
}

export function runOf(row: RunRow): RunInfo {
  return Object.freeze({
    tenant: row.tenant,
    runId: row.run,
    workflow: row.workflow,
    version: row.version ?? undefined,
    graphHash: row.graph_hash,
    userId: row.user ?? undefined,
    sessionId: row.session,
    createdAt: row.created,
    forkedFrom: row.forked_from ?? undefined,
    status: row.status,
    length: row.length,
    updatedAt: row.updated,
    wakeAt: row.wake ?? undefined,
    owner: row.owner ?? undefined,
    leaseUntil: row.owner === null ? 0 : row.lease_until,
    epoch: row.epoch,
  });
}

export function leaseOf({ tenant, runId, epoch }: RunInfo, owner: string): Lease {
  return Object.freeze({ tenant, runId, owner, epoch });
}

/** A row of `waits`, with the id of its run. */
export interface WaitRow {
  readonly tenant: string;
  readonly wait: string;
  readonly run_name: string;
  readonly kind: WaitKind;
  readonly workflow: string;
  readonly user: string | null;
  readonly node: string;
  readonly visit: number;
  readonly signal: string | null;
  readonly opened: number;
  readonly due: number | null;
  readonly users: string;
  readonly groups: string;
  readonly about: string;
  readonly state: string;
  readonly status: WaitStatus;
  readonly version: number;
}

export function waitOf(row: WaitRow): Wait {
  return Object.freeze({
    tenant: row.tenant,
    runId: row.run_name,
    id: row.wait,
    kind: row.kind,
    workflow: row.workflow,
    userId: row.user ?? undefined,
    node: row.node,
    visit: row.visit,
    signal: row.signal ?? undefined,
    openedAt: row.opened,
    dueAt: row.due ?? undefined,
    users: JSON.parse(row.users) as string[],
    groups: JSON.parse(row.groups) as string[],
    about: row.about,
    state: row.state,
    status: row.status,
    version: row.version,
  });
}

/** A row of `signals`, with the id of the wait that has taken it. */
export interface SignalRow {
  readonly signal: string;
  readonly message: string;
  readonly text: string;
  readonly at: number;
  readonly wait: string | null;
}

export function keptSignalOf({ tenant, runId }: RunKey, { signal, message, text, at }: SignalRow): KeptSignal {
  return Object.freeze({ tenant, runId, signal, id: message, text, at });
}

export function knownSignalOf(key: RunKey, row: SignalRow): KnownSignal {
  return Object.freeze({ ...keptSignalOf(key, row), waitId: row.wait ?? undefined });
}
