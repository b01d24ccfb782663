import type { Command } from 'commander';
import { configOption, hostsOption, logFormOption, stateDirOption } from '../options.ts';

export function addWatchCommand(root: Command, onStatus: (status: number) => void): void {
  root
    .command('watch')
    .summary('make every outgoing migration of libvirt hosts finish, whoever starts it')
    .description(
      'Follows every domain of the hosts given and takes over each outgoing migration within a second of its start, ' +
        'whoever starts it, with the policy and the limits of the configuration. A downtime limit that the starter ' +
        'has set is respected. What cannot be done within the limits is left running and told, unless the ' +
        'configuration says over-budget otherwise. SIGTERM ends the watching only, SIGHUP reads the configuration again.',
    )
    .addOption(hostsOption())
    .addOption(configOption())
    .addOption(logFormOption())
    .addOption(stateDirOption())
    .addHelpText(
      'after',
      `
Examples:
  $ switchover watch
  $ switchover watch --connect qemu:///system --config /etc/switchover/switchover.toml
  $ switchover watch --connect qemu+ssh://root@host1/system --connect qemu+ssh://root@host2/system --output jsonl

Exit status: 0 told to end; 2 wrong usage or configuration; 3 there is no usable virsh.`,
    )
    .action(async (options) => {
      const { watch } = await import('../watch.ts');
      onStatus(await watch(options));
    });
}
