/** What a plan comes to, and what a start costs by it: the sentences that a person confirms. */
import type { Estimate, Plan, Rehearsal, StartRequest } from '../api-types.ts';
import { formatBytes, formatDuration, formatRate } from './format.ts';
import type { Told } from './words.ts';

const VERDICTS: Readonly<Record<Plan['verdict'], Told>> = {
  converges: { words: 'fits by itself', tone: 'good' },
  'memory-intensive': { words: 'fits, with a longer pause', tone: 'pause' },
  'not-possible': { words: 'not within the limits', tone: 'bad' },
  'not-known': { words: 'cannot be told', tone: 'plain' },
};

export function verdictOf({ verdict, findings }: Pick<Plan, 'verdict' | 'findings'>): Told {
  return findings.length > 0 ? { words: 'would be refused', tone: 'bad' } : VERDICTS[verdict];
}

/** `2.31 s (2.10 s to 2.62 s)`; one figure where they do not differ. */
export function estimateWords(
  { low, likely, high }: Estimate,
  format: (value: number) => string,
): readonly [likely: string, between: string] {
  const [from, to] = [format(low), format(high)];
  return [format(likely), from === to ? '' : `${from} to ${to}`];
}

/** What it rests on. */
export function knownByWords({ knownBy }: Pick<Plan, 'knownBy'>): string {
  const { probes, tookMs, probeRefusal, earlierPasses, earlierTransfers } = knownBy;
  const looked =
    probeRefusal !== null
      ? `it could not be looked at: ${probeRefusal}`
      : `${plural(probes.length, 'look', 'looks')} at the guest in ${formatDuration(tookMs)}`;
  return `By ${looked}, ${plural(earlierPasses, 'pass', 'passes')} of its earlier migrations and ${plural(earlierTransfers, 'transfer', 'transfers')} over this link.`;
}

function plural(count: number, one: string, many: string): string {
  return `${count === 0 ? 'no' : count} ${count === 1 ? one : many}`;
}

/** How one ends, in a word or two. */
export function endOf({ end, completes }: Pick<Rehearsal, 'end' | 'completes'>): Told {
  if (end === 'never-ends') return { words: 'never ends', tone: 'bad' };
  if (end === 'gives-up')
    return { words: completes === 'in-no-case' ? 'gives up' : 'may give up', tone: 'bad' };
  return completes === 'in-all-cases'
    ? { words: 'ends', tone: 'good' }
    : { words: 'likely ends', tone: 'pause' };
}

/** What else it takes of the guest. */
export function meansWords({ brownOut, usedMeans }: Pick<Rehearsal, 'brownOut' | 'usedMeans'>): string {
  const slowed = brownOut
    ? [`the guest slowed by ${Math.round(brownOut.percent)} % for ${formatDuration(brownOut.ms)}`]
    : [];
  return [...slowed, ...usedMeans.map((means) => MEANS[means] ?? means)].join('; ');
}

const MEANS: Readonly<Record<string, string>> = {
  'post-copy': 'by post-copy, with no way back',
  suspend: 'the guest suspended',
};

/** A way out in the words of the form. */
export function wayOutWords(option: string): string {
  const [, name = '', value] = /^--(\S+) (\S+)$/.exec(option) ?? [];
  const label = WAYS[name];
  if (label !== undefined && value !== undefined) return `${label}: ${value}`;
  return `${option.charAt(0).toUpperCase()}${option.slice(1)}`;
}

const WAYS: Readonly<Record<string, string>> = {
  'max-downtime': 'Longest pause allowed',
  timeout: 'Give up after',
  policy: 'Policy',
  'over-budget': 'If no pause fits',
};

const OVER_BUDGET: Readonly<Record<string, string>> = {
  brake: 'If no such pause is possible, the guest is slowed down for a while.',
  'post-copy':
    'If no such pause is possible, it goes on by post-copy: from there on a lost link loses the guest.',
  leave: 'If no such pause is possible, it goes on copying until someone ends it.',
  abort: 'If no such pause is possible, it is given up and the guest stays.',
};

/** @param plan of the same wish; undefined: none was made */
export function startCost(
  { maxDowntimeMs, bandwidthBytesPerSecond, overBudget }: StartRequest,
  plan: Plan | undefined,
): string[] {
  const longest =
    maxDowntimeMs === undefined
      ? plan === undefined
        ? 'as long as the service allows'
        : `up to ${formatDuration(plan.limits.maxDowntimeMs)}`
      : `up to ${formatDuration(maxDowntimeMs)}`;
  const over = overBudget === undefined ? undefined : OVER_BUDGET[overBudget];
  return [
    ...(plan?.chosen ? [expected(plan.chosen)] : []),
    `The guest may stand still once, for ${longest}, and runs on the destination after that.`,
    bandwidthBytesPerSecond === undefined
      ? 'Its memory, and all that it writes meanwhile, goes over the link as fast as that carries it.'
      : `Its memory, and all that it writes meanwhile, goes over the link at ${formatRate(bandwidthBytesPerSecond)} at most.`,
    ...(over === undefined ? [] : [over]),
    'It can be cancelled until the guest is stopped.',
  ];
}

function expected({ pauseMs, totalMs, sentBytes, reason, ...rest }: Rehearsal): string {
  if (!pauseMs || !totalMs || !sentBytes) return `It is expected not to get there: ${reason}.`;
  const means = meansWords(rest);
  const slowed = means === '' ? '' : ` It takes more than that: ${means}.`;
  return `Expected is a pause of ${formatDuration(pauseMs.likely)} after ${formatDuration(totalMs.likely)}, with ${formatBytes(sentBytes.likely)} sent.${slowed}`;
}
