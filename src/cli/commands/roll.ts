import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  addLimitOptions,
  bandwidthOption,
  databaseOption,
  dataDirOption,
  durationBetween,
  severalTimes,
} from '../options.ts';
import { addMannerOptions, addPlacementOptions, DATABASE, LONGEST_MS, SHORTEST_MS } from './drain-options.ts';

const MOST_UNAVAILABLE = 32;

export function addRollCommand(root: Command, onStatus: (status: number) => void): void {
  const command = root
    .command('roll')
    .summary('empty one host after the other, to reboot or upgrade each')
    .description(
      'Takes hosts in turn: moves all VMs of one away, to the other hosts, as `switchover drain` does; asks the program of ' +
        '--after-host, which reboots or upgrades it; waits until its libvirt answers again; lets VMs be moved there again, and ' +
        'goes on with the next. It stops at the first host that does not end empty, does not come back, or whose program says no.',
    )
    .optionsGroup('Which hosts')
    .addOption(new Option('--hosts <uris...>', 'the hosts, in their order, each as all the others reach it'))
    .addOption(
      severalTimes(
        new Option(
          '--to <uri>',
          'a host that VMs may go to besides, and that keeps its turn to itself; may be repeated',
        ),
      ),
    )
    .addOption(
      severalTimes(
        new Option(
          '--migrateuri <uri>',
          'where its memory would be sent, like tcp://10.77.0.2; one for each of --hosts and then of --to, in the same order',
        ),
      ),
    )
    .option('--from <uri>', 'begin with this one of --hosts: those before it are done');
  addPlacementOptions(command)
    .optionsGroup('When')
    .addOption(
      new Option(
        '--max-unavailable <number>',
        'the most hosts that are away at a time (default: 1)',
      ).argParser(countOf),
    )
    .option('--approve-each', 'ask on the terminal before each host')
    .addOption(
      new Option('--for <time>', 'how long the emptying of each host may take, like 2h').argParser(
        durationBetween(SHORTEST_MS, LONGEST_MS),
      ),
    )
    .option('--abort-running', 'after that time cancel what is on its way, too: those VMs stay')
    .addOption(
      new Option(
        '--recover-within <time>',
        'how long a host may take, after the program of --after-host, until its libvirt answers (default: 15min)',
      ).argParser(durationBetween(SHORTEST_MS, LONGEST_MS)),
    );
  addMannerOptions(command).option(
    '--return',
    'bring back what left each host, before the next one has its turn',
  );
  addLimitOptions(command.addOption(bandwidthOption()))
    .option('--json', 'print one JSON document')
    .option('-q, --quiet', 'no progress on standard error')
    .addOption(databaseOption(DATABASE))
    .addOption(dataDirOption())
    .addHelpText(
      'after',
      `
Examples:
  $ switchover roll --hosts qemu+ssh://root@host1/system qemu+ssh://root@host2/system qemu+ssh://root@host3/system \\
      --after-host /usr/local/bin/reboot-host
  $ switchover roll --hosts qemu+ssh://root@host1/system qemu+ssh://root@host2/system --to qemu+ssh://root@spare/system \\
      --after-host /usr/local/bin/upgrade-host --approve-each --return

The program of --after-host is told the host by its URI in SWITCHOVER_HOST, and has done its work when it ends: exit status 0 goes
on, others stop the roll there. Ctrl-C ends the command only: what is on its way arrives by itself.

Exit status:
  0    every host was emptied, came back, and takes VMs again
  2    wrong usage or configuration
  3    a host cannot be asked
  4    a host did not come back, or VMs remain on one after failures, by their own word, or for a person to decide
  5    VMs remain on a host: for the time, a pause limit or room; or nobody let the next one begin
  6    it is not certain where a VM runs: somebody has to look
  130  detached`,
    )
    .action(async (options) => {
      const { rollHosts } = await import('../roll.ts');
      onStatus(await rollHosts(options));
    });
}

function countOf(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST_UNAVAILABLE) return Number(text);
  throw new InvalidArgumentError(`it takes a number from 1 to ${MOST_UNAVAILABLE}`);
}
