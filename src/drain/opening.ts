/** When windows are open, by the library for the rules of iCalendar. */
import rrule from 'rrule';
import type { Openings } from './openings.ts';
import type { Window } from './window.ts';

const { RRule } = rrule;

export interface Opening {
  readonly opensMs: number;
  readonly closesMs: number;
}

const DAY_MS = 24 * 3600e3;
/** As far as windows may reach. */
const WEEK_MS = 7 * DAY_MS;
/** A Monday: every other week is counted from it. */
const FIRST = new Date(Date.UTC(2024, 0, 1));

/** @returns the opening that lasts now, or the next one; those that meet or overlap are one; undefined: none will come */
export function openingAt(windows: readonly Window[], nowMs: number): Opening | undefined {
  const all = windows.flatMap((window) => openingsFrom(window, nowMs)).sort((a, b) => a.opensMs - b.opensMs);
  const [first, ...others] = all;
  if (!first) return undefined;
  let { closesMs } = first;
  for (const other of others) if (other.opensMs <= closesMs) closesMs = Math.max(closesMs, other.closesMs);
  return { opensMs: first.opensMs, closesMs };
}

/**
 * All of them, each reckoned as it is asked for.
 * @param nowMs since 1970: from then on their times are counted
 * @param first the one that lasts then or comes next, where that is written down already
 */
export function openingsSince(windows: readonly Window[], nowMs: number, first?: Opening): Openings {
  const known: Opening[] = [];
  const add = ({ opensMs, closesMs }: Opening) =>
    known.push({ opensMs: opensMs - nowMs, closesMs: closesMs - nowMs });
  if (first && first.closesMs > nowMs) add(first);
  let isLast = false;
  return {
    at: (ms) => {
      for (;;) {
        const found = known.find(({ closesMs }) => closesMs > ms);
        if (found || isLast) return found;
        const next = openingAt(windows, nowMs + (known.at(-1)?.closesMs ?? 0));
        if (next) add(next);
        else isLast = true;
      }
    },
  };
}

/** Those that may last now, and the next ones. */
function openingsFrom({ rule, lastsMs }: Window, nowMs: number): Opening[] {
  // One before may have begun as clocks were put back.
  const from = floating(nowMs - lastsMs - DAY_MS);
  const all = new RRule({ ...RRule.parseString(rule), dtstart: isCounted(rule) ? FIRST : midnight(from) });
  const until = floating(nowMs + WEEK_MS);
  const opening = (at: Date) => ({ opensMs: local(at), closesMs: local(at) + lastsMs });
  // One that has closed by now says nothing of the next.
  const soon = all
    .between(from, until, true)
    .map(opening)
    .filter(({ closesMs }) => closesMs > nowMs);
  if (soon.length > 0) return soon;
  const later = all.after(until, true);
  return later ? [opening(later)] : [];
}

/** It depends on when it began; all others begin now, as it takes the library a while to come here from the first day. */
function isCounted(rule: string): boolean {
  return /\b(INTERVAL|COUNT)=/.test(rule) || !/^FREQ=(DAILY|WEEKLY;(.*;)?BYDAY=)/.test(rule);
}

function midnight(at: Date): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()));
}

/** The library counts in a time without zones: what the clock on the wall shows, as if that were UTC. */
function floating(ms: number): Date {
  const at = new Date(ms);
  return new Date(
    Date.UTC(at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()),
  );
}

function local(at: Date): number {
  return new Date(
    ...[at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()],
    ...[at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()],
  ).getTime();
}
