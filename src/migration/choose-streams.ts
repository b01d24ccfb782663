/** `--compress auto`: decided before the start, from the guest's pages, the link and what is free of the processors. */
import os from 'node:os';
import type { CheckOptions, Destination, GuestFacts, Hypervisor } from '../hypervisor/hypervisor.ts';
import { lineRate, RateEstimate } from '../model/bandwidth.ts';
import { type CompressionChoice, chooseCompression } from '../model/compression.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import type { AutoStreams, Streams } from '../model/streams.ts';
import type { Limits } from '../policy/policy.ts';

export function isAuto(streams: Streams | AutoStreams | undefined): streams is AutoStreams {
  return streams?.compression === 'auto';
}

export interface StreamsWish {
  readonly auto: AutoStreams;
  readonly vm: string;
  readonly destination: Destination;
  readonly checks: CheckOptions;
  readonly limits: Limits;
  /** What earlier migrations left; undefined: it was not asked for. */
  readonly known: Foreknowledge | undefined;
}

/** What is lacking for compressing forbids nothing where nobody insists on it. */
export async function chooseStreams(
  hypervisor: Hypervisor,
  guest: GuestFacts,
  { auto, vm, destination, checks, limits, known }: StreamsWish,
  freeProcessors = freeProcessorsHere(),
): Promise<CompressionChoice> {
  const choice = chooseCompression({
    sample: await hypervisor.samplePages?.(guest),
    lineBytesPerSecond: lineOf(limits, known),
    capBytesPerSecond: limits.bandwidthBytesPerSecond,
    freeProcessors,
    connections: auto.connections,
  });
  const { streams } = choice;
  if (!streams) return { ...choice, streams: auto.otherwise };
  const { findings } = await hypervisor.check(vm, destination, { ...checks, streams });
  const [lacking] = findings;
  return lacking ? { ...choice, streams: auto.otherwise, why: `not compressed: ${lacking.message}` } : choice;
}

/** Where only passes under a cap are known the line may be faster by any factor. */
function lineOf(
  { lineRateBytesPerSecond: stated, bandwidthBytesPerSecond: cap }: Limits,
  known: Foreknowledge | undefined,
): number | undefined {
  const passes = RateEstimate.of(known?.passTransfers ?? []);
  const switchovers = RateEstimate.of(known?.switchoverTransfers ?? []);
  const found = lineRate({ stated, cap, passes, switchovers });
  return found === undefined || found.source === 'capped-passes' ? undefined : found.bytesPerSecond.middle;
}

/** Beside what ran in the last minute, the guest's own processors among it: they run on. */
export function freeProcessorsHere(): number {
  const [lastMinute = 0] = os.loadavg();
  return Math.max(0, os.availableParallelism() - lastMinute);
}
