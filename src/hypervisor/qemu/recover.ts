/**
 * Post-copy whose stream is lost goes on over a new one (docs/devel/migration/postcopy.rst): both sides are paused, the
 * destination listens anew, and the source sends the rest to it. Neither side may end meanwhile: each has memory that the
 * other has not.
 */

import { isPaused, isRecovering, sourceLetGo } from '../../model/migration-status.ts';
import type { Clock } from '../clock.ts';
import type { Destination, Effect } from '../hypervisor.ts';
import type { LastingMonitor } from './lasting-monitor.ts';
import { isRefusal } from './qmp/errors.ts';

const COMMAND_MS = 5000;
/** In which post-copy that goes on has sent something: it sends all it can, until its end. */
const MOVES_WITHIN_MS = 2000;
/** From `migrate-pause` to threads that have noticed it. */
const PAUSES_WITHIN_MS = 10_000;
/** In which a link comes back that is being mended. */
const RESUMES_WITHIN_MS = 60_000;
/** From a stream that is paused to a port that is free again. */
const LISTENS_WITHIN_MS = 10_000;
const TRIES_EVERY_MS = 1000;
const AGAIN_AFTER_MS = 50;

export type NewStream = Pick<Destination, 'migrateUri' | 'listenUri'>;

/** @throws {Error} when there is nothing to recover, or a side does not do its part: then both are as they were, or paused */
export async function recover(
  source: LastingMonitor,
  destination: LastingMonitor,
  { migrateUri, listenUri }: NewStream,
  clock: Clock,
): Promise<Effect> {
  const did: string[] = [];
  if (await standsStill(source, clock)) did.push(...(await pause(source, destination, clock)));
  await listenAnew(destination, listenUri ?? migrateUri ?? '', clock);
  did.push('migrate-recover on the destination');
  await resume(source, migrateUri ?? '', clock);
  did.push('migrate resume on the source');
  return { did: did.join(', then ') };
}

async function listenAnew(destination: LastingMonitor, uri: string, clock: Clock): Promise<void> {
  const untilMs = clock.awakeMs() + LISTENS_WITHIN_MS;
  for (;;) {
    try {
      const oob = destination.client?.oob === true;
      await destination.execute('migrate-recover', { uri }, { oob, timeoutMs: COMMAND_MS });
      return;
    } catch (error) {
      // By a try before this one, which the source did not follow: it listens still.
      if (/triggered already/.test(String(error))) return;
      // QEMU lets go of the old port a moment later (10.0, tried).
      if (!/Address already in use/.test(String(error)) || clock.awakeMs() >= untilMs) throw error;
      await clock.sleep(AGAIN_AFTER_MS);
    }
  }
}

/** Where the link is not back yet, the source is paused again at once. @throws {Error} with QEMU's words for it */
async function resume(source: LastingMonitor, uri: string, clock: Clock): Promise<void> {
  const untilMs = clock.awakeMs() + RESUMES_WITHIN_MS;
  for (;;) {
    await source.execute('migrate', { uri, resume: true }, { timeoutMs: COMMAND_MS });
    let now = await look(source);
    while (isRecovering(now.status)) {
      await clock.sleep(AGAIN_AFTER_MS);
      now = await look(source);
    }
    if (!isPaused(now.status)) return;
    if (clock.awakeMs() >= untilMs) throw new Error(`the source cannot reach ${uri}: ${now.error}`);
    await clock.sleep(TRIES_EVERY_MS);
  }
}

/** @returns false where it is paused already @throws {Error} where it moves, or is none */
async function standsStill(source: LastingMonitor, clock: Clock): Promise<boolean> {
  const before = await look(source);
  if (isPaused(before.status)) return false;
  // Where the destination still loads the devices, the source takes the guest back by itself.
  if (!sourceLetGo(before.status))
    throw new Error(`there is no post-copy to recover: the migration is ${before.status}`);
  await clock.sleep(MOVES_WITHIN_MS);
  const after = await look(source);
  if (isPaused(after.status)) return false;
  if (after.status !== before.status || after.sentBytes > before.sentBytes)
    throw new Error('post-copy goes on by itself: there is nothing to recover');
  return true;
}

/** A link that carries nothing breaks no stream for long: it is ended by our word. */
async function pause(source: LastingMonitor, destination: LastingMonitor, clock: Clock): Promise<string[]> {
  for (const monitor of [source, destination])
    try {
      const oob = monitor.client?.oob === true;
      await monitor.execute('migrate-pause', undefined, { oob, timeoutMs: COMMAND_MS });
    } catch (error) {
      // It is paused already.
      if (!isRefusal(error)) throw error;
    }
  const untilMs = clock.awakeMs() + PAUSES_WITHIN_MS;
  for (const monitor of [source, destination])
    while (!isPaused((await look(monitor)).status)) {
      if (clock.awakeMs() >= untilMs) throw new Error(`${monitor.address} does not come to pause post-copy`);
      await clock.sleep(AGAIN_AFTER_MS);
    }
  return ['migrate-pause on both sides'];
}

interface Look {
  readonly status: string;
  readonly sentBytes: number;
  readonly error: string;
}

async function look(monitor: LastingMonitor): Promise<Look> {
  const info = await monitor.execute('query-migrate', undefined, { timeoutMs: COMMAND_MS });
  return {
    status: info.status ?? 'none',
    sentBytes: info.ram?.transferred ?? 0,
    error: info['error-desc'] ?? 'QEMU does not say why',
  };
}
