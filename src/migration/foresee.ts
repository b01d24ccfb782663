/** What can be found out before a migration starts: by a probe of the guest, and from the journals of earlier ones. */
import {
  type Destination,
  type GuestFacts,
  type Hypervisor,
  RefusedError,
} from '../hypervisor/hypervisor.ts';
import type { DirtyObservation } from '../model/dirty-curve.ts';
import { type Foreknowledge, NOTHING_KNOWN } from '../model/foreknowledge.ts';
import { type Experience, experienceOf } from './experience.ts';
import { journalPath, listJournals, readJournal } from './journal-file.ts';

/** Long enough to tell a quick writer, short enough not to be waited for. Drivers that cannot take the next longer. */
const PROBE_MS = 300;

/** It samples pages and is told in whole MiB/s: it may read this much too high, as a fraction. */
const PROBE_EXCESS = 0.1;

/** Older ones say little of today, and reading them takes time. */
const READ_JOURNALS = 24;

/** A migration that is meant: who, where to, and under which `max-bandwidth`, in bytes per second. */
export interface Intended {
  readonly guest: GuestFacts;
  readonly destination: Destination;
  readonly cap: number | undefined;
}

/** @param stateDir where earlier migrations left their journals; undefined: nowhere */
export async function foresee(
  hypervisor: Hypervisor,
  intended: Intended,
  stateDir: string | undefined,
): Promise<{ known: Foreknowledge; tookMs: number }> {
  const began = performance.now();
  const { memoryBytes } = intended.guest;
  const recalled = stateDir === undefined ? NOTHING_KNOWN : recall(stateDir, intended);
  const probes = await probe(hypervisor, intended.guest);
  return {
    known: { ...recalled, memoryBytes, probes },
    tookMs: Math.round(performance.now() - began),
  };
}

/** None where the guest does not run or cannot be probed: a migration goes without as well. */
async function probe(hypervisor: Hypervisor, guest: GuestFacts): Promise<readonly DirtyObservation[]> {
  if (guest.state !== 'running') return [];
  try {
    const { durationMs, dirtyRateBytesPerSecond } = await hypervisor.probeDirtyRate(guest.vm, PROBE_MS);
    const bytes = (dirtyRateBytesPerSecond * durationMs) / 1000;
    return [{ durationMs, bytes, unsentBytes: bytes * PROBE_EXCESS }];
  } catch (error) {
    if (error instanceof RefusedError) return [];
    throw error;
  }
}

/** What earlier migrations of this guest, and over this link, tell. Damaged journals are passed over. */
function recall(stateDir: string, { guest, destination, cap }: Intended): Foreknowledge {
  const all = listJournals(stateDir)
    .slice(-READ_JOURNALS)
    .flatMap((id) => experienceIn(journalPath(stateDir, id)));
  const ofGuest = all.filter(
    (each) => each.guestName === guest.name && each.memoryBytes === guest.memoryBytes,
  );
  const link = linkOf(destination.vm, destination.migrateUri);
  const onLink = all.filter((each) => linkOf(each.destination, each.migrateUri) === link);
  return {
    ...NOTHING_KNOWN,
    earlierPasses: ofGuest.flatMap(({ passes }) => passes),
    firstPassBytes: ofGuest.findLast(({ firstPassBytes }) => firstPassBytes !== undefined)?.firstPassBytes,
    passTransfers: onLink.filter((each) => each.cap === cap).flatMap(({ passTransfers }) => passTransfers),
    switchoverTransfers: onLink.flatMap(({ switchoverTransfer }) => switchoverTransfer ?? []),
    switchovers: onLink.flatMap(({ switchover }) => switchover ?? []),
  };
}

function experienceIn(file: string): readonly Experience[] {
  try {
    const experience = experienceOf(readJournal(file));
    return experience ? [experience] : [];
  } catch {
    return [];
  }
}

/** Which link a migration takes, as far as addresses tell: the host that the memory goes to. */
function linkOf(destination: string | null, migrateUri: string | null | undefined): string {
  if (migrateUri) return migrateUri.replace(/^(\w+):(?:\/\/)?(\[[^\]]*\]|[^:/]*).*$/, '$1:$2');
  return (destination ?? '').replace(/#.*$/, '');
}
