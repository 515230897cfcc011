import { WorkflowError, type RunEvent } from '@drawloom/core';

/** What a consumer that reads to the end saw. */
export interface Collected {
  readonly events: readonly RunEvent[];
  /** The events as short text: type, then the node or router with the path that leads to it. */
  readonly lines: readonly string[];
  /** What the loop threw after the last event; `undefined` where it ended in peace. */
  readonly thrown: unknown;
}

/** Reads a stream of events to its end, the failure that follows the last one included. */
export async function collectEvents(stream: AsyncIterable<RunEvent>): Promise<Collected> {
  const events: RunEvent[] = [];
  let thrown: unknown;
  try {
    for await (const event of stream) events.push(event);
  } catch (error) {
    thrown = error;
  }
  return { events, lines: events.map(lineOf), thrown };
}

/** `step.started outer/inner` */
export function lineOf(event: RunEvent): string {
  const about = 'router' in event ? event.router : 'node' in event ? event.node : undefined;
  const place = [...event.path, ...(about === undefined ? [] : [about])].join('/');
  return place === '' ? event.type : `${event.type} ${place}`;
}

/** The events of one type. */
export function ofType<T extends RunEvent['type']>(
  events: readonly RunEvent[],
  type: T,
): readonly Extract<RunEvent, { readonly type: T }>[] {
  return events.filter((event) => event.type === type) as never;
}

/** What a call throws, or the promise that it returns rejects with. Fails where it succeeds. */
export async function thrownBy(call: () => unknown): Promise<WorkflowError> {
  try {
    await call();
  } catch (error) {
    if (WorkflowError.is(error)) return error;
    throw error;
  }
  throw new Error('The call was expected to fail, but it succeeded.');
}

/** Lets everything happen that waits for promises only. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
