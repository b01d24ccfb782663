/** What the labs in a KVM host need and could not get there: it has no network, and cannot write to the real cache. */
import { guestImage } from '../guest/image.ts';
import type { WorkloadKind } from '../guest/workload.ts';
import { libvirtdProgram } from '../libvirt/libvirtd-program.ts';
import { oldQemu } from '../old-qemu.ts';

export async function prefetchForGuest(kind: WorkloadKind, libvirt: boolean): Promise<void> {
  await guestImage(kind);
  if (libvirt) await libvirtdProgram();
}

/** For any of the lab's tests, but for those of applications. */
export async function prefetchForTests(): Promise<void> {
  await prefetchForGuest('loop', true);
  await oldQemu();
}
