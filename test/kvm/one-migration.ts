/**
 * Runs on a KVM host, and not in vitest: one migration under forecast, and whether its guest arrived whole.
 * Prints one line of JSON.
 */
import type { Bed } from '../../lab/bed.ts';
import { tailOf } from '../../lab/console.ts';
import { EmulationFaultError, isCrash } from '../../lab/kvm/emulation-fault.ts';
import { faultOfPair, onSoundBed } from '../../lab/kvm/sound-bed.ts';
import type { LabGuest } from '../../lab/lab-guest.ts';
import { askMonitor } from '../../lab/monitor.ts';
import { documentFrom } from '../../lab/switchover-process.ts';
import { makeBed, PATIENT } from './guest.ts';

process.stdout.write(`${JSON.stringify(await onSoundBed(makeBed, migrateOne, faultOfPair))}\n`);

/** @throws {Error} with all that is to be seen of it, where the guest did not arrive whole */
async function migrateOne(bed: Bed): Promise<object> {
  const kvm = await askMonitor(bed.pair.source.monitor2Path, 'query-kvm');
  const ran = await (await bed.migrate(...PATIENT, '--json')).ended;
  if (isCrash(ran)) throw new EmulationFaultError(`switchover's Node crashed: ${ran.stderr}`);
  const { outcome, runsOn, policy, guest } = documentFrom(ran);
  const arrival = await bed.arrival(runsOn === 'destination' ? 'destination' : 'source');
  const found = { status: ran.status, outcome, runsOn, policy, accelerator: guest.accelerator, kvm, arrival };
  if (arrival.ok && outcome === 'completed') return found;
  const sides = await Promise.all([bed.pair.source, bed.pair.destination].map(seenOf));
  throw new Error([JSON.stringify(found), ran.stderr, ...sides].join('\n'));
}

async function seenOf(guest: LabGuest): Promise<string> {
  const state = guest.alive() ? await guest.runState() : `ended with status ${await guest.exited}`;
  return `${guest.name}: ${state}\n${await tailOf(guest.paths.logPath)}`;
}
