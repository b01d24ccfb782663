/** `--deadline` and `--for`: by when a drain is to be over. */
import { UsageError } from './usage-error.ts';

const LATER_TODAY = /^([01]?\d|2[0-3]):([0-5]\d)$/;
const WITH_DATE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * @param text a time of day, the next one in the local time zone; or a date with one
 * @returns milliseconds since 1970
 * @throws {UsageError}
 */
export function parseDeadline(text: string, now: Date): number {
  const [, hours, minutes] = LATER_TODAY.exec(text.trim()) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    const at = new Date(now);
    at.setHours(Number(hours), Number(minutes), 0, 0);
    if (at.getTime() <= now.getTime()) at.setDate(at.getDate() + 1);
    return at.getTime();
  }
  const at = WITH_DATE.test(text.trim()) ? Date.parse(text.trim().replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(at))
    throw new UsageError(
      `--deadline ${text}: write a time of day, like 22:00, or with its date, like 2027-01-31T22:00`,
    );
  if (at <= now.getTime()) throw new UsageError(`--deadline ${text} has passed: name one that is to come`);
  return at;
}
