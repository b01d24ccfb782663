/** A bench on KVM: this very bench, run in an emulated KVM host, where the lab's guests are on KVM. */
import type { WorkloadKind } from '../lab/guest/workload.ts';
import { openKvmLab } from '../lab/kvm/kvm-lab.ts';
import { prefetchForGuest } from '../lab/kvm/prefetch.ts';
import type { BenchResult } from './goals.ts';

/**
 * @param command the bench's name and options
 * @param kinds of the guests that it starts
 */
export async function runOnKvmHost<R extends BenchResult>(
  command: readonly string[],
  kinds: readonly WorkloadKind[],
): Promise<R> {
  for (const kind of kinds) await prefetchForGuest(kind, false);
  process.stderr.write('bench: starting a KVM host\n');
  await using lab = await openKvmLab();
  const ran = await lab.host.run(['node', 'bench/main.ts', ...command, '--json'], {
    onStderr: (chunk) => process.stderr.write(chunk),
  });
  // With a result, 1 says that a goal was missed.
  if (ran.status > 1 || ran.stdout === '')
    throw new Error(`the bench in the KVM host ended with status ${ran.status} and no result: see above`);
  return JSON.parse(ran.stdout) as R;
}
