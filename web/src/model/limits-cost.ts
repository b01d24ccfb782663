/** What other limits mean for a migration that runs: the sentence that a person confirms. */
import type { LimitsRequest, MigrationSummary } from '../api-types.ts';
import { formatDuration, formatRate } from './format.ts';

type Known = Pick<
  MigrationSummary,
  | 'vm'
  | 'downtimeMs'
  | 'maxDowntimeMs'
  | 'forecastPauseMs'
  | 'bandwidthBytesPerSecond'
  | 'dirtyBytesPerSecond'
>;

/** @returns none where nothing would change */
export function costOf(now: Known, wish: LimitsRequest): string[] {
  const sentences: string[] = [];
  const { vm, forecastPauseMs } = now;
  const longestMs = wish.maxDowntimeMs ?? now.maxDowntimeMs;
  if (wish.maxDowntimeMs !== undefined && wish.maxDowntimeMs !== now.maxDowntimeMs) {
    const than = wish.maxDowntimeMs > now.maxDowntimeMs ? 'longer' : 'shorter';
    sentences.push(
      `${vm} may stand still for up to ${formatDuration(longestMs)}, ${than} than the ${formatDuration(now.maxDowntimeMs)} of now.`,
    );
    if (forecastPauseMs !== null)
      sentences.push(
        forecastPauseMs <= longestMs
          ? `The pause forecast at the last pass, ${formatDuration(forecastPauseMs)}, fits: it may switch over at the next one.`
          : `The pause forecast at the last pass, ${formatDuration(forecastPauseMs)}, does not fit: it goes on copying, or ends as its policy says.`,
      );
  }
  if (wish.downtimeMs !== undefined && wish.downtimeMs !== now.downtimeMs)
    sentences.push(
      `A pause of up to ${formatDuration(wish.downtimeMs)} is taken at once, without a further pass.`,
    );
  const { bandwidthBytesPerSecond: cap } = wish;
  if (cap !== undefined && cap !== now.bandwidthBytesPerSecond) sentences.push(...ofCap(cap, now));
  return sentences;
}

function ofCap(cap: number | null, { vm, dirtyBytesPerSecond: dirtied }: Known): string[] {
  if (cap === null) return ['Its passes take what the link has. The last step always does.'];
  const slow = `Its passes are held to ${formatRate(cap)} from now on; the last step is not.`;
  return dirtied !== null && dirtied >= cap
    ? [slow, `${vm} writes ${formatRate(dirtied)}, which is more: passes will not become shorter.`]
    : [slow];
}
