import type { NewWait, Wait } from '../ports/journal.js';
import type { WaitFacts, Waiting } from './waiting.js';

/** The wait that an activation opens. Its id follows from where it is, so that it is the same when it is opened again. */
export function newWait(
  waiting: Waiting,
  about: unknown,
  { path, ...facts }: Omit<WaitFacts, 'id'> & { readonly path: string | undefined },
): NewWait {
  return Object.freeze(waiting.open(about, { ...facts, id: waitId({ path, ...facts }) }));
}

/** Whether a wait stands in the run itself, and not in one that is nested in it: the node of that may have the same name. */
export function isOfOutermost(wait: Wait): boolean {
  return wait.id === waitId({ ...wait, path: undefined });
}

function waitId({ tenant, runId, path, node, visit }: Placed): string {
  const place = JSON.stringify([tenant, runId, path ?? null, node, visit]);
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(place).digest('hex').slice(0, 24);
}

type Placed = Pick<WaitFacts, 'tenant' | 'runId' | 'node' | 'visit'> & { readonly path: string | undefined };
