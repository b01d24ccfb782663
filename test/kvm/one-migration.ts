/**
 * Runs on a KVM host, and not in vitest: one migration under forecast, and whether its guest arrived whole.
 * Prints one line of JSON. Ends with a status of its own when the emulated machine failed it.
 */
import type { Bed } from '../../lab/bed.ts';
import { GuestFailedError } from '../../lab/guest-lines.ts';
import { EMULATION_FAULT_STATUS, isCrash } from '../../lab/kvm/emulation-fault.ts';
import { askMonitor } from '../../lab/monitor.ts';
import { documentFrom } from '../../lab/switchover-process.ts';
import { makeBed, PATIENT } from './guest.ts';

await using bed = await bootedBed();
const kvm = await askMonitor(bed.pair.source.monitor2Path, 'query-kvm');
const ran = await (await bed.migrate(...PATIENT, '--json')).ended;
if (isCrash(ran)) failed(`switchover's Node crashed: ${ran.stderr}`);
const { outcome, runsOn, policy, guest } = documentFrom(ran);
const arrival = await bed.arrival(runsOn === 'destination' ? 'destination' : 'source');
const seen = { status: ran.status, outcome, runsOn, policy, accelerator: guest.accelerator, kvm, arrival };
process.stdout.write(`${JSON.stringify(seen)}\n`);

async function bootedBed(): Promise<Bed> {
  try {
    return await makeBed();
  } catch (error) {
    if (!(error instanceof GuestFailedError)) throw error;
    return failed(error.message);
  }
}

function failed(why: string): never {
  process.stderr.write(why);
  process.exit(EMULATION_FAULT_STATUS);
}
