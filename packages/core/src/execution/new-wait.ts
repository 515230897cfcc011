import type { NewWait } from '../ports/journal.js';
import type { WaitFacts, Waiting } from './waiting.js';

/** The wait that an activation opens. Its id follows from where it is, so that it is the same when it is opened again. */
export function newWait(
  waiting: Waiting,
  about: unknown,
  { path, ...facts }: Omit<WaitFacts, 'id'> & { readonly path: string | undefined },
): NewWait {
  const { tenant, runId, node, visit } = facts;
  const place = JSON.stringify([tenant, runId, path ?? null, node, visit]);
  const id = process.getBuiltinModule('node:crypto').createHash('sha256').update(place).digest('hex').slice(0, 24);
  return Object.freeze(waiting.open(about, { ...facts, id }));
}
