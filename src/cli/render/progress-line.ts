/** The one line that is rewritten in place on a terminal while a migration runs. Pure: a view in, text out. */

import type { MigrationView } from '../../journal/view.ts';
import { isBraked } from '../../model/braking.ts';
import { formatBytes, formatDuration, formatRate } from '../../model/units.ts';

const BAR_CELLS = 20;

/** @param columns the terminal's width; the line never wraps */
export function progressLine(view: MigrationView, columns: number): string {
  return describe(view).slice(0, Math.max(0, columns - 1));
}

function describe(view: MigrationView): string {
  if (view.state === 'stopped') return 'the guest is stopped, sending the rest …';
  if (view.state === 'post-copy') return 'the guest runs on the destination, its memory follows …';
  if (view.state === 'cancelling') return 'cancelling …';
  if (view.state === 'arrived' || view.state === 'settling') return 'making sure which side runs the guest …';
  const tick = view.lastTick;
  if (!tick) return 'starting …';
  const began = view.boundaries.at(-1);
  // What this pass had to send when it began; without a boundary yet, all of the guest.
  const due = Math.max(began?.remainingBytes ?? tick.totalBytes, tick.remainingBytes, 1);
  // Never 100 before the end: the next sync will find more.
  const percent = Math.min(99, Math.floor((1 - tick.remainingBytes / due) * 100));
  const filled = Math.round((percent / 100) * BAR_CELLS);
  const seconds = began ? Math.max(0.001, (tick.atMs - began.atMs) / 1000) : 0;
  const rate =
    began && seconds > 0.2 ? ` at ${formatRate((tick.sentBytes - began.sentBytes) / seconds)}` : '';
  const braked = isBraked(tick.throttlePercent) ? `the guest is braked by ${tick.throttlePercent} %  ` : '';
  return `${braked}pass ${tick.pass} [${'='.repeat(filled).padEnd(BAR_CELLS, ' ')}] ${percent} %  left ${formatBytes(tick.remainingBytes)}${rate}  ${formatDuration(tick.atMs)}`;
}
