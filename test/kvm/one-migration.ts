/**
 * Runs on a KVM host, and not in vitest: one migration under forecast, and whether its guest arrived whole.
 * Prints one line of JSON. Ends with a status of its own when the emulated machine failed it.
 */
import { EMULATION_FAULT_STATUS, EmulationFaultError, isCrash } from '../../lab/kvm/emulation-fault.ts';
import { isFault } from '../../lab/kvm/sound-bed.ts';
import { askMonitor } from '../../lab/monitor.ts';
import { documentFrom } from '../../lab/switchover-process.ts';
import { makeBed, PATIENT } from './guest.ts';

try {
  process.stdout.write(`${JSON.stringify(await migrateOne())}\n`);
} catch (error) {
  if (!isFault(error)) throw error;
  process.stderr.write(error.message);
  process.exitCode = EMULATION_FAULT_STATUS;
}

async function migrateOne(): Promise<object> {
  await using bed = await makeBed();
  const kvm = await askMonitor(bed.pair.source.monitor2Path, 'query-kvm');
  const ran = await (await bed.migrate(...PATIENT, '--json')).ended;
  if (isCrash(ran)) throw new EmulationFaultError(`switchover's Node crashed: ${ran.stderr}`);
  const { outcome, runsOn, policy, guest } = documentFrom(ran);
  const arrival = await bed.arrival(runsOn === 'destination' ? 'destination' : 'source');
  return { status: ran.status, outcome, runsOn, policy, accelerator: guest.accelerator, kvm, arrival };
}
