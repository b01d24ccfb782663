import { Argument, type Command, Option } from 'commander';
import { DECISIONS } from '../../drain/own-word.ts';
import {
  addLimitOptions,
  bandwidthOption,
  databaseOption,
  dataDirOption,
  durationBetween,
  severalTimes,
} from '../options.ts';
import {
  addMannerOptions,
  addPlacementOptions,
  DATABASE,
  LONGEST_MS,
  SHORTEST_MS,
  withStore,
} from './drain-options.ts';
import { addServerOptions } from './server-options.ts';

export function addDrainCommand(root: Command, onStatus: (status: number) => void): void {
  const command = root
    .command('drain <host>')
    .summary('empty a libvirt host: move its VMs away, and tell which cannot leave, and why')
    .description(
      'Moves all running VMs of a libvirt host away. First it plans: asks the pre-flight of each against each destination, probes ' +
        'them one at a time, which does not disturb them, and tells who cannot leave and what would help, who goes where, when, ' +
        'for how long each stands still, how long the whole takes and whether a deadline holds, each with its bounds. Then it ' +
        'moves those that can leave, and says that the host is empty once the host itself said so twice, ten seconds apart. ' +
        'Nothing is shut down but what says so itself (maintenance="shutdown" in its metadata or the configuration), or what a ' +
        'person says it of. With --plan nothing is moved, and nothing is touched.',
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
    );
  addPlacementOptions(command)
    .optionsGroup('When')
    .option('--plan', 'only plan: nothing is touched')
    .option('--all-or-nothing', 'move none of them, if not all can leave')
    .option('--deadline <time>', 'by when all have to have left, like 22:00 or 2027-01-31T22:00')
    .addOption(
      new Option('--for <time>', 'how long all of it may take, like 2h').argParser(
        durationBetween(SHORTEST_MS, LONGEST_MS),
      ),
    )
    .option('--abort-running', 'at the deadline cancel what is on its way, too: those VMs stay');
  addMannerOptions(command).option(
    '--return',
    'bring back what left once the host is released (`drain release`)',
  );
  addServerOptions(addLimitOptions(command.addOption(bandwidthOption())))
    .optionsGroup('Output')
    .option(
      '--json',
      'print one JSON document (docs/drain.schema.json; with --plan docs/drain-plan.schema.json)',
    )
    .option('-q, --quiet', 'no progress on standard error')
    .addOption(databaseOption(DATABASE))
    .addOption(dataDirOption())
    .addHelpText(
      'after',
      `
Examples:
  $ switchover drain qemu:///system --to qemu+ssh://root@host2/system --plan --line-rate 10gbit
  $ switchover drain qemu:///system --to qemu+ssh://root@host2/system --to qemu+ssh://root@host3/system --deadline 22:00
  $ switchover drain qemu:///system --to qemu+ssh://root@host2/system --for 2h --json | jq .state
  $ switchover drain release qemu:///system

The same command again goes on with the drain that the host has, and tries again what waits for a person. Ctrl-C, as SIGTERM,
ends the command only: what is on its way arrives by itself, and nothing new begins until somebody goes on with it.

Exit status:
  0    no VM is left there; with --plan: all can leave, and by the deadline if there is one
  2    wrong usage or configuration
  3    refused, and nothing was moved; with --plan: some cannot leave, the deadline will most likely be missed, or too little
       is known to tell; or the host cannot be asked
  4    some remain after failures, by their own word, or for a person to decide
  5    some remain: the deadline has passed, no pause within the limits is possible, there is no room, or it was cancelled
  6    it is not certain where a VM runs: somebody has to look
  130  detached`,
    )
    .action(async (host, options) => {
      if (options.server === undefined) onStatus(await (await import('../drain.ts')).drain(host, options));
      else onStatus(await (await import('../by-server/drains.ts')).drainByServer(host, options));
    });
  addDrainActs(command, onStatus);
  addServerOptions(withStore(root.command('drains')))
    .summary('list the drains that there are and were')
    .description('Lists drains, the newest first.')
    .option('--json', 'print one JSON document')
    .action(async (options) => {
      if (options.server === undefined) onStatus(await (await import('../drain-acts.ts')).drains(options));
      else onStatus(await (await import('../by-server/drains.ts')).drainsByServer(options));
    });
  addServerOptions(withStore(root.command('cordon <host>')))
    .summary('have no drain move a VM to a host')
    .description(
      'Marks a host, by the URI that drains name it by, so that no drain moves a VM there. libvirt itself knows nothing of it.',
    )
    .option('--reason <text>', 'why, for whoever looks at it later')
    .action(async (host, options) => {
      if (options.server === undefined)
        onStatus(await (await import('../drain-acts.ts')).cordon(host, options));
      else onStatus(await (await import('../by-server/drains.ts')).cordonByServer('cordon', host, options));
    });
  addServerOptions(withStore(root.command('uncordon <host>')))
    .summary('let drains move VMs to a host again')
    .description('Takes the mark of `cordon` away.')
    .action(async (host, options) => {
      if (options.server === undefined)
        onStatus(await (await import('../drain-acts.ts')).uncordon(host, options));
      else onStatus(await (await import('../by-server/drains.ts')).cordonByServer('uncordon', host, options));
    });
}

/** Of a drain that there is. Options that `drain` has too are taken by it, wherever they stand. */
function addDrainActs(drain: Command, onStatus: (status: number) => void): void {
  const add = (name: ActName, summary: string) =>
    withStore(drain.command(`${name} <host-or-id>`))
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}. A host means its newest drain.`)
      .option('--json', 'print one JSON document (docs/drain.schema.json)')
      .action(async (which, _, command: Command) => {
        const options = command.optsWithGlobals();
        if (options['server'] !== undefined) {
          const { actByServer } = await import('../by-server/drains.ts');
          return onStatus(await actByServer(name, which, options));
        }
        const acts = await import('../drain-acts.ts');
        onStatus(await acts[name === 'return' ? 'bringBack' : name](which, options));
      });
  add('show', 'tell how a drain stands');
  withStore(
    drain
      .command('decide <host-or-id> <vm>')
      .addArgument(new Argument('<decision>', 'what is done with it').choices(DECISIONS)),
  )
    .summary('decide what is done with one VM, whatever its own word is')
    .description(
      'Says what a drain does with one of its VMs, by name or UUID, that waits for a person, is queued, or was left: move it, shut ' +
        'it down, shut it down until its host is released, or leave it where it is. Options for limits, such as --max-downtime, hold ' +
        'for this VM alone. Whoever carries the drain out goes on with it.',
    )
    .option('--json', 'print one JSON document (docs/drain.schema.json)')
    .addHelpText(
      'after',
      `
Examples:
  $ switchover drain decide qemu:///system db1 move --max-downtime 8s
  $ switchover drain decide qemu:///system cache1 shutdown`,
    )
    .action(async (which, vm, decision, _, command: Command) => {
      const options = command.optsWithGlobals();
      if (options['server'] !== undefined) {
        const { decideByServer } = await import('../by-server/drains.ts');
        return onStatus(await decideByServer(which, vm, decision, options));
      }
      const acts = await import('../drain-acts.ts');
      onStatus(await acts.decide(which, vm, decision, options));
    });
  add('pause', 'begin no more moves; what runs goes on');
  add('resume', 'go on with a drain that was paused');
  // Its --abort-running is the one above.
  add(
    'cancel',
    'begin no more moves, for good; what is on its way arrives, unless --abort-running says that it stays',
  );
  add('release', 'let the host be moved to again, whatever its drain is doing');
  const back = add('return', 'bring back what left, and start what was shut down to return');
  back.option('-q, --quiet', 'no progress on standard error').addHelpText(
    'after',
    `
What somebody has moved since stays where it is. The drain ends with it. --to says how the hosts that the VMs are on reach this one,
--migrateuri where their memory is sent; left out, by the URI that the drain has.

Examples:
  $ switchover drain return qemu+ssh://root@host1/system
  $ switchover drain return qemu:///system --to qemu+ssh://root@host1/system`,
  );
}

type ActName = 'show' | 'pause' | 'resume' | 'cancel' | 'release' | 'return';
