/**
 * A new id that sorts by the time of its making: a UUID of version 7 (RFC 9562), to the millisecond. The random bits
 * are those of the platform's own version 4.
 */
export function newId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
}
