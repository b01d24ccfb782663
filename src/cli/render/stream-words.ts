import type { Streams } from '../../model/streams.ts';

/** `over 2 connections, compressed with zstd` */
export function streamWords({ connections, compression }: Streams): string {
  const over = `over ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
  return compression === 'none' ? over : `${over}, compressed with ${compression}`;
}
