/** A controller of its own that brakes a thread and then waits to be killed: `node … PID`. */
import { setInterval } from 'node:timers';
import { VcpuQuota } from '../vcpu-quota.ts';

const pid = Number(process.argv[2]);
await new VcpuQuota({ pid, threadIds: [pid] }).set(99);
process.stdout.write('braked\n');
setInterval(() => {}, 1000);
