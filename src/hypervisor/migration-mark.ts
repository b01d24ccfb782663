/**
 * By what a migration is known again to a later controller on this machine: the boot of this machine and the instant on
 * its own clock at which the migration began, as the hypervisor counts it. No wall clock, which may be set meanwhile.
 */
import { readFileSync } from 'node:fs';
import { type Clock, REAL_CLOCK } from './clock.ts';

/** The hypervisor's count and ours begin a command's way apart, and a busy machine is late to ask. */
const SAME_WITHIN_MS = 3000;
/** From being told to migrate to doing so: a hypervisor that hangs then begins once it goes on, whoever has told it. */
export const BEGUN_WITHIN_MS = 10_000;
/** An answer that takes longer may be as much older than it came. */
const PROMPT_MS = 1000;
const MOST_ASKED = 3;

/** @param agoMs how long ago the migration began, by the hypervisor's count */
export function migrationMark(agoMs: number, clock: Clock = REAL_CLOCK): string {
  return `${bootId()}@${Math.round(clock.uptimeMs() - agoMs)}`;
}

/** Whether two marks are of one migration. */
export function isSameMark(one: string, other: string): boolean {
  return isAmongMarks([one], other);
}

/**
 * Whether a mark is of the migration that was told to begin at the first of these and was known to have at the last.
 * @param laterMs how much later than the last it may have begun
 */
export function isAmongMarks(marks: readonly string[], mark: string, laterMs = 0): boolean {
  const seen = parse(mark);
  const atMs = marks.flatMap((each) => {
    const known = parse(each);
    return known !== undefined && known.boot === seen?.boot ? [known.atMs] : [];
  });
  if (!seen || atMs.length === 0) return false;
  const [first, last] = [Math.min(...atMs), Math.max(...atMs)];
  return seen.atMs >= first - SAME_WITHIN_MS && seen.atMs <= last + laterMs + SAME_WITHIN_MS;
}

/** How long ago it began, in milliseconds; undefined: that is of another machine, or of another boot of this one. */
export function markAgeMs(mark: string, clock: Clock = REAL_CLOCK): number | undefined {
  const parsed = parse(mark);
  return parsed?.boot === bootId() ? clock.uptimeMs() - parsed.atMs : undefined;
}

function parse(mark: string): { boot: string; atMs: number } | undefined {
  const [, boot, atMs] = /^([0-9a-f-]+)@(-?\d+)$/.exec(mark) ?? [];
  return boot === undefined ? undefined : { boot, atMs: Number(atMs) };
}

/** How long ago it began is asked again where the answer came late. */
export async function askedPromptly<T>(clock: Clock, ask: () => Promise<T>): Promise<T> {
  for (let asked = 1; ; asked += 1) {
    const askedMs = clock.now();
    const answer = await ask();
    if (clock.now() - askedMs <= PROMPT_MS || asked === MOST_ASKED) return answer;
  }
}

let boot: string | undefined;

/** One for as long as this process lives. */
function bootId(): string {
  boot ??= readBootId();
  return boot;
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '0';
  }
}
