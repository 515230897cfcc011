import { v7 } from 'uuid';

/** A new id that sorts by the time of its making (UUID version 7, RFC 9562). */
export function newId(): string {
  return v7();
}
