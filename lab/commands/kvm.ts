import { followStreams } from '../kvm/follow.ts';
import { openKvmLab } from '../kvm/kvm-lab.ts';
import { prefetchForTests } from '../kvm/prefetch.ts';
import { UsageError } from '../usage-error.ts';
import { progress } from './output.ts';

/** Runs one command on a KVM host that lives as long as the command; its exit status is ours. */
export async function kvm(command: readonly string[]): Promise<number> {
  if (command.length === 0) throw new UsageError('say what to run there, like: ./dev lab kvm ls -l /dev/kvm');
  await prefetchForTests();
  progress('starting a KVM host');
  await using lab = await openKvmLab();
  return await followStreams(lab.host, command);
}
