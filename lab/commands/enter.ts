import { chooseLab } from '../kept-lab.ts';
import { follow } from '../kvm/follow.ts';
import { keptKvmHost } from '../kvm/kept-kvm-lab.ts';

/** A shell on the KVM host of a lab, or one command there; its exit status is ours. */
export async function enter([id, ...command]: readonly string[]): Promise<number> {
  return await follow(keptKvmHost(chooseLab(id)), command);
}
