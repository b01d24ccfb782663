import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import os from 'node:os';

const { PRIORITY_HIGH, PRIORITY_ABOVE_NORMAL } = os.constants.priority;

/**
 * Asks the kernel to run us promptly. A migration keeps the vCPUs' and QEMU's own threads busy, and waiting
 * behind them for a time slice delays each decision by some milliseconds; we use half a second of CPU time in
 * a minute. Only root may ask; without it everything works, a little later.
 *
 * Children inherit it, and virsh, or the ssh that it starts, is not bound to be as frugal: they get what the unit of
 * `watch` gives itself (Nice=-7).
 */
export function beScheduledPromptly(): void {
  try {
    os.setPriority(PRIORITY_HIGH);
  } catch {
    // Not root: as good as it gets, and children have no more than that.
    return;
  }
  subscribe('child_process', (message) => {
    const { process: child } = message as { readonly process: ChildProcess };
    child.once('spawn', () => lower(child.pid));
  });
}

function lower(pid: number | undefined): void {
  try {
    if (pid !== undefined) os.setPriority(pid, PRIORITY_ABOVE_NORMAL);
  } catch {
    // It has ended already.
  }
}
