/** What a process has cost: read from /proc while it lives, so the last few milliseconds of its life are missing. */
import { readFileSync } from 'node:fs';
import { childrenOf } from '../lab/children-of.ts';

/** Clock ticks of /proc/PID/stat, fixed on Linux whatever the kernel was built with. */
const TICKS_PER_SECOND = 100;
const EVERY_MS = 25;

export interface ProcessCost {
  /** User and system time, in milliseconds; the kernel counts in steps of 10. */
  readonly cpuMs: number;
  /** The largest resident set. */
  readonly maxRssBytes: number;
}

export const NO_COST: ProcessCost = { cpuMs: 0, maxRssBytes: 0 };

/** Looks at a process until told to stop. @returns a function that stops and tells the last reading */
export function watchCost(pid: number | undefined): () => ProcessCost {
  let last = NO_COST;
  const look = () => {
    last = readCost(pid) ?? last;
  };
  const timer = setInterval(look, EVERY_MS);
  // Whoever fails before it tells it to stop must still come to an end.
  timer.unref();
  return () => {
    clearInterval(timer);
    look();
    return last;
  };
}

/** With its children, those included that have ended. @returns undefined for a process that is not there any more */
export function readCost(pid: number | undefined): ProcessCost | undefined {
  try {
    // The name in the second field may hold spaces; the fields that count follow its bracket.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, text) => sum + Number(text), 0);
    const peakKiB = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    // One that has ended and was not yet waited for has no memory any more.
    if (peakKiB === undefined) return undefined;
    const own = { cpuMs: (ticks * 1000) / TICKS_PER_SECOND, maxRssBytes: Number(peakKiB) * 1024 };
    return childrenOf(pid).reduce((sum, child) => {
      const cost = readCost(child) ?? NO_COST;
      return { cpuMs: sum.cpuMs + cost.cpuMs, maxRssBytes: sum.maxRssBytes + cost.maxRssBytes };
    }, own);
  } catch {
    return undefined;
  }
}
