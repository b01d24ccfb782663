/** What a migration would be like with its pages compressed: it carries memory faster, and what it sends is less. */
import { type Compressing, gainOn } from '../model/compression.ts';
import { times } from '../model/interval.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';
import { onLineOf, type Rehearsal, type Rehearsed, rehearse } from './rehearse.ts';

export async function rehearseCompressed(
  kind: PolicyKind,
  limits: Limits,
  on: Rehearsed,
  way: Compressing,
): Promise<Rehearsal> {
  const { lineRateBytesPerSecond: stated, bandwidthBytesPerSecond: cap } = limits;
  const factor = gainOn(on.prospects.payloadRate.middle, way);
  const faster = {
    ...limits,
    lineRateBytesPerSecond: stated && stated * factor,
    bandwidthBytesPerSecond: cap && cap * Math.min(1 / way.left, way.bytesPerSecond / cap),
  };
  const rehearsal = await rehearse(kind, faster, onLineOf(on, factor));
  const { figures } = rehearsal;
  return figures
    ? { ...rehearsal, figures: { ...figures, sentBytes: times(figures.sentBytes, way.left) } }
    : rehearsal;
}
