/** A bed on a KVM host, and another one where the emulated machine broke its guest: see `emulation-fault.ts`. */
import { labAccelerator } from '../accelerator.ts';
import type { Bed } from '../bed.ts';
import { GuestFailedError } from '../guest-lines.ts';
import type { LabGuest } from '../lab-guest.ts';
import { EmulationFaultError, emulationFaultAt } from './emulation-fault.ts';

/** How many beds are made while the emulated machine breaks them. */
const TRIES = 4;

/**
 * What comes of it on a bed of its own. What failed on a guest that the machine has broken says nothing, and is done once
 * more; all else stands.
 * @param say hears why another bed is made
 */
export async function onSoundBed<T>(
  make: () => Promise<Bed>,
  body: (bed: Bed) => Promise<T>,
  say = (why: string): void => void process.stderr.write(`once more: ${why}\n`),
): Promise<T> {
  for (let triesLeft = TRIES; ; triesLeft -= 1) {
    try {
      await using bed = await make();
      return await sound(bed, body(bed));
    } catch (error) {
      if (triesLeft === 1 || !isFault(error)) throw error;
      say(error.message);
    }
  }
}

/** An emulated guest that ends in its boot does so by itself. */
export function isFault(error: unknown): error is Error {
  return (
    labAccelerator() === 'kvm' && (error instanceof EmulationFaultError || error instanceof GuestFailedError)
  );
}

async function sound<T>({ pair }: Bed, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw (await faultOf(pair.source)) ?? (await faultOf(pair.destination)) ?? error;
  }
}

async function faultOf(guest: LabGuest): Promise<EmulationFaultError | undefined> {
  if (guest.alive()) return await emulationFaultAt(guest.monitor2Path);
  // So a QEMU ends that may not reboot; one that is killed, or that a failed migration ends, does not.
  const wasReset = labAccelerator() === 'kvm' && (await guest.exited) === 0;
  return wasReset
    ? new EmulationFaultError(`the emulated machine failed: ${guest.name} was reset, which ended its QEMU`)
    : undefined;
}
