/**
 * Runs on a KVM host, and not in vitest: one migration under forecast, and whether its guest arrived whole.
 * Prints one line of JSON.
 */
import { askMonitor } from '../../lab/monitor.ts';
import { documentFrom } from '../../lab/switchover-process.ts';
import { makeBed, PATIENT } from './guest.ts';

await using bed = await makeBed();
const kvm = await askMonitor(bed.pair.source.monitor2Path, 'query-kvm');
const ran = await (await bed.migrate(...PATIENT, '--json')).ended;
const { outcome, runsOn, policy, guest } = documentFrom(ran);
const arrival = await bed.arrival(runsOn === 'destination' ? 'destination' : 'source');
const seen = { status: ran.status, outcome, runsOn, policy, accelerator: guest.accelerator, kvm, arrival };
process.stdout.write(`${JSON.stringify(seen)}\n`);
