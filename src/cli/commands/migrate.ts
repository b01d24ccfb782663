import { type Command, InvalidArgumentError, Option } from 'commander';
import { USUAL_TLS_FOLDER } from '../../hypervisor/stream-tls.ts';
import { COMPRESSIONS } from '../../model/streams.ts';
import { addMigrationOptions, addRunOptions, bandwidthOption } from '../options.ts';
import { connectOption, destConnectOption } from './connect-options.ts';
import { EXIT_HELP, policyHelp, SIGNALS_HELP } from './help-texts.ts';
import { addServerOptions } from './server-options.ts';

const LIBVIRT = 'libvirt:';
const QEMU = 'QEMU:';

/** @param policies names that --policy takes */
export function addMigrateCommand(
  root: Command,
  onStatus: (status: number) => void,
  policies: readonly string[],
): void {
  const command = root
    .command('migrate <vm> <destination>')
    .summary('migrate a running guest')
    .description(
      'Migrates a guest. A libvirt domain is given by its name, and the destination by the URI of its host as the ' +
        'source host reaches it; options are called as in virsh. A QEMU without libvirt is given by its QMP ' +
        'socket, like the QEMU that waits for the guest with -incoming defer or an open incoming port.',
    )
    .optionsGroup('What is migrated, and where to')
    .addOption(connectOption())
    .addOption(destConnectOption())
    .option('--migrateuri <uri>', `${LIBVIRT} where the memory is sent, like tcp://10.77.0.2`)
    .option('--listen-address <address>', `${LIBVIRT} what the destination binds`)
    .option('--dname <name>', `${LIBVIRT} the domain's name on the destination`)
    .addOption(
      new Option('--migrate-uri <uri>', `${QEMU} where the destination listens for the memory`).env(
        'SWITCHOVER_MIGRATE_URI',
      ),
    )
    .option('--listen-uri <uri>', `${QEMU} what the destination binds, when it differs (tcp:0.0.0.0:4444)`)
    .option(
      '--destination-starts-itself',
      `${QEMU} as QEMU does it: the destination runs the guest without a word of switchover's; a link cut in the last moment can then leave both sides running it`,
    )
    .option('--dry-run', 'check both ends and tell how the guest uses its memory; touch nothing')
    .option('--force', 'migrate although the guest may lose memory, or has host devices')
    .optionsGroup('As in virsh (libvirt only)')
    .option('--persistent', 'define the domain on the destination')
    .option('--undefinesource', 'undefine it on the source')
    .option('--copy-storage-all', 'copy disks that are not shared')
    .option('--copy-storage-inc', 'copy what disks hold above a base image that both sides have')
    .option(
      '--tls-destination <name>',
      "the name in the destination's certificate, when it is not its host's",
    )
    .option('--postcopy', 'make post-copy possible (it is entered only with --over-budget post-copy)')
    .option('--auto-converge', 'let QEMU slow the guest down')
    .option('--unsafe', "forgo libvirt's check of disks and their caches")
    .addOption(new Option('--p2p', 'always so: the job outlives this command').hideHelp())
    .addOption(new Option('--live', 'always so').hideHelp())
    .optionsGroup('How')
    .option('--parallel', 'send memory over several connections (multifd)')
    .addOption(new Option('--parallel-connections <number>', 'how many; default 2').argParser(connections))
    .addOption(
      new Option(
        '--compress <method>',
        'compress pages on several connections, for less time, data and pause at the price of processor time; auto: where a sample of them says that it is worth it',
      ).choices(['auto', ...COMPRESSIONS]),
    );
  command
    .optionsGroup('Encryption')
    .option(
      '--tls',
      'encrypt the memory on its way; each side has to have a certificate that the other accepts',
    )
    .option('--no-tls', 'do not, though the configuration says so')
    .option(
      '--tls-dir <folder>',
      `${QEMU} where each host has ca-cert.pem and its certificates (default: ${USUAL_TLS_FOLDER})`,
    )
    .option('--tls-destination-dir <folder>', `${QEMU} where the destination has them, when it differs`)
    .option(
      '--tls-creds <id>',
      `${QEMU} use the tls-creds-x509 objects of this id, which both QEMUs have already`,
    )
    .option(
      '--tls-hostname <name>',
      `${QEMU} the name in the destination's certificate, when it is not the host of --migrate-uri`,
    )
    .addOption(
      new Option(
        '--tls-authz <name>',
        `${QEMU} the distinguished name in the source's certificate, and no other, is let in (may be repeated); or the id of an authorization object`,
      ).argParser((name, names: string[] = []) => [...names, name]),
    )
    .optionsGroup('How');
  addServerOptions(addRunOptions(addMigrationOptions(command.addOption(bandwidthOption()), policies)))
    .addHelpText(
      'after',
      `
Examples:
  $ switchover migrate vm1 qemu+ssh://root@host2/system
  $ switchover migrate vm1 qemu+ssh://root@host2/system --dry-run --line-rate 10gbit
  $ switchover migrate --connect qemu+ssh://root@host1/system vm1 qemu+tls://host2/system --max-downtime 1s --persistent
  $ switchover migrate qmp:/run/vm1.sock qmp:/run/vm1-dest.sock --migrate-uri tcp:10.77.0.2:4444
  $ switchover migrate qmp:a.sock qmp:b.sock --migrate-uri tcp:10.77.0.2:4444 --compress zstd
  $ switchover migrate qmp:a.sock qmp:b.sock --migrate-uri tcp:host2:4444 --tls --tls-authz O=Example,CN=host1
  $ switchover migrate qmp:a.sock qmp:b.sock --migrate-uri tcp:10.77.0.2:4444 --json > result.json
  $ switchover migrate vm1 qemu+ssh://root@host2/system --server https://host1.example.org:8686 --token-file token

Policies:
${policyHelp()}
Those of other systems, to compare with, are taken by \`switchover simulate\` and \`switchover replay\`.

Sizes are written like 512MiB or 64MB, rates like 480mbit or 60MB/s, times like 300ms, 5s or 10m.
Where it says so an option can be set in the environment (SWITCHOVER_MAX_DOWNTIME=1s); a flag goes before it, and
it before the configuration (\`switchover config show\`).
${SIGNALS_HELP}
${EXIT_HELP}`,
    )
    .action(async (vm, destination, options) => {
      if (options.server !== undefined) {
        const { migrateByServer } = await import('../by-server/migrate.ts');
        onStatus(await migrateByServer(vm, destination, options));
        return;
      }
      const { migrate } = await import('../migrate.ts');
      onStatus(await migrate(vm, destination, options));
    });
}

/** QEMU takes as many. */
const MOST_CONNECTIONS = 255;

function connections(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text) || Number(text) > MOST_CONNECTIONS)
    throw new InvalidArgumentError(`it takes a whole number from 1 to ${MOST_CONNECTIONS}`);
  return Number(text);
}
