/**
 * 13. A saga: what cannot be one transaction is undone step by step. When a step fails, the steps that had completed are undone,
 * the last first, each once. With a journal that holds over a crash, in the middle of the undoing, too.
 */
import {
  Compensate,
  Configure,
  Container,
  drawloom,
  End,
  inject,
  Start,
  Step,
  WorkflowBase,
  workflows,
} from '@drawloom/decorators';
import type { StepContext } from '@drawloom/decorators';

/** Stands for three services behind a network. A second call with the same key does nothing. */
export class Services {
  readonly log: string[] = [];
  readonly #done = new Set<string>();

  call(key: string, what: string): void {
    if (this.#done.has(key)) return;
    this.#done.add(key);
    this.log.push(what);
  }
}

export interface Trip {
  readonly to: string;
  readonly seats: number;
}
type Paid = Trip & { readonly charge: string };
type Roomed = Paid & { readonly room: string };

@Configure({ name: 'trips' })
export class Trips extends WorkflowBase<Trip, string> {
  @inject(Services) private readonly services!: Services;

  @Start() charge(trip: Trip, { idempotencyKey }: StepContext): Paid {
    this.services.call(idempotencyKey, `charge for ${trip.to}`);
    return { ...trip, charge: `charge-${trip.to}` };
  }

  @Compensate('charge') refund({ charge }: Paid): void {
    this.services.call(`refund ${charge}`, `refund ${charge}`);
  }

  @Step({ after: 'charge', retry: { maximumAttempts: 3 } })
  reserve(trip: Paid, { idempotencyKey }: StepContext): Roomed {
    this.services.call(idempotencyKey, `reserve a room in ${trip.to}`);
    return { ...trip, room: `room-${trip.to}` };
  }

  /** Tried again as the step itself would be. */
  @Compensate('reserve') release({ room }: Roomed): void {
    this.services.call(`release ${room}`, `release ${room}`);
  }

  @End({ after: 'reserve' }) fly({ to, seats }: Roomed): string {
    if (seats === 0) throw new Error(`no seat to ${to}`); // it has done nothing yet, so there is nothing to undo
    return `A seat to ${to}, and a room.`;
  }
}

export async function main() {
  const container = new Container();
  container.load(drawloom(), workflows(Trips));
  container.bind(Services).toSelf().inSingletonScope();
  const trips = container.get(Trips);
  console.log((await trips.run({ to: 'Lyon', seats: 1 })).output);
  const failed = await trips.start({ to: 'Oslo', seats: 0 }).result();
  console.log(`Oslo: ${failed.status}`);
  const { log } = container.get(Services);
  for (const line of log) console.log(line);
  return log;
}
