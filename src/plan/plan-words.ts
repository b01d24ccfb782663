/** What a plan comes to, in sentences. */
import type { Estimate } from '../model/interval.ts';
import { formatBytes, formatDuration, spellDuration, spellRate } from '../model/units.ts';
import type { Limits } from '../policy/policy.ts';
import type { Plan } from './plan.ts';
import type { Figures, Means, Rehearsal } from './rehearse.ts';
import type { WayOut } from './ways-out.ts';

const MISSING = {
  link: 'how long it takes cannot be told: nothing is known of the link. State its rate, like --line-rate 10gbit, or name a destination to which an earlier migration went',
  guest: 'how long it takes cannot be told: nothing is known of how the guest uses its memory',
};

/** The verdict, with its figures. */
export function verdictSentence(plan: Plan, limits: Limits): string {
  const { verdict, chosen, missing } = plan;
  if (!chosen) return MISSING[missing ?? 'guest'];
  const doubt = doubtOf(chosen, verdict === 'not-possible');
  if (!chosen.figures) return `not possible within ${boundOf(plan, chosen, limits)}${doubt}`;
  const words = [figuresInWords(chosen.figures), ...costsOf(chosen)].join('; ');
  return `${verdict === 'converges' ? 'it converges by itself' : 'memory-intensive'}: ${words}${doubt}`;
}

function costsOf(rehearsal: Rehearsal): string[] {
  const slowed = slowedDown(rehearsal);
  return [
    ...(slowed ? [`the guest ${slowed}`] : []),
    ...rehearsal.usedMeans.map((means) => meansInWords(means, rehearsal)),
  ];
}

function meansInWords(means: Means, { figures }: Rehearsal): string {
  if (means === 'suspend') return 'by suspending the guest';
  const remote = figures?.remotePagesMs;
  const time = remote ? `for about ${around(remote, formatDuration)} ` : '';
  return `by post-copy: the guest then runs ${time}on memory that is still on its way, and is lost if either host or the link is`;
}

/** `post-copy, 2.3 s on remote pages`. */
export function meansInShort({ usedMeans, figures }: Rehearsal): string[] {
  const remote = figures?.remotePagesMs;
  return usedMeans.flatMap((means) =>
    means === 'post-copy' && remote ? [means, `${formatDuration(remote.middle)} on remote pages`] : [means],
  );
}

/** `slowed by 99 % for 2.9 s`; undefined where it is not. */
export function slowedDown({ brownOut }: Rehearsal): string | undefined {
  return brownOut && `slowed by ${Math.round(brownOut.percent)} % for ${formatDuration(brownOut.ms)}`;
}

function doubtOf({ completes }: Rehearsal, impossible: boolean): string {
  if (completes !== 'in-some-cases') return '';
  return impossible
    ? '; in the most favourable case it is'
    : '; in the least favourable case it is not possible within the limits';
}

function boundOf(
  { waysOut }: Plan,
  { end, neededPauseMs: leastMs }: Rehearsal,
  { maxDowntimeMs, timeoutMs, downtimeMs }: Limits,
): string {
  const longer = waysOut.find(({ change }) => change.option === 'max-downtime')?.rehearsal.figures;
  // A policy that gives up early knows the least that is needed, which is not what it would come to.
  const neededPauseMs = leastMs === undefined ? undefined : (longer?.pauseMs.middle ?? leastMs);
  if (end === 'never-ends') return `--downtime ${spellDuration(downtimeMs)}: it would go on for ever`;
  if (neededPauseMs !== undefined)
    return `--max-downtime ${spellDuration(maxDowntimeMs)}: a pause of about ${formatDuration(neededPauseMs)} is needed`;
  return timeoutMs === undefined
    ? `--max-downtime ${spellDuration(maxDowntimeMs)}`
    : `--timeout ${spellDuration(timeoutMs)}`;
}

function figuresInWords({ pauseMs, totalMs, sentBytes }: Figures): string {
  return [
    `a pause of about ${around(pauseMs, formatDuration)}`,
    `total ${around(totalMs, formatDuration)}`,
    `${formatBytes(sentBytes.middle)} sent`,
  ].join(', ');
}

/** `2.4 s (2.2 s to 2.7 s)`. */
export function around({ low, middle, high }: Estimate, format: (value: number) => string): string {
  return `${format(middle)} (${format(low)} to ${format(high)})`;
}

/** As it would be written on the command line, or done. */
export function changeInWords({ change }: WayOut): string {
  switch (change.option) {
    case 'max-downtime':
    case 'timeout':
      return `--${change.option} ${spellDuration(change.value)}`;
    case 'policy':
    case 'over-budget':
      return `--${change.option} ${change.value}`;
    case 'bandwidth':
      return 'no --bandwidth';
    case 'line':
      return `a line of ${spellRate(change.value)}`;
  }
}

export function wayOutInWords(way: WayOut): string {
  const { figures, reason } = way.rehearsal;
  return [figures ? figuresInWords(figures) : reason, ...costsOf(way.rehearsal)].join('; ');
}
