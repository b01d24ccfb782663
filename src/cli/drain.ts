import { drainDocumentOf } from '../drain/document.ts';
import type { Order } from '../drain/order.ts';
import { lookUpDomain } from '../hypervisor/libvirt/domain/domain.ts';
import { lookAtHost } from '../hypervisor/libvirt/host-look.ts';
import { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import { isQemuSocket } from '../hypervisor/vm-address.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { shown } from '../model/shown.ts';
import { type DrainTo, planDrainOf } from '../service/plan-drain.ts';
import { parseDeadline } from './deadline.ts';
import { EXIT } from './exit-status.ts';
import { assertUsage, type MigrationOptions, settled } from './migration-options.ts';
import { standardError } from './output/standard.ts';
import { drainText } from './render/drain-text.ts';
import { UsageError } from './usage-error.ts';

export interface DrainOptions extends Omit<MigrationOptions, 'output'> {
  readonly to?: readonly string[];
  readonly migrateuri?: readonly string[];
  readonly plan?: boolean;
  readonly deadline?: string;
  /** In milliseconds. */
  readonly for?: number;
  readonly atATime: number;
  readonly order: Order;
  readonly reserve?: number;
  readonly apart?: readonly string[];
  readonly force?: boolean;
  readonly probe?: number;
}

const LONGEST_PROBE_MS = 3000;
/** libvirt probes in whole seconds. */
const SHORTEST_PROBE_MS = 1000;

/** `switchover drain HOST --to HOST… --plan`. @returns the exit status */
export async function drain(host: string, options: DrainOptions): Promise<number> {
  if (!options.plan)
    throw new UsageError(
      'draining itself is not built yet: add --plan, which tells who goes where, when and for how long and touches nothing, and then move the VMs in its order with `switchover migrate`',
    );
  const to = destinationsOf(host, options);
  const deadlineInMs = deadlineOf(options);
  assertUsage(options);
  const longestMs = options.probe ?? LONGEST_PROBE_MS;
  const told = new Set<string>();
  const planned = await planDrainOf(
    {
      ...{ host, to, deadlineInMs, order: options.order, atATime: options.atATime },
      reserveBytes: options.reserve,
      apart: (options.apart ?? []).map(groupOf),
      force: options.force === true,
      probesMs: [SHORTEST_PROBE_MS, longestMs].filter((each, index) => index === 1 || each < longestMs),
    },
    {
      hypervisor: new LibvirtHypervisor(),
      store: new FolderJournals(stateDirectory(options.stateDir)),
      lookAtHost,
      lookUp: async (vm) => {
        const { facts, description } = await lookUpDomain(vm);
        const { metadata, metadataNamespaces } = description;
        return { facts, metadata, metadataNamespaces };
      },
      settingsOf: (domain) => {
        const { limits, kind, problems } = settled(options, domain);
        for (const problem of problems) if (!told.has(problem)) say(`warning: ${problem}`);
        for (const problem of problems) told.add(problem);
        return { limits, kind };
      },
      say: (sentence) => {
        if (!options.quiet) say(`drain: ${sentence}`);
      },
    },
  );
  process.stdout.write(
    options.json ? `${JSON.stringify(drainDocumentOf(planned), null, 2)}\n` : drainText(planned),
  );
  return planned.plan.verdict === 'all-leave' ? EXIT.migrated : EXIT.refused;
}

/** @throws {UsageError} */
function destinationsOf(host: string, { to = [], migrateuri = [] }: DrainOptions): DrainTo[] {
  for (const uri of [host, ...to]) assertHost(uri);
  if (to.length === 0)
    throw new UsageError(
      '--to is missing: name the hosts that the VMs may go to, like --to qemu+ssh://root@host2/system',
    );
  if (to.includes(host))
    throw new UsageError(`${host} is to be emptied, so it is no destination: leave it out of --to`);
  if (new Set(to).size < to.length) throw new UsageError('--to names a host twice');
  if (migrateuri.length > 0 && migrateuri.length !== to.length)
    throw new UsageError(
      `there are ${to.length} --to and ${migrateuri.length} --migrateuri: give one for each destination, in the same order, or none`,
    );
  return to.map((uri, index) => ({ uri, migrateUri: migrateuri[index] }));
}

/** @throws {UsageError} for what is no libvirt URI: virsh must not take it for an option, and a QEMU is no host */
function assertHost(uri: string): void {
  if (isQemuSocket(uri))
    throw new UsageError(
      `${uri} is the monitor of a QEMU: a drain is of a libvirt host, like qemu:///system`,
    );
  if (!/^[a-z][\w+.-]*:\/\/\S*$/i.test(uri) || uri.includes('#'))
    throw new UsageError(
      `"${uri}" is no libvirt URI: write it like qemu:///system or qemu+ssh://root@host2/system`,
    );
}

/** @throws {UsageError} */
function deadlineOf({ deadline, for: forMs }: DrainOptions): () => number | undefined {
  if (deadline !== undefined && forMs !== undefined)
    throw new UsageError('--deadline and --for mean the same: give one of them');
  if (deadline === undefined) return () => forMs;
  const atMs = parseDeadline(deadline, new Date());
  return () => atMs - Date.now();
}

/** @throws {UsageError} */
function groupOf(text: string): string[] {
  const names = text.split(',').flatMap((name) => name.trim() || []);
  if (names.length < 2) throw new UsageError(`--apart ${text}: name at least two VMs, like --apart db1,db2`);
  return names;
}

function say(sentence: string): void {
  standardError().write(`${shown(sentence)}\n`);
}
