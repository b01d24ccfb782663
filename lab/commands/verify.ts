import { type Arrival, verifyArrival } from '../arrival.ts';
import {
  chooseKeptPair,
  chooseLab,
  type KeptPair,
  type Sides,
  sidesOf,
  whereItRuns,
  writeKeptPair,
} from '../kept-lab.ts';
import { askInside, isKvmLab } from '../kvm/kept-kvm-lab.ts';
import { type FoundLibvirtLab, findLibvirtLab, writeKeptLibvirtLab } from '../libvirt/kept-libvirt-lab.ts';
import type { Side } from '../namespaces.ts';
import type { RunFolder } from '../run-folder.ts';
import { UsageError } from '../usage-error.ts';
import { readArguments, readChoice } from './arguments.ts';
import { report } from './output.ts';

const OPTIONS = { side: { type: 'string' }, json: { type: 'boolean', default: false } } as const;

interface Verified {
  readonly arrival: Arrival;
  /** `source`, `destination`, or the name of a libvirt host. */
  readonly side: string;
}

/** Has the guest check all its memory. Status 1 when something is wrong with it. */
export async function verify(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, OPTIONS, 1);
  const folder = chooseLab(positionals[0]);
  if (isKvmLab(folder)) return await askInside(folder, 'verify', args);
  const libvirt = findLibvirtLab(folder);
  if (libvirt !== undefined && values.side !== undefined)
    throw new UsageError('--side is for pairs of QEMUs: libvirt says on which host the guest runs');
  const { arrival, side } =
    libvirt === undefined
      ? await verifyPair(chooseKeptPair(folder.id), values.side)
      : await verifyOnLibvirt(folder, libvirt);
  const where = libvirt === undefined ? `the ${side}` : side;
  const text = `${arrival.ok ? 'ok' : 'NOT ok'}, on ${where}: ${arrival.reason}`;
  report({ id: folder.id, side, ...arrival, after: arrival.after ?? null }, text, values.json);
  return arrival.ok ? 0 : 1;
}

async function verifyPair(pair: KeptPair, askedSide: string | undefined): Promise<Verified> {
  const sides = await sidesOf(pair);
  const asked =
    askedSide === undefined ? undefined : readChoice('--side', askedSide, ['source', 'destination']);
  const runsOn = await whereItRuns(sides);
  const side = asked ?? runsOn;
  const guest = side && sides[side];
  // Known to run elsewhere: asking here would only wait in vain. (Unknown: the monitor is in use, so ask.)
  if (side === undefined || guest === undefined || (runsOn !== undefined && runsOn !== side))
    throw new UsageError(
      `the guest of lab "${pair.place.labId}" runs ${runsOn === undefined ? 'nowhere' : `on the ${runsOn}`}`,
    );
  const before = pair.before ?? (await guest.status());
  const arrival = await verifyArrival(before, guest, otherSide(sides, side));
  if (arrival.after !== undefined)
    await writeKeptPair({ ...pair, before: { workload: before.workload, ...arrival.after } });
  return { arrival, side };
}

async function verifyOnLibvirt(folder: RunFolder, { kept, guest }: FoundLibvirtLab): Promise<Verified> {
  const place = await guest.whereabouts();
  if (place === undefined)
    throw new UsageError(`the guest of lab "${folder.id}" runs nowhere that libvirt knows of`);
  const before = kept.before ?? (await guest.status());
  const arrival = await verifyArrival(before, guest);
  if (arrival.after !== undefined)
    await writeKeptLibvirtLab(folder.path, {
      ...kept,
      before: { workload: before.workload, ...arrival.after },
    });
  return { arrival, side: place.host.name };
}

function otherSide(sides: Sides, side: Side) {
  return side === 'source' ? sides.destination : sides.source;
}
