/**
 * What runs the lab's guests: QEMU's own emulation, as on any machine, or KVM. The environment says so, because it
 * is a fact of the host that the lab is on: `kvm/` makes such hosts, and everything that runs in one finds it set.
 */
export const ACCELERATOR_VARIABLE = 'SWITCHOVER_LAB_ACCELERATOR';

export type Accelerator = 'kvm' | 'tcg';

/** @throws {Error} when the variable holds anything else */
export function labAccelerator(text = process.env[ACCELERATOR_VARIABLE] ?? 'tcg'): Accelerator {
  if (text === 'kvm' || text === 'tcg') return text;
  throw new Error(`${ACCELERATOR_VARIABLE}=${text}: the lab's guests run on kvm or on tcg`);
}
