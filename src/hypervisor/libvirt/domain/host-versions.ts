import { ask } from '../virsh/ask.ts';
import { type HostVersions, parseVersions } from './versions.ts';

/** A host's QEMU may be upgraded under a running daemon. */
const GOOD_FOR_MS = 3_600_000;

const known = new Map<string, { readonly asked: Promise<HostVersions>; readonly atMs: number }>();

/**
 * What `virsh version` tells, remembered for an hour: after its start libvirtd first has to ask QEMU what it can
 * do, and takes 4 s for it (measured). @throws {RefusedError}
 */
export async function versionsOf(uri: string): Promise<HostVersions> {
  const before = known.get(uri);
  if (before && performance.now() - before.atMs < GOOD_FOR_MS) return await before.asked;
  const asked = ask(uri, ['version', '--daemon']).then(parseVersions);
  known.set(uri, { asked, atMs: performance.now() });
  asked.catch(() => known.delete(uri));
  return await asked;
}

/** The same for whoever cannot wait. Never throws. */
export async function versionsAtOnce(uri: string, patienceMs: number): Promise<HostVersions> {
  const unknown: HostVersions = { libvirt: undefined, qemu: undefined };
  const late = new Promise<HostVersions>((resolve) => setTimeout(resolve, patienceMs, unknown));
  return await Promise.race([versionsOf(uri).catch(() => unknown), late]);
}
