/**
 * One line each for what the journal holds of the ground that a migration stands on, wherever entries are shown as
 * they are written: the terminal, and the log of `watch`. Text from elsewhere is in them: the sinks escape it.
 */
import { formatDuration, formatRate } from '../model/units.ts';
import type { Happening, Intent, Side } from './journal-entry.ts';
import type { LimitChange } from './view.ts';

/** @returns undefined for what a person does not need to read */
export function groundWords(entry: Happening): string | undefined {
  switch (entry.type) {
    case 'monitor':
      return monitorWords(entry);
    case 'restored':
      return entry.problem === null
        ? undefined
        : `warning: the settings of the ${entry.side} are not as they were: ${entry.problem}`;
    case 'limits':
      return limitWords(entry);
    case 'intent':
      return INTENT_WORDS[entry.intent]?.(entry.side);
    default:
      return undefined;
  }
}

/** What a person states of them: the pauses, when it is given up, and what the passes are held to. */
export function limitWords({ limits, reason }: Pick<LimitChange, 'limits' | 'reason'>): string {
  const { downtimeMs, maxDowntimeMs, timeoutMs, bandwidthBytesPerSecond: cap } = limits;
  const pauses = `--downtime ${formatDuration(downtimeMs)}, --max-downtime ${formatDuration(maxDowntimeMs)}`;
  const end = timeoutMs === undefined ? '' : `, --timeout ${formatDuration(timeoutMs)}`;
  const capped = cap === undefined ? '' : `, passes capped at ${formatRate(cap)}`;
  return `from now on ${pauses}${end}${capped}${reason === null ? '' : ` (${reason})`}`;
}

function monitorWords({ side, state, words }: Extract<Happening, { type: 'monitor' }>): string {
  switch (state) {
    case 'lost':
      return `the way to the ${side}'s monitor is lost (${words}): trying again`;
    case 'back':
      return `the way to the ${side}'s monitor is back (${words})`;
    case 'ended':
      return `the ${side}'s hypervisor has ended (${words})`;
  }
}

/**
 * What is done to the guest against the usual course, so that a person knows of it even if nothing follows. The
 * start and `let-run` belong to every migration; a fence and its release are part of a cancel.
 */
const INTENT_WORDS: Partial<Record<Intent, (side: Side | null) => string>> = {
  cancel: () => 'cancelling the migration',
  resume: (side) => `making the guest run on the ${side}`,
  halt: (side) => `stopping the guest on the ${side}`,
};
