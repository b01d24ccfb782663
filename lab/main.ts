/**
 * `./dev lab`: real guests to try switchover on, kept until they are taken down.
 */
import { down } from './commands/down.ts';
import { enter } from './commands/enter.ts';
import { kvm } from './commands/kvm.ts';
import { link } from './commands/link.ts';
import { restartDestination } from './commands/restart-destination.ts';
import { status } from './commands/status.ts';
import { sweep } from './commands/sweep.ts';
import { up } from './commands/up.ts';
import { verify } from './commands/verify.ts';
import { UsageError } from './usage-error.ts';

const HELP = `./dev lab: hosts with a slow link on this machine, and a real guest to migrate

  up [options]                  boot a guest on the source, and an empty QEMU on the destination
      --libvirt                 hosts with a libvirtd each instead, and the guest vm1 on the first
      --kvm                     guests on KVM, in a host that QEMU emulates: slow, but KVM is real there
      --hosts N                 how many of those, 2 to 4 (default 2)
      --id ID                   name of the lab (default: a random one)
      --workload KIND           idle, loop, random, hotcold or phases: the lab's own (default loop); or a real
                                application under load, in an image built on first use (see docs/lab.md):
                                redis, memcached, pgbench, stress-ng or compress
      --wss SIZE                memory that the guest rewrites (default 128M, or the application's own)
      --rate N                  pages a second that it writes, 0 = flat out (default 0; the lab's own only)
      --page word|text|full     a few bytes of each page, or all of it, like text or incompressible (default full)
      --busy TIME --calm TIME   for phases (default 5s each)
      --method NAME             for stress-ng: zero-one (the default), rand-set, ror and others
      --memory SIZE             of the guest (default 512M)
      --link RATE               of each host's network (default 480mbit)
      --no-wait                 do not wait until the guest is at work
      --json                    one JSON document instead of text
  status [--json]               which labs there are, and where their guests run
  verify [ID] [--side source|destination] [--json]
                                has the guest check its memory (--side: not with libvirt)
  link ID cut|restore|rate RATE pulls the cable, plugs it in, or reshapes it
  restart-destination [ID]      a new empty QEMU after a failed or cancelled migration (not with libvirt)
  enter [ID [COMMAND...]]       a shell on the KVM host of a lab, or one command there
  kvm COMMAND...                one command on a KVM host that lives only as long
  down [ID|--all]               ends a lab
  sweep                         removes what crashed labs have left

ID may be left out while there is one lab only (not for link).

  ./dev lab up --workload hotcold --wss 256M --memory 1G
  ./dev lab up --workload redis
  ./dev lab up --libvirt --hosts 3
  ./dev lab up --kvm
  ./dev lab link a1b2c3 rate 100mbit
`;

const COMMANDS: Record<string, (args: readonly string[]) => Promise<number>> = {
  up,
  status,
  verify,
  enter,
  kvm,
  link,
  'restart-destination': restartDestination,
  down,
  sweep,
};

/** Their words are another command's. */
const RUNS_OTHERS = new Set(['enter', 'kvm']);

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (
    name === undefined ||
    name === 'help' ||
    name === '--help' ||
    name === '-h' ||
    (args.includes('--help') && !RUNS_OTHERS.has(name))
  ) {
    process.stdout.write(HELP);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command "${name}": see ./dev lab help`);
  return await command(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`lab: ${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError || (error as Error).name === 'LabIdError' ? 2 : 1;
}
