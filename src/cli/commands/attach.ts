import type { Command } from 'commander';
import { addMigrationOptions, addRunOptions } from '../options.ts';
import { connectOption } from './connect-options.ts';
import { EXIT_HELP, SIGNALS_HELP } from './help-texts.ts';

export function addAttachCommand(root: Command, onStatus: (status: number) => void): void {
  const command = root
    .command('attach <vm>')
    .summary('take over a migration that is already under way')
    .description(
      'Takes over a migration that somebody else began, or that switchover left when it was killed, of a libvirt ' +
        'domain or of a QEMU given by its QMP socket. Where one that switchover began has ended meanwhile, or waits ' +
        'for a word, it lets the guest run on the side that has it and puts settings back: what exit status 6 asks ' +
        'for. Without --to the destination is taken from the journal that was left; without any, the pause is told ' +
        'as the hypervisor reports it. A migration that somebody else began is ended for its pause only where ' +
        '--over-budget is given.',
    )
    .addOption(connectOption())
    .option('--to <destination>', "the destination: its host's URI, or its monitor (qmp:/run/vm1-dest.sock)")
    .option('--dname <name>', "libvirt: the domain's name on the destination, when that is not its own")
    .option(
      '--recover',
      'QEMU: post-copy whose link was lost stands still: pause it, let it go on over a new connection, and follow it',
    )
    .option('--migrate-uri <uri>', 'with --recover: where the rest is sent, when not where the journal says')
    .option('--listen-uri <uri>', 'with --recover: what the destination binds, when it differs');
  addRunOptions(addMigrationOptions(command))
    .addHelpText(
      'after',
      `
Examples:
  $ switchover attach vm1
  $ switchover attach --connect qemu+ssh://root@host1/system vm1 --to qemu+ssh://root@host2/system --max-downtime 2s
  $ switchover attach qmp:/run/vm1.sock --to qmp:/run/vm1-dest.sock
  $ switchover attach qmp:/run/vm1.sock --recover
${SIGNALS_HELP}
${EXIT_HELP}`,
    )
    .action(async (vm, options) => {
      const { attach } = await import('../attach.ts');
      onStatus(await attach(vm, options));
    });
}
