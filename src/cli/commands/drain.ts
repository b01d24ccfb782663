import { type Command, InvalidArgumentError, Option } from 'commander';
import { ORDERS } from '../../drain/order.ts';
import { parseBytes } from '../../model/units.ts';
import { addLimitOptions, bandwidthOption, durationBetween, severalTimes } from '../options.ts';

/** By `./dev bench drain`. */
const ORDER = 'hardest-first';
const AT_A_TIME = 4;

const MOST_AT_A_TIME = 8;
const SHORTEST_MS = 1000;
const LONGEST_MS = 30 * 24 * 3600e3;

export function addDrainCommand(root: Command, onStatus: (status: number) => void): void {
  const command = root
    .command('drain <host>')
    .summary('tell how a libvirt host would be emptied: who goes where and when, and who cannot leave')
    .description(
      'Plans how all running VMs of a libvirt host would leave it: asks the pre-flight of each against each destination, probes ' +
        'them one at a time, which does not disturb them, and tells who cannot leave and what would help, who goes where, when, ' +
        'for how long each stands still, how long the whole takes and whether a deadline holds, each with its bounds. Only the ' +
        'plan is there yet: nothing is moved, and nothing is touched.',
    )
    .optionsGroup('Where to')
    .addOption(severalTimes(new Option('--to <uri>', 'a host that VMs may go to, may be repeated')))
    .addOption(
      severalTimes(
        new Option(
          '--migrateuri <uri>',
          'where its memory would be sent, like tcp://10.77.0.2; one for each --to, in the same order',
        ),
      ),
    )
    .addOption(
      severalTimes(
        new Option(
          '--apart <names>',
          'VMs of which no two may be on one host, like db1,db2; may be repeated',
        ),
      ),
    )
    .addOption(
      new Option(
        '--reserve <size>',
        'memory kept free on each destination (default: as much as the largest VM that runs there)',
      ).argParser(sizeOf),
    )
    .option('--force', 'although guests may lose memory, or have host devices')
    .optionsGroup('When')
    .option('--plan', 'only plan; needed, as nothing else is built yet')
    .option('--deadline <time>', 'by when all have to have left, like 22:00 or 2027-01-31T22:00')
    .addOption(
      new Option('--for <time>', 'how long all of it may take, like 2h').argParser(
        durationBetween(SHORTEST_MS, LONGEST_MS),
      ),
    )
    .addOption(new Option('--order <order>', 'who goes first').choices(ORDERS).default(ORDER))
    .addOption(
      new Option(
        '--at-a-time <number>',
        'the most calm VMs on a link at a time; a memory-intensive one has it alone',
      )
        .argParser(countOf)
        .default(AT_A_TIME),
    )
    .optionsGroup('How')
    .addOption(
      new Option('--probe <time>', 'the longest probe of each VM (default: 3s)').argParser(
        durationBetween(1000, 60_000),
      ),
    );
  addLimitOptions(command.addOption(bandwidthOption()))
    .option('--json', 'print one JSON document (docs/drain-plan.schema.json)')
    .option('-q, --quiet', 'no progress on standard error')
    .addHelpText(
      'after',
      `
Examples:
  $ switchover drain qemu:///system --to qemu+ssh://root@host2/system --plan --line-rate 10gbit
  $ switchover drain qemu:///system --to qemu+ssh://root@host2/system --to qemu+ssh://root@host3/system --plan --deadline 22:00
  $ switchover drain qemu:///system --to qemu+ssh://root@host2/system --plan --for 2h --json | jq .wholeMs

Exit status:
  0    all can leave, and by the deadline if there is one
  2    wrong usage or configuration, or no --plan
  3    some cannot leave, the deadline will most likely be missed, or too little is known to tell; or the host cannot be asked`,
    )
    .action(async (host, options) => {
      const { drain } = await import('../drain.ts');
      onStatus(await drain(host, options));
    });
}

function countOf(text: string): number {
  if (/^[1-9]$/.test(text) && Number(text) <= MOST_AT_A_TIME) return Number(text);
  throw new InvalidArgumentError(`it takes a number from 1 to ${MOST_AT_A_TIME}`);
}

function sizeOf(text: string): number {
  try {
    return text.trim() === '0' ? 0 : parseBytes(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
