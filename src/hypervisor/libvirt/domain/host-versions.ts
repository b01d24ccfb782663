import { type Access, REAL_ACCESS } from '../access.ts';
import { ask } from '../ask.ts';
import { type HostVersions, parseVersions } from './versions.ts';

/** A host's QEMU may be upgraded under a running daemon. */
const GOOD_FOR_MS = 3_600_000;

interface Asked {
  readonly asked: Promise<HostVersions>;
  readonly atMs: number;
}

/** By host, for each way to reach them. */
const knownBy = new WeakMap<Access, Map<string, Asked>>();

/**
 * What `virsh version` tells, remembered for an hour: after its start libvirtd first has to ask QEMU what it can
 * do, and takes 4 s for it (measured). @throws {RefusedError}
 */
export async function versionsOf(uri: string, access = REAL_ACCESS): Promise<HostVersions> {
  const known = knownBy.get(access) ?? new Map<string, Asked>();
  knownBy.set(access, known);
  const nowMs = access.clock.now();
  const before = known.get(uri);
  if (before && nowMs - before.atMs < GOOD_FOR_MS) return await before.asked;
  const asked = ask(uri, ['version', '--daemon'], access).then(parseVersions);
  known.set(uri, { asked, atMs: nowMs });
  asked.catch(() => known.delete(uri));
  return await asked;
}

/** The same for whoever cannot wait. Never throws. */
export async function versionsAtOnce(uri: string, patienceMs: number, access: Access): Promise<HostVersions> {
  const unknown: HostVersions = { libvirt: undefined, qemu: undefined };
  const late = access.clock.sleep(patienceMs).then(() => unknown);
  return await Promise.race([versionsOf(uri, access).catch(() => unknown), late]);
}
