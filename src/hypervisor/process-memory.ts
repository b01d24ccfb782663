/** The guest's memory is one mapping, and the kernel may have joined a neighbour's pages to it. */
export const JOINED_BYTES = 64 * 2 ** 20;

/**
 * What QEMU's process holds in memory beside the guest's: its code, heap and devices, and without KVM the code that it
 * has translated (44 MB at most in the lab, of 105). An estimate, and of a large guest a small part.
 */
const QEMUS_OWN_BYTES = { kvm: 60e6, tcg: 105e6 };

/** @returns about how much of the guest's memory a QEMU of that resident size holds, in bytes */
export function guestsShareOf(
  processBytes: number,
  memoryBytes: number,
  accelerator: keyof typeof QEMUS_OWN_BYTES,
): number {
  return Math.min(memoryBytes, Math.max(0, processBytes - QEMUS_OWN_BYTES[accelerator]));
}
