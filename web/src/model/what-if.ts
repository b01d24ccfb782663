/**
 * What other policies, or other limits, would have done with what was seen of one migration. The record holds until a policy acts
 * otherwise than what was done: what would have come after that nobody saw. Where it stops the guest, what was dirty then is
 * all that is left to send, so its end can be told.
 */
import type { MigrationSummary, Outlook } from '../api-types.ts';
import { formatDuration, formatElapsed } from './format.ts';
import type { Told } from './words.ts';

/** Those that somebody knows by name. */
export const COMPARED = [
  'forecast',
  'mp',
  'relaxed',
  'stock',
  'nova',
  'proxmox',
  'ovirt-minimal-downtime',
  'kubevirt',
] as const;

export interface Alternative {
  readonly policy: string;
  /** It is the one under which it ran. */
  readonly isOwn: boolean;
  readonly told: Told;
  /** The pass at whose end it would have acted; undefined: it would not. */
  readonly pass: number | undefined;
  /** When it would have acted, or until when it was followed. */
  readonly atMs: number;
  /** Of a switchover then; undefined: it would have done something else. */
  readonly pauseMs: number | undefined;
  /** When the guest would have run on the destination. */
  readonly totalMs: number | undefined;
  readonly sentBytes: number;
  readonly sentence: string;
  /** The policy's own words for it. */
  readonly reason: string;
}

const VERDICTS: Readonly<Record<string, Told>> = {
  switchover: { words: 'switches over', tone: 'pause' },
  fits: { words: 'switches over', tone: 'pause' },
  throttle: { words: 'brakes', tone: 'brake' },
  suspend: { words: 'suspends', tone: 'pause' },
  'post-copy': { words: 'post-copy', tone: 'pause' },
  abort: { words: 'gives up', tone: 'bad' },
  undecided: { words: 'goes on', tone: 'moving' },
};

/** The one under which it ran first, then those that would have ended, the earliest first. */
export function alternativesOf(
  outlooks: readonly Outlook[],
  { policy }: Pick<MigrationSummary, 'policy'>,
): Alternative[] {
  const all = outlooks.map((each) => alternativeOf(each, policy));
  const rank = ({ isOwn, totalMs }: Alternative) => (isOwn ? -1 : (totalMs ?? Number.POSITIVE_INFINITY));
  return all.sort((a, b) => Number(rank(a) > rank(b)) - Number(rank(a) < rank(b)));
}

function alternativeOf(outlook: Outlook, ranUnder: string): Alternative {
  const { policy, verdict, pass, atMs, remainingBytes, sentBytes, pauseForecastMs, reason } = outlook;
  const stops = verdict === 'switchover' || verdict === 'fits';
  return {
    ...{ policy, atMs, reason, isOwn: policy === ranUnder },
    told: VERDICTS[verdict] ?? { words: verdict, tone: 'plain' },
    pass: verdict === 'undecided' ? undefined : pass,
    pauseMs: stops ? pauseForecastMs : undefined,
    totalMs: stops && pauseForecastMs !== undefined ? atMs + pauseForecastMs : undefined,
    sentBytes: stops ? sentBytes + remainingBytes : sentBytes,
    sentence: sentenceOf(outlook),
  };
}

function sentenceOf({ policy, verdict, pass, atMs, pauseForecastMs }: Outlook): string {
  const when = `after ${formatElapsed(atMs)}, in pass ${pass}`;
  const pause = pauseForecastMs === undefined ? '' : `, with a pause of ${formatDuration(pauseForecastMs)}`;
  switch (verdict) {
    case 'switchover':
      return `${policy} would have switched over ${when}${pause}.`;
    case 'fits':
      return `Under ${policy} QEMU would have stopped the guest by itself ${when}${pause}.`;
    case 'throttle':
      return `${policy} would have braked the guest ${when}.`;
    case 'suspend':
      return `${policy} would have suspended the guest ${when}.`;
    case 'post-copy':
      return `${policy} would have gone on by post-copy ${when}.`;
    case 'abort':
      return `${policy} would have given up ${when}.`;
    default:
      return `${policy} would have gone on for as long as the record goes, ${formatElapsed(atMs)}.`;
  }
}

/** What sets the best of them apart from what was, in a sentence; undefined where nothing does. */
export function comparisonWords(
  alternatives: readonly Alternative[],
  of: Pick<MigrationSummary, 'pauseMs' | 'elapsedMs' | 'outcome'>,
): string | undefined {
  if (of.outcome !== 'completed' || of.pauseMs === null) return undefined;
  const { pauseMs, elapsedMs } = of;
  const better = alternatives.filter(
    ({ isOwn, pauseMs: pause, totalMs }) =>
      !isOwn &&
      pause !== undefined &&
      totalMs !== undefined &&
      pause < 0.9 * pauseMs &&
      totalMs < 1.1 * elapsedMs,
  );
  if (better.length > 0)
    return `A shorter pause in no more time: ${better.map(({ policy }) => policy).join(', ')}.`;
  const never = alternatives.filter(({ isOwn, totalMs }) => !isOwn && totalMs === undefined).length;
  return never === 0
    ? 'None of them would have made a clearly shorter pause in the same time.'
    : `None of them would have made a clearly shorter pause in the same time; ${never} of ${alternatives.length} would not have stopped the guest within it.`;
}
