import os from 'node:os';

/**
 * Asks the kernel to run us promptly. A migration keeps the vCPUs' and QEMU's own threads busy, and waiting
 * behind them for a time slice delays each decision by some milliseconds; we use half a second of CPU time in
 * a minute. Only root may ask; without it everything works, a little later.
 */
export function beScheduledPromptly(): void {
  try {
    os.setPriority(os.constants.priority.PRIORITY_HIGH);
  } catch {
    // Not root: as good as it gets.
  }
}
