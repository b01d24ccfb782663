/** What a destination says, once post-copy is complete, of vCPUs that waited for pages (capability `postcopy-blocktime`). */
import type { Clock } from '../clock.ts';
import type { PageWaits } from '../hypervisor.ts';
import type { LastingMonitor } from './lasting-monitor.ts';
import type { MigrationInfo } from './qmp/commands.ts';

const NANOSECONDS_PER_MS = 1e6;
const COMMAND_MS = 2000;
/** From the source's word that all has arrived to the destination's own. */
const TRIES = 40;
const AGAIN_AFTER_MS = 25;

/** Undefined: it does not say. */
export async function pageWaitsAt(
  destination: LastingMonitor | undefined,
  clock: Clock,
): Promise<PageWaits | undefined> {
  for (let attempt = 0; destination?.client && attempt < TRIES; attempt += 1) {
    const asked = destination.execute('query-migrate', undefined, { timeoutMs: COMMAND_MS });
    const info = await asked.catch(() => undefined);
    if (info === undefined) return undefined;
    if (info.status === 'completed') return pageWaitsOf(info);
    await clock.sleep(AGAIN_AFTER_MS);
  }
  return undefined;
}

export function pageWaitsOf(info: MigrationInfo): PageWaits {
  const latency = info['postcopy-latency'] ?? 0;
  return {
    allBlockedMs: info['postcopy-blocktime'] ?? null,
    vcpuBlockedMs: info['postcopy-vcpu-blocktime'] ?? null,
    pageLatencyMs: latency > 0 ? latency / NANOSECONDS_PER_MS : null,
  };
}
