import { showBytes } from '../src/hypervisor/qemu/qmp/show-bytes.ts';

/** Longer ones are in their file. */
const MOST_SHOWN_BYTES = 400;

/** Printable, as it may be pasted into a test. */
export function showInput(input: Buffer): string {
  return showBytes(input, MOST_SHOWN_BYTES);
}
