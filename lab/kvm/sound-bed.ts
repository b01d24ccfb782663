/** A bed on a KVM host, and another one where the emulated machine broke its guest: see `emulation-fault.ts`. */
import { labAccelerator } from '../accelerator.ts';
import type { Bed } from '../bed.ts';
import { GuestAnswerError } from '../guest/answers.ts';
import { GuestFailedError } from '../guest-lines.ts';
import type { LabGuest } from '../lab-guest.ts';
import type { LibvirtBed } from '../libvirt/libvirt-bed.ts';
import { EmulationFaultError, emulationFaultAt, faultIn } from './emulation-fault.ts';

/** How many beds are made while the emulated machine breaks them. */
const TRIES = 4;

/** What the emulated machine did to a guest of the bed; undefined where it is sound. */
export type FaultOf<B> = (bed: B) => Promise<EmulationFaultError | undefined>;

/**
 * What comes of it on a bed of its own. What failed on a guest that the machine has broken says nothing, and is done once
 * more; all else stands.
 * @param say hears why another bed is made
 */
export async function onSoundBed<B extends AsyncDisposable, T>(
  make: () => Promise<B>,
  body: (bed: B) => Promise<T>,
  faultOf: FaultOf<B>,
  say = (why: string): void => void process.stderr.write(`once more: ${why}\n`),
): Promise<T> {
  for (let triesLeft = TRIES; ; triesLeft -= 1) {
    try {
      await using bed = await make().catch(whileMade);
      return await sound(bed, body(bed), faultOf);
    } catch (error) {
      if (triesLeft === 1 || !isFault(error)) throw error;
      say(error.message);
    }
  }
}

/** A guest that answers nothing once it is at work, before anybody did anything to it, was broken by the machine. */
function whileMade(error: unknown): never {
  if (error instanceof GuestAnswerError)
    throw new EmulationFaultError(`the emulated machine failed: ${error.message}`);
  throw error;
}

/** An emulated guest that ends in its boot does so by itself. */
export function isFault(error: unknown): error is Error {
  return (
    labAccelerator() === 'kvm' && (error instanceof EmulationFaultError || error instanceof GuestFailedError)
  );
}

async function sound<B, T>(bed: B, result: Promise<T>, faultOf: FaultOf<B>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw (await faultOf(bed)) ?? error;
  }
}

export async function faultOfPair({ pair }: Pick<Bed, 'pair'>): Promise<EmulationFaultError | undefined> {
  return (await faultOfGuest(pair.source)) ?? (await faultOfGuest(pair.destination));
}

async function faultOfGuest(guest: LabGuest): Promise<EmulationFaultError | undefined> {
  if (guest.alive()) return await emulationFaultAt(guest.monitor2Path);
  // So a QEMU ends that may not reboot; one that is killed, or that a failed migration ends, does not.
  const wasReset = labAccelerator() === 'kvm' && (await guest.exited) === 0;
  return wasReset ? wasResetError(guest.name) : undefined;
}

/** libvirt tells no exit status: a guest that nobody stopped and that runs nowhere was reset. */
export async function faultOfDomain({ guest, lab }: LibvirtBed): Promise<EmulationFaultError | undefined> {
  if (labAccelerator() !== 'kvm') return undefined;
  const hosts = lab.hosts.filter((host) => guest.on(host).pid !== undefined);
  if (hosts.length === 0) return wasResetError(guest.name);
  for (const host of hosts) {
    const asked = await host
      .virsh('qemu-monitor-command', guest.uuid, '--hmp', 'info registers')
      .catch(() => undefined);
    const bytes = 1024 * Number(/Max memory:\s*(\d+)/.exec(await host.virsh('dominfo', guest.uuid))?.[1]);
    const fault = asked === undefined ? undefined : faultIn(asked, bytes, guest.name);
    if (fault) return fault;
  }
  return undefined;
}

function wasResetError(name: string): EmulationFaultError {
  return new EmulationFaultError(`the emulated machine failed: ${name} was reset, which ended its QEMU`);
}
