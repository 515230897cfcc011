import type { JournalRecord } from '@drawloom/core';
import { readRecord } from '../../src/journal/records.js';

/** What the records of a run say is done, in the words in which golden runs note what they do. */
export class RecordedWork {
  readonly #whole = new Set<string>();
  readonly #exact = new Set<string>();

  constructor(runId: string, records: readonly JournalRecord[]) {
    for (const record of records) {
      const body = readRecord(record)!;
      if (!('node' in body)) continue;
      const run = `${runId}${keyOfPath(body.path)}`;
      const key = `${run}/${body.node}/${body.visit}`;
      switch (body.type) {
        case 'step.completed':
        case 'step.failed':
        case 'step.cancelled':
        case 'route.taken':
        case 'wait.opened':
          this.#whole.add(key);
          break;
        case 'item.completed':
          this.#whole.add(`${key}/${body.item}`);
          break;
        case 'attempt.failed':
          this.#exact.add(`${key}${body.item === undefined ? '' : `/${body.item}`}:${body.attempt}`);
          break;
        case 'call.completed':
          this.#exact.add(`${run}!${decodeURIComponent(body.key.slice(body.key.lastIndexOf('|') + 1))}`);
          break;
        case 'compensation.completed':
          this.#exact.add(`undo ${key}`);
          break;
        default:
          break;
      }
    }
  }

  /** Whether what was noted is recorded as done, and so must not be done again. */
  has(noted: string): boolean {
    if (this.#exact.has(noted)) return true;
    if (/^undo |!/.test(noted)) return false;
    const parts = noted.slice(0, noted.lastIndexOf(':')).split('/');
    return parts.some((_, count) => this.#whole.has(parts.slice(0, count + 1).join('/')));
  }
}

/** What a nested run at this path has as the rest of its id. */
function keyOfPath(path: string | undefined): string {
  if (path === undefined) return '';
  return path
    .split('/')
    .map((segment) => {
      const [place, ...calls] = segment.split('|');
      const [, visit, node, item] = /^(\d+)#([^[:]*)(?:\[(\d+)\])?/.exec(place!)!;
      const nested = /^run:(.+)\.(\d+)$/.exec(decodeURIComponent(calls.at(-1) ?? ''));
      return [
        '',
        decodeURIComponent(node!),
        visit,
        ...(item === undefined ? [] : [item]),
        ...(nested === null ? [] : nested.slice(1)),
      ].join('/');
    })
    .join('');
}
