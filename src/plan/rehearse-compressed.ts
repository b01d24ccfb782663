/** What a migration would be like with its pages compressed: a page costs less of the line's time, and what it sends is less. */
import { type Compressing, priceOn } from '../model/compression.ts';
import { times } from '../model/interval.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';
import { type Rehearsal, type Rehearsed, rehearse } from './rehearse.ts';

export async function rehearseCompressed(
  kind: PolicyKind,
  limits: Limits,
  on: Rehearsed,
  { left, writtenLeft, bytesPerSecond }: Compressing,
): Promise<Rehearsal> {
  const { payloadRate } = on.prospects;
  const line = Math.min(payloadRate.middle, limits.bandwidthBytesPerSecond ?? payloadRate.middle);
  const priceOf = (share: number) => priceOn(line, share, bytesPerSecond);
  const { low, middle, high } = writtenLeft;
  const prices = {
    held: priceOf(left),
    written: { low: priceOf(low), middle: priceOf(middle), high: priceOf(high) },
  };
  const rehearsal = await rehearse(kind, limits, { ...on, prices });
  const { figures } = rehearsal;
  // Where the processors hold it up the line idles: that costs time, and no bytes.
  return figures
    ? { ...rehearsal, figures: { ...figures, sentBytes: times(figures.sentBytes, left / prices.held) } }
    : rehearsal;
}
