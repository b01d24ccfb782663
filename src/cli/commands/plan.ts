import { type Command, Option } from 'commander';
import { addLimitOptions, bandwidthOption, durationBetween } from '../options.ts';
import { connectOption, destConnectOption } from './connect-options.ts';
import { addServerOptions } from './server-options.ts';

export function addPlanCommand(root: Command, onStatus: (status: number) => void): void {
  const command = root
    .command('plan <vm> [destination]')
    .summary('tell before a migration what it will take, and what others would make of it')
    .description(
      'Predicts total time, data and pause of a migration, each with the bounds between which it most probably lies, ' +
        'and what stock QEMU and other systems would do with the same guest. Probes the guest by sampling its pages, ' +
        'which does not disturb it, recalls its earlier migrations, and rehearses the migration on a simulated QEMU. ' +
        'Without a destination its checks are left out. Takes the options of `migrate`; touches nothing.',
    )
    .optionsGroup('What would be migrated, and where to')
    .addOption(connectOption())
    .addOption(destConnectOption())
    .option('--migrateuri <uri>', 'libvirt: where the memory would be sent, like tcp://10.77.0.2')
    .option('--dname <name>', "libvirt: the domain's name on the destination")
    .addOption(
      new Option('--migrate-uri <uri>', 'QEMU: where the destination would listen for the memory').env(
        'SWITCHOVER_MIGRATE_URI',
      ),
    )
    .option('--force', 'although the guest may lose memory, or has host devices')
    .optionsGroup('How')
    .addOption(
      new Option(
        '--probe <time>',
        'the longest of the probes; longer ones tell more of slow writers (default: 3s)',
      ).argParser(durationBetween(100, 60_000)),
    );
  addServerOptions(addLimitOptions(command.addOption(bandwidthOption())))
    .option('--table', 'total time and pause over other lines and with other pauses allowed, too')
    .option('--svg <file>', 'draw the plan into that file')
    .option('--json', 'print one JSON document (docs/plan.schema.json)')
    .addHelpText(
      'after',
      `
Examples:
  $ switchover plan vm1 --line-rate 10gbit
  $ switchover plan vm1 qemu+ssh://root@host2/system --max-downtime 500ms --svg vm1.svg
  $ switchover plan qmp:/run/vm1.sock --line-rate 480mbit --probe 10s
  $ switchover plan vm1 --line-rate 10gbit --table
  $ switchover plan qmp:a.sock qmp:b.sock --migrate-uri tcp:10.77.0.2:4444 --json | jq .chosen.pauseMs

Exit status:
  0    possible within the limits
  2    wrong usage or configuration
  3    refused, or too little is known to tell
  5    not possible within the limits; what would make it possible is told`,
    )
    .action(async (vm, destination, options) => {
      if (options.server !== undefined) {
        const { planByServer } = await import('../by-server/plan.ts');
        onStatus(await planByServer(vm, destination, options));
        return;
      }
      const { plan } = await import('../plan.ts');
      onStatus(await plan(vm, destination, options));
    });
}
