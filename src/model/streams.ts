/** How the memory is put on the wire: over several connections at once, each of which may compress (QEMU's multifd). */

export const COMPRESSIONS = ['none', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

export interface Streams {
  readonly connections: number;
  readonly compression: Compression;
}

export function compresses(streams: Streams | null | undefined): boolean {
  return (streams?.compression ?? 'none') !== 'none';
}
