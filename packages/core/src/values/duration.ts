/**
 * A span of time: milliseconds, or text with a unit.
 *
 * @example
 * const durations: Duration[] = [250, '250ms', '30s', '5m', '48h', '7d', '1.5h'];
 */
export type Duration = number | `${number}${DurationUnit}`;

/** Milliseconds, seconds, minutes, hours, days. */
export type DurationUnit = 'ms' | 's' | 'm' | 'h' | 'd';

const MILLISECONDS: Record<DurationUnit, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** What a duration may look like, for messages. */
export const DURATION_FORMS =
  'milliseconds as a number of 0 or more, or text such as "250ms", "30s", "5m", "48h", "7d"';

/** Milliseconds of a duration, or `undefined` where the value is not one. */
export function toMilliseconds(duration: unknown): number | undefined {
  if (typeof duration === 'number') return duration >= 0 && Number.isFinite(duration) ? duration : undefined;
  if (typeof duration !== 'string') return undefined;
  const match = PATTERN.exec(duration);
  return match === null ? undefined : Number(match[1]) * MILLISECONDS[match[2] as DurationUnit];
}
