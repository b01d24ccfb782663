/** What a simulated libvirtd answers to the commands of virsh that the driver uses, in virsh's own words. */
import type { Daemon } from './daemon.ts';
import { domainXml, type HostDomain, LibvirtRefusal } from './host-domain.ts';

export interface CommandParts {
  readonly uri: string;
  readonly hostUuid: string;
  readonly memoryBytes: number;
  readonly qemuVersion: string;
  /** @throws {LibvirtRefusal} */
  migrate(args: readonly string[]): Promise<void>;
}

const GIB_IN_KIB = 2 ** 20;

/** @returns what it prints @throws {LibvirtRefusal} */
export async function answerTo(
  daemon: Daemon,
  args: readonly string[],
  parts: CommandParts,
): Promise<string> {
  const [command = ''] = args;
  switch (command) {
    case 'uri':
      return `${parts.uri}\n`;
    case 'version':
      return `Compiled against library: libvirt 11.3.0\nUsing library: libvirt 11.3.0\nUsing API: QEMU 11.3.0\nRunning hypervisor: QEMU ${parts.qemuVersion}\nRunning against daemon: 11.3.0\n`;
    case 'hostname':
      return `${daemon.host.side}\n`;
    case 'capabilities':
      return `<capabilities><host><uuid>${parts.hostUuid}</uuid></host></capabilities>`;
    case 'nodememstats':
      return `total  : ${16 * GIB_IN_KIB} KiB\nfree   : ${8 * GIB_IN_KIB} KiB\nbuffers: 0 KiB\ncached : ${GIB_IN_KIB} KiB\n`;
    case 'domcapabilities':
      return '<domainCapabilities/>';
    case 'snapshot-list':
      return '';
    case 'list':
      return listed(daemon.host.domain, args);
    default:
      return await answerOfDomain(daemon, named(daemon, args), args, parts);
  }
}

/** A line each, and an empty one at the end. */
function listed(domain: HostDomain | undefined, args: readonly string[]): string {
  const isWanted = args.includes('--all') || args.includes('--inactive') === (domain?.state === 'shut off');
  if (!domain || !isWanted) return '\n';
  const columns = [
    ...(args.includes('--uuid') ? [domain.uuid] : []),
    ...(args.includes('--name') ? [domain.name] : []),
  ];
  return `${columns.join(' ')}\n\n`;
}

/** @throws {LibvirtRefusal} */
function named({ host: { domain } }: Daemon, args: readonly string[]): HostDomain {
  const option = args.find((arg) => arg.startsWith('--domain='));
  const name = option?.slice('--domain='.length) ?? args[1] ?? '';
  if (domain && (domain.uuid === name || domain.name === name)) return domain;
  throw new LibvirtRefusal(`failed to get domain '${name}'`);
}

async function answerOfDomain(
  daemon: Daemon,
  domain: HostDomain,
  args: readonly string[],
  parts: CommandParts,
): Promise<string> {
  switch (args[0]) {
    case 'domuuid':
      return `${domain.uuid}\n`;
    case 'domname':
      return `${domain.name}\n`;
    case 'dumpxml':
      return domainXml(domain, parts.memoryBytes);
    case 'domstate':
      return `${domain.state} (${domain.reason})\n`;
    case 'metadata':
      return await metadata(daemon, args);
    case 'domjobinfo':
      return await jobInfo(daemon);
    case 'migrate-getspeed':
      return `${daemon.active.speedMebibytes}\n`;
    case 'migrate-setspeed':
      assertOutgoingOrNone(daemon.active);
      daemon.active.speedMebibytes = optionValue(args, 'bandwidth');
      await daemon.monitor('migrate-set-parameters', {
        'max-bandwidth': daemon.active.speedMebibytes * 2 ** 20,
      });
      return '';
    case 'migrate-getmaxdowntime':
      return `${Number((await daemon.monitor('query-migrate-parameters'))['downtime-limit'])}\n`;
    case 'migrate-setmaxdowntime':
      assertOutgoingOrNone(daemon.active);
      await daemon.monitor('migrate-set-parameters', { 'downtime-limit': optionValue(args, 'downtime') });
      return '';
    case 'domjobabort':
      return await abort(daemon);
    case 'suspend':
      assertOutgoingOrNone(daemon.active);
      if (daemon.active.state === 'running') await daemon.monitor('stop');
      return '';
    case 'resume':
      return await resume(daemon);
    case 'migrate':
      await parts.migrate(args);
      return '';
    default:
      throw new LibvirtRefusal(`unknown command: '${args[0]}'`);
  }
}

/** Named, or behind the domain. */
function optionValue(args: readonly string[], option: string): number {
  const named = args.find((arg) => arg.startsWith(`--${option}=`));
  return Number(named?.slice(option.length + 3) ?? args[2]);
}

/** While a guest comes in hardly anything is admitted. */
function assertOutgoingOrNone({ job }: HostDomain): void {
  if (job?.way === 'in')
    throw new LibvirtRefusal(
      'Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatchDomainMigratePrepare3Params)',
    );
}

async function metadata(daemon: Daemon, args: readonly string[]): Promise<string> {
  const set = args.find((arg) => arg.startsWith('--set='));
  const { mark } = daemon.active;
  if (set === undefined && !args.includes('--remove')) {
    if (mark !== '') return `${mark}\n`;
    throw new LibvirtRefusal('metadata not found: Requested metadata element is not present');
  }
  // What changes the domain is not admitted beside its migration.
  await daemon.untilNoJob();
  daemon.active.mark = set?.slice('--set='.length) ?? '';
  return '';
}

async function jobInfo(daemon: Daemon): Promise<string> {
  const { job } = daemon.active;
  if (!job) return 'Job type: 0\n';
  if (job.way === 'in')
    throw new LibvirtRefusal(
      'Requested operation is not valid: migration statistics are available only on the source host',
    );
  const info = job.phase === 'perform3' ? await daemon.monitor('query-migrate') : {};
  // Counted behind QEMU's answer, however long that takes.
  const head = `Job type: 2\noperation: 5\ntime_elapsed: ${Math.floor(daemon.clock.now() - job.beganMs)}\n`;
  const ram = info['ram'] as Record<string, number> | undefined;
  if (!ram) return head;
  const throttle = info['cpu-throttle-percentage'];
  return [
    head.trimEnd(),
    `data_processed: ${ram['transferred']}`,
    `memory_total: ${ram['total']}`,
    `memory_remaining: ${ram['remaining']}`,
    `memory_normal_bytes: ${ram['normal-bytes']}`,
    `memory_iteration: ${ram['dirty-sync-count']}`,
    ...(throttle === undefined ? [] : [`auto_converge_throttle: ${throttle}`]),
    '',
  ].join('\n');
}

async function abort(daemon: Daemon): Promise<string> {
  const { job } = daemon.active;
  if (!job) throw new LibvirtRefusal('Requested operation is not valid: no job is active on the domain');
  if (job.way === 'in')
    throw new LibvirtRefusal(
      'Requested operation is not valid: cannot abort incoming migration; use virDomainDestroy instead',
    );
  job.abortAsked = true;
  daemon.changed();
  if (job.phase === 'perform3') await daemon.monitor('migrate_cancel');
  return '';
}

async function resume(daemon: Daemon): Promise<string> {
  await daemon.untilNoJob();
  const { state } = daemon.active;
  if (state === 'running')
    throw new LibvirtRefusal('Requested operation is not valid: domain is already running');
  await daemon.startCpus('unpaused');
  return '';
}
