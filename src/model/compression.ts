/** Whether to compress a migration's pages, from a sample of them, the link and the processors that are free. Pure. */

import type { Estimate } from './interval.ts';
import type { Streams } from './streams.ts';
import { formatBytes, formatRate } from './units.ts';

/** Pages of a guest that were compressed to see what becomes of them. Pages of zeros are left out: they cost nothing anyway. */
export interface PageSample {
  readonly bytes: number;
  readonly compressedBytes: number;
  /** What is left of each byte of those that changed while they were looked at; undefined: too few did to tell. */
  readonly writtenLeft: number | undefined;
  /** What one processor compresses in a second. */
  readonly bytesPerSecond: number;
}

export interface CompressionQuestion {
  /** Undefined: the guest's pages cannot be read from here. */
  readonly sample: PageSample | undefined;
  /** As the user states it, or earlier migrations met it; undefined: not known. */
  readonly lineBytesPerSecond: number | undefined;
  /** `max-bandwidth` of the passes; undefined: none. */
  readonly capBytesPerSecond: number | undefined;
  /** Of the source's host. */
  readonly freeProcessors: number;
  /** As the user wants it; undefined: as many as processors are free. */
  readonly connections: number | undefined;
}

/** What compressing makes of some pages. */
export interface CompressedPages {
  /** Of each byte. */
  readonly left: number;
  /** What the processors compress in a second, on all connections. */
  readonly bytesPerSecond: number;
}

/** What a host makes of a guest's pages. */
export interface Compressing {
  readonly connections: number;
  /** What is left of each byte of memory. */
  readonly left: number;
  /** The same of what the guest writes, which is what a stop-and-copy moves. */
  readonly writtenLeft: Estimate;
  /** Of memory, on all connections together. */
  readonly bytesPerSecond: number;
}

/** @param wanted connections; undefined: as many as processors are free */
export function compressing(
  { bytes, compressedBytes, writtenLeft, bytesPerSecond }: PageSample,
  freeProcessors: number,
  wanted?: number,
): Compressing {
  const connections =
    wanted ?? Math.min(MOST_CONNECTIONS, Math.max(FEWEST_CONNECTIONS, Math.floor(freeProcessors)));
  const processors = Math.max(1, Math.min(connections, freeProcessors));
  const left = compressedBytes / bytes;
  return {
    ...{ connections, left, bytesPerSecond: processors * bytesPerSecond },
    writtenLeft:
      writtenLeft === undefined
        ? { low: left, middle: left, high: Math.max(1, left) }
        : around(writtenLeft, SAMPLE_SPREAD),
  };
}

function around(middle: number, share: number): Estimate {
  return { low: middle * (1 - share), middle, high: Math.min(Math.max(1, middle), middle * (1 + share)) };
}

/**
 * What a byte of memory takes of the line's time, for each byte that the line carries: what is left of it, or more where
 * the processors are slower than that.
 */
export function priceOn(lineBytesPerSecond: number, left: number, bytesPerSecond: number): number {
  return Math.max(left, lineBytesPerSecond / bytesPerSecond);
}

export interface CompressionChoice {
  /** Undefined: not compressed. */
  readonly streams: Streams | undefined;
  /** What becomes of the pages that the guest writes; undefined: too few were seen. */
  readonly written: CompressedPages | undefined;
  /** A sentence. */
  readonly why: string;
}

/** 10 Gbit/s. Where the link is not known, it is taken to be fast: compressing then has to keep up with that. */
export const ASSUMED_LINE_BYTES_PER_SECOND = 1.25e9;

/** A few hundred pages stand for all that are written: so much off, as a fraction. */
const SAMPLE_SPREAD = 0.15;

/** Processor time on both hosts is worth something: it has to be faster by this factor. */
const WORTH_IT = 1.15;

const FEWEST_CONNECTIONS = 2;
const MOST_CONNECTIONS = 8;

/**
 * Compressed is what moves more of the guest's memory in a second, all of it or what it writes: what the line carries of it, or
 * what the processors do.
 */
export function chooseCompression(question: CompressionQuestion): CompressionChoice {
  const { sample, lineBytesPerSecond, capBytesPerSecond: cap, freeProcessors } = question;
  if (!sample)
    return {
      ...{ streams: undefined, written: undefined },
      why: "not compressed: the guest's pages cannot be read from here; --compress zstd compresses all the same",
    };
  const line = Math.min(lineBytesPerSecond ?? ASSUMED_LINE_BYTES_PER_SECOND, cap ?? Number.POSITIVE_INFINITY);
  const way = compressing(sample, freeProcessors, question.connections);
  const known =
    lineBytesPerSecond === undefined && cap === undefined ? ', as is assumed (--line-rate states it)' : '';
  const facts =
    `a sample of ${formatBytes(sample.bytes)} of its memory compresses to ${percent(way.left)}, ` +
    (sample.writtenLeft === undefined ? '' : `what it writes of that to ${percent(sample.writtenLeft)}, `) +
    `at ${formatRate(way.bytesPerSecond)} on what is free of the processors, and the line carries ${formatRate(line)}${known}`;
  const left = Math.min(way.left, way.writtenLeft.middle);
  const { writtenLeft } = sample;
  const written =
    writtenLeft === undefined ? undefined : { left: writtenLeft, bytesPerSecond: way.bytesPerSecond };
  return priceOn(line, left, way.bytesPerSecond) * WORTH_IT <= 1
    ? {
        ...{ streams: { connections: way.connections, compression: 'zstd' }, written },
        why: `compressed with zstd: ${facts}`,
      }
    : { streams: undefined, written, why: `not compressed: ${facts}` };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
