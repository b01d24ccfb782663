import { TooLateError } from '../hypervisor.ts';
import type { QmpClient } from './qmp/client.ts';
import { QmpClosedError } from './qmp/errors.ts';

/**
 * Keeps a destination that is still receiving from ever starting the guest by itself.
 *
 * Without this a cancel could leave the guest running on both sides: QEMU answers a command that came just
 * before the switchover only after it, when the destination may have everything and be starting, and then
 * resumes the source all the same. `stop` on a QEMU that is receiving clears its `autostart` (monitor/qmp-cmds.c,
 * qmp_stop), and `inmigrate` as the answer to `query-status` proves that we were in time.
 *
 * @returns how it is kept: told to, or because its process has ended
 * @throws {TooLateError} when the destination already has the whole guest: it is told to run it
 */
export async function fence(destination: QmpClient): Promise<'fenced' | 'gone'> {
  try {
    await destination.execute('stop', undefined, { timeoutMs: 2000 });
    const { status } = await destination.execute('query-status', undefined, { timeoutMs: 2000 });
    if (status === 'inmigrate') return 'fenced';
  } catch (error) {
    if (error instanceof QmpClosedError) return 'gone';
    throw new TooLateError(
      `the destination could not be kept from starting the guest (${(error as Error).message})`,
      { cause: error },
    );
  }
  await destination.execute('cont', undefined, { timeoutMs: 2000 });
  throw new TooLateError('the destination has the whole guest already');
}
