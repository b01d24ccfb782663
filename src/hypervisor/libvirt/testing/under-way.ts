/** A scripted migration between libvirt hosts at the moments that tests begin with. */
import { NOT_RUNNING, scripted } from './scripted-libvirt.ts';

export const MOVED = { source: 'handed-over', destination: 'running' };

/** A started migration in the middle of its first pass. */
export async function underWay(...given: Parameters<typeof scripted>) {
  const script = scripted(...given);
  await script.begins();
  await script.copies({ sentMB: 30, remainingMB: 470 });
  return script;
}
export type Script = Awaited<ReturnType<typeof underWay>>;

/** libvirt's last words of a migration that succeeds. */
export function arrives(script: Script): void {
  script.destination.state = 'running (migrated)';
  script.destination.job = () => 'Job type: 0';
  script.lifecycle('destination', 'Resumed', 'Migrated');
  script.source.state = 'shut off (migrated)';
  script.source.job = () => NOT_RUNNING;
  script.lifecycle('source', 'Stopped', 'Migrated');
}

/** libvirt gives it up: the guest runs on, and the incoming domain is told to have stopped, which was seen of 11.3 whatever ended it. */
export function fails(script: Script, state = 'running (migration canceled)'): void {
  script.source.state = state;
  script.source.job = () => 'Job type: 0';
  script.destination.state = '';
  script.lifecycle('destination', 'Stopped', 'Failed');
}
