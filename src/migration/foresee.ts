/** What can be found out before a migration starts: by a probe of the guest, and from the journals of earlier ones. */
import {
  type Destination,
  type GuestFacts,
  type Hypervisor,
  RefusedError,
} from '../hypervisor/hypervisor.ts';
import { JournalError } from '../journal/journal-error.ts';
import type { DirtyObservation } from '../model/dirty-curve.ts';
import { type Foreknowledge, NOTHING_KNOWN } from '../model/foreknowledge.ts';
import { type Experience, experienceOf } from './experience.ts';
import { dirtiedIn, PROBE_MS } from './probe.ts';
import type { RunStore } from './run.ts';

/** A probe that is hardly longer than the last tells nothing more: a driver in whole seconds takes 300 ms for one. */
const WORTH_ANOTHER_PROBE = 1.5;

/** On one machine it is no part of any pause that counts. */
const LEAST_WORD_MS = 2;

/** Older ones say little of today, and reading them takes time. */
const READ_JOURNALS = 24;

/** A migration that is meant: who, where to, and under which `max-bandwidth`, in bytes per second. */
export interface Intended {
  readonly guest: GuestFacts;
  /** Undefined: not chosen yet, so that nothing is known of the link. */
  readonly destination: Destination | undefined;
  readonly cap: number | undefined;
}

export interface Foreseen {
  readonly known: Foreknowledge;
  readonly tookMs: number;
  /** Why the guest could not be probed, a sentence; undefined where it was, or does not run. */
  readonly probeRefusal: string | undefined;
}

/** How closely the guest is looked at. */
export interface Look {
  /** Over how long it is probed, one after the other, the shortest first. */
  readonly probesMs: readonly number[];
  /** Whether to find out what is resident, which walks through the hypervisor's memory map. */
  readonly resident: boolean;
}

/** For a migration that is to begin now: nothing that no policy decides by. */
export const QUICK_LOOK: Look = { probesMs: [PROBE_MS], resident: false };

/** At what earlier migrations left, and not at the guest. */
export const GLANCE: Look = { probesMs: [], resident: false };

/** @param store where earlier migrations left their journals; undefined: nowhere */
export async function foresee(
  hypervisor: Hypervisor,
  intended: Intended,
  store: RunStore | undefined,
  { probesMs, resident }: Look = QUICK_LOOK,
): Promise<Foreseen> {
  const began = performance.now();
  const { memoryBytes, vcpus } = intended.guest;
  const recalled = store === undefined ? NOTHING_KNOWN : await recall(store, intended);
  const residentBytes = resident ? await hypervisor.residentBytes(intended.guest) : undefined;
  const { probes, probeRefusal } = await probe(hypervisor, intended.guest, probesMs);
  return {
    known: { ...recalled, memoryBytes, vcpus, residentBytes, probes },
    tookMs: Math.round(performance.now() - began),
    probeRefusal,
  };
}

/** Of what is known, what a policy that does not foresee has to know as well: what a switchover costs is part of each pause. */
export function onlySwitchovers({ memoryBytes, vcpus, switchovers, wordMs }: Foreknowledge): Foreknowledge {
  const known = { ...NOTHING_KNOWN, memoryBytes, vcpus, switchovers };
  return wordMs === undefined ? known : { ...known, wordMs };
}

/** @param wordMs undefined: its destination waits for no word of ours */
export function withWord(known: Foreknowledge, wordMs = 0): Foreknowledge {
  return wordMs < LEAST_WORD_MS ? known : { ...known, wordMs };
}

/** None where the guest does not run or cannot be probed: a migration goes without as well. */
async function probe(
  hypervisor: Hypervisor,
  guest: GuestFacts,
  probesMs: readonly number[],
): Promise<{ probes: readonly DirtyObservation[]; probeRefusal: string | undefined }> {
  const probes: DirtyObservation[] = [];
  if (guest.state !== 'running') return { probes, probeRefusal: undefined };
  try {
    for (const askedMs of probesMs) {
      if (askedMs < WORTH_ANOTHER_PROBE * (probes.at(-1)?.durationMs ?? 0)) continue;
      probes.push(dirtiedIn(await hypervisor.probeDirtyRate(guest.vm, askedMs, guest)));
    }
    return { probes, probeRefusal: undefined };
  } catch (error) {
    if (error instanceof RefusedError) return { probes, probeRefusal: error.message };
    throw error;
  }
}

/** What earlier migrations of this guest, and over this link, tell. Damaged journals are passed over. */
async function recall(journals: RunStore, { guest, destination, cap }: Intended): Promise<Foreknowledge> {
  const all: Experience[] = [];
  for (const id of (await journals.list()).slice(-READ_JOURNALS)) {
    const experience = await experienceIn(journals, id);
    if (experience) all.push(experience);
  }
  const isThis = (each: Experience) =>
    each.guestName === guest.name && each.memoryBytes === guest.memoryBytes;
  const ofGuest = all.filter(isThis);
  const link = destination && linkOf(destination.vm, destination.migrateUri);
  const onLink = all.filter((each) => linkOf(each.destination, each.migrateUri) === link);
  return {
    ...NOTHING_KNOWN,
    earlierPasses: ofGuest.flatMap(({ passes }) => passes),
    firstPassBytes: ofGuest.findLast(({ firstPassBytes }) => firstPassBytes !== undefined)?.firstPassBytes,
    passTransfers: onLink.filter((each) => each.cap === cap).flatMap(({ passTransfers }) => passTransfers),
    switchoverTransfers: onLink.flatMap(({ switchoverTransfer }) => switchoverTransfer ?? []),
    switchovers: onLink.flatMap((each) => {
      const { switchover, memoryBytes, vcpus } = each;
      return switchover ? [{ ...switchover, guest: { isThis: isThis(each), memoryBytes, vcpus } }] : [];
    }),
  };
}

async function experienceIn(journals: RunStore, id: string): Promise<Experience | undefined> {
  try {
    const { entries, problems } = await journals.read(id, 0, { samples: true });
    return problems.length === 0 ? experienceOf(entries) : undefined;
  } catch (error) {
    if (error instanceof JournalError) return undefined;
    throw error;
  }
}

/** Which link a migration takes, as far as addresses tell: the host that the memory goes to. */
function linkOf(destination: string | null, migrateUri: string | null | undefined): string {
  if (migrateUri) return migrateUri.replace(/^(\w+):(?:\/\/)?(\[[^\]]*\]|[^:/]*).*$/, '$1:$2');
  return (destination ?? '').replace(/#.*$/, '');
}
