/**
 * What a byte on the wire carries of the guest's memory. Pages that are compressed on their way cost less than they hold, and
 * how much less is the guest's content's doing: it is learned from what was sent. A rate that is known of the wire alone (what
 * the user states, what earlier migrations met) moves that many times as much memory.
 */

/** Below this it is headers, and not compression. */
const COMPRESSED = 1.05;

/** QEMU counts a page when it hands it to a connection, a packet of 512 KiB before it is on the wire: less than this says nothing. */
const TELLING_BYTES = 4 * 2 ** 20;

/** @returns bytes of guest memory for each byte sent; exactly 1 where pages are sent as they are */
export function perWireByte(carriedBytes: number, sentBytes: number): number {
  if (!(carriedBytes >= TELLING_BYTES && sentBytes > 0)) return 1;
  const price = carriedBytes / sentBytes;
  return price > COMPRESSED ? price : 1;
}
