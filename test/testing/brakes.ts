/** What a brake does to a guest, asked of the kernel and of the guest. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { GuestStatus } from '../../lab/guest/answers.ts';

/** The control groups that a QEMU's threads have from us, by the kernel's word. */
export function groupsOf({ pid }: { readonly pid: number }): string[] {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder).flatMap((thread) =>
    [
      ...readFileSync(path.join(folder, thread, 'cgroup'), 'utf8').matchAll(/switchover-brake-[a-z]*-?\d+/g),
    ].map(([name]) => name),
  );
}

/** Pages that the guest writes in a second, by its own count and clock. */
export async function paceOf(guest: { status(): Promise<GuestStatus> }): Promise<number> {
  const before = await guest.status();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const after = await guest.status();
  return ((after.writes - before.writes) / (after.uptimeMs - before.uptimeMs)) * 1000;
}
