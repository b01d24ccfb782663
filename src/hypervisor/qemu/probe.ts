import type { Clock } from '../clock.ts';
import { type DirtyRateProbe, RefusedError } from '../hypervisor.ts';
import { featuresOf } from '../qemu-rules/features.ts';
import type { QmpClient } from './qmp/client.ts';

/** Pages sampled per GiB: QEMU's finest, 16384, costs a second of CPU on a large guest; this errs by a few per cent. */
const SAMPLED_PAGES_PER_GIB = 4096;

const ASK_AGAIN_MS = 20;
/** QEMU hashes its samples twice, beside whatever else it does; one that takes longer measures nothing. */
const OVERDUE_MS = 10_000;

/**
 * By page sampling only, which QEMU does beside a migration too: `dirty-bitmap` crashes QEMU 7.2 under TCG and
 * reads 0 on 10.0 there.
 * @throws {QmpError}
 * @throws {RefusedError} when QEMU does not come to an end of measuring, or to a figure
 */
export async function probeBySampling(
  client: QmpClient,
  durationMs: number,
  clock: Clock,
): Promise<DirtyRateProbe> {
  const inMilliseconds = featuresOf(client.version).dirtyRateInMilliseconds;
  const askedMs = inMilliseconds
    ? Math.max(50, Math.round(durationMs))
    : Math.max(1, Math.round(durationMs / 1000)) * 1000;
  await client.execute('calc-dirty-rate', {
    ...(inMilliseconds
      ? { 'calc-time': askedMs, 'calc-time-unit': 'millisecond' }
      : { 'calc-time': askedMs / 1000 }),
    mode: 'page-sampling',
    'sample-pages': SAMPLED_PAGES_PER_GIB,
  });
  await clock.sleep(askedMs - ASK_AGAIN_MS);
  const untilMs = clock.now() + OVERDUE_MS;
  while (clock.now() < untilMs) {
    await clock.sleep(ASK_AGAIN_MS);
    const measured = await client.execute('query-dirty-rate');
    if (measured.status !== 'measured') continue;
    const { 'dirty-rate': rateMiB = -1 } = measured;
    if (rateMiB < 0)
      throw new RefusedError(
        'hypervisor-refused',
        'QEMU could not measure how fast its guest dirties memory',
      );
    return { durationMs: askedMs, dirtyRateBytesPerSecond: rateMiB * 2 ** 20 };
  }
  throw new RefusedError(
    'hypervisor-refused',
    `QEMU did not tell how fast its guest dirties memory, ${OVERDUE_MS / 1000} s after the ${askedMs} ms in which it was to measure`,
  );
}
