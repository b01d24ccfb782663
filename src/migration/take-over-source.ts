/**
 * Whether an address that was given to take a migration over from is that of its source. A destination looks much like it:
 * it has the same UUID, so the same journal is found, and a guest that stands still there would be told to run.
 */
import { type GuestFacts, type Hypervisor, RefusedError } from '../hypervisor/hypervisor.ts';
import { trustedDestination } from '../journal/trusted-destination.ts';
import type { MigrationView } from '../journal/view.ts';
import { isDestinationOf, isSameAddress } from './address-side.ts';
import { attachCommand } from './attach-command.ts';

interface Given {
  readonly vm: string;
  /** As the user states it. */
  readonly destination: string | undefined;
  /** What was found at the VM's address. */
  readonly guest: GuestFacts;
  readonly left: MigrationView | undefined;
}

/** @throws {RefusedError} `bad-address` with the command to type, where it is the destination's, or both are one */
export async function assertOfSource(given: Given, hypervisor: Hypervisor): Promise<void> {
  const { vm, destination, left } = given;
  if (destination !== undefined && isSameAddress(vm, destination))
    throw new RefusedError(
      'bad-address',
      `${vm} is given for both ends: give the destination's address with --to, or leave --to out`,
    );
  if (!left || !isDestinationOf(vm, left)) return;
  if (await migratesOn(given.guest, left, hypervisor)) return;
  throw new RefusedError(
    'bad-address',
    `${vm} is the destination of the migration ${left.id}, which switchover left unfinished, and not its source: type \`${attachCommand(left.vm, left.destination ?? vm)}\``,
  );
}

/** Whether a later migration takes the guest away from where that one brought it. */
async function migratesOn(guest: GuestFacts, left: MigrationView, hypervisor: Hypervisor): Promise<boolean> {
  if (!guest.migrating || guest.state === 'incoming') return false;
  // In post-copy the destination runs the guest, and says as its source does that a migration is under way.
  const address = trustedDestination(left.vm);
  const source = address === undefined ? undefined : await hypervisor.inspect(address).catch(() => undefined);
  if (source === undefined) return left.state !== 'post-copy';
  return !(source.migrating && source.uuid === guest.uuid);
}
