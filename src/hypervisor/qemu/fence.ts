/**
 * Keeps a destination that is still receiving from ever starting the guest by itself.
 *
 * `stop` on a QEMU that is receiving clears its `autostart` (monitor/qmp-cmds.c, qmp_stop), and `inmigrate` as the
 * answer to `query-status` proves that we were in time: from then on only a `cont` lets it run the guest. It is not
 * undone by a `cont` while it receives: before it looks at the run state, qmp_cont takes the disks over
 * (bdrv_activate_all), which the source still holds.
 */
import { TooLateError } from '../hypervisor.ts';
import type { LastingMonitor } from './lasting-monitor.ts';

const PATIENCE_MS = 2000;

/**
 * @param sourceCannotRun whether the source was seen unable to run the guest: only then is one that ran here let run again
 * @returns how it is kept: told to, or because its process is proved dead
 * @throws {TooLateError} when it already has the whole guest, which runs there, or is made to again
 * @throws {Error} when it could not be told, or what it did is not known
 */
export async function fence(
  destination: LastingMonitor,
  sourceCannotRun: () => Promise<boolean>,
): Promise<'fenced' | 'ended'> {
  if (destination.state.kind === 'ended') return 'ended';
  const { client } = destination;
  let ran = false;
  client?.onEvent('RESUME', () => {
    ran = true;
  });
  const before = await statusOf(destination);
  if (before === 'running') throw new TooLateError('the destination has the whole guest already');
  // Whatever else is paused there was paused by somebody, and is not ours to let run.
  if (before !== 'inmigrate')
    throw new TooLateError(`the destination does not wait for memory any more: it is ${before}`);
  await destination.execute('stop', undefined, { timeoutMs: PATIENCE_MS });
  const after = await statusOf(destination);
  if (after === 'inmigrate') return 'fenced';
  // It came to have everything between the two questions. QEMU tells of a guest that it starts before it answers our
  // `stop`, over the same connection: without a RESUME it was the `stop` that came first, and the guest never ran.
  if (destination.client !== client)
    throw new Error(
      'the way to the destination was lost while it was told to wait: it may have run the guest',
    );
  if (!ran) return 'fenced';
  // Its stream may have broken just then, and a source whose stream breaks goes on by itself.
  if (!(await sourceCannotRun()))
    throw new Error(
      'the destination was told to wait after it had begun to run the guest, and stays stopped: the source was not seen unable to run it',
    );
  await destination.execute('cont', undefined, { timeoutMs: PATIENCE_MS });
  throw new TooLateError('the destination has the whole guest already');
}

async function statusOf(destination: LastingMonitor): Promise<string> {
  return (await destination.execute('query-status', undefined, { timeoutMs: PATIENCE_MS })).status;
}
