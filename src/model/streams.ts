/** How the memory is put on the wire: over several connections at once, each of which may compress (QEMU's multifd). */

export const COMPRESSIONS = ['none', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

export interface Streams {
  readonly connections: number;
  readonly compression: Compression;
}

/** What to do is decided before the start, see `compression.ts`. */
export interface AutoStreams {
  /** Undefined: as many as are worth it. */
  readonly connections: number | undefined;
  readonly compression: 'auto';
  /** Where compressing is not worth it; undefined: one connection. */
  readonly otherwise: Streams | undefined;
}

export function compresses(streams: Streams | null | undefined): boolean {
  return (streams?.compression ?? 'none') !== 'none';
}
