/**
 * How long the lab waits before it takes something for hung. On an emulated KVM host a second of work takes many, and
 * a host that shares its cores with others may take many more.
 */
import { labAccelerator } from './accelerator.ts';

const TIMES_ON_KVM_HOST = 10;

/** @param timeoutMs enough on a machine of one's own */
export function patient(timeoutMs: number): number {
  return labAccelerator() === 'kvm' ? TIMES_ON_KVM_HOST * timeoutMs : timeoutMs;
}
