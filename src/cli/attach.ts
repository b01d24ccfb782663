import {
  type AttachOptions,
  type Hypervisor,
  RefusedError,
  type RunningMigration,
} from '../hypervisor/hypervisor.ts';
import { domainAddress } from '../hypervisor/libvirt/address.ts';
import { stateDirectory } from '../migration/journal-file.ts';
import { unfinishedJournalOf } from '../migration/unfinished.ts';
import type { MigrationView } from '../migration/view.ts';
import { EXIT } from './exit-status.ts';
import { follow, openJournal } from './follow.ts';
import { type HostOptions, placeOf } from './hypervisor-of.ts';
import { assertUsage, type MigrationOptions, outputOf, settled } from './migration-options.ts';
import { Reporter } from './render/reporter.ts';

export interface AttachCliOptions extends MigrationOptions, HostOptions {
  readonly to?: string;
  readonly dname?: string;
}

/** `switchover attach VM`. @returns the exit status */
export async function attach(vmText: string, options: AttachCliOptions): Promise<number> {
  const reporter = new Reporter(outputOf(options), options.quiet === true);
  assertUsage(options);
  const { hypervisor, vm, libvirt } = await placeOf(vmText, options);
  const { limits: settledLimits, kind, problems } = settled(options, await libvirt?.describe(vm));
  // Whoever began it has chosen the bandwidth.
  const limits = { ...settledLimits, bandwidthBytesPerSecond: undefined };
  for (const problem of problems) reporter.say(`warning: ${problem}`);
  const stateDir = stateDirectory(options.stateDir);
  const orphan = unfinishedJournalOf(stateDir, vm);
  const to = libvirt && options.to ? domainAddress(options.to, options.dname ?? vmText) : options.to;
  const destination = to ?? orphan?.destination ?? undefined;
  if (options.to === undefined && destination !== undefined)
    reporter.say(
      `the destination is ${destination}, says the journal ${orphan?.id} that switchover left unfinished`,
    );

  const attachOptions: AttachOptions = {
    destination,
    lineRateBytesPerSecond: limits.lineRateBytesPerSecond,
    brake: limits.overBudget === 'brake',
    begunWithBrake: orphan?.limits.overBudget === 'brake',
  };
  let migration: RunningMigration;
  try {
    migration = await hypervisor.attach(vm, attachOptions);
  } catch (error) {
    if (error instanceof RefusedError && error.code === 'not-migrating' && orphan)
      return await tellWhatBecame(hypervisor, vm, destination, orphan);
    throw error;
  }
  const migrateUri = orphan?.migrateUri ?? undefined;
  const parts = {
    ...{ vm, destination, migrateUri, kind, limits, stateDir, reporter },
    origin: 'attach' as const,
  };
  const recorder = openJournal(parts, migration.guest);
  return await follow(migration, parts, recorder);
}

/** The migration ended while nobody watched: say where the guest is now, from what both ends say. */
async function tellWhatBecame(
  hypervisor: Hypervisor,
  vm: string,
  destination: string | undefined,
  orphan: MigrationView,
): Promise<number> {
  const { source, destination: other } = await hypervisor.locate(vm, destination);
  const sides = `the source is ${source}, the destination is ${other}`;
  if (other === 'running' && source !== 'running') {
    process.stdout.write(
      `completed: ${orphan.id} ended by itself; the guest runs on the destination (${sides})\n`,
    );
    return EXIT.migrated;
  }
  if (source === 'running' && other !== 'running') {
    process.stdout.write(
      `failed: ${orphan.id} ended without switchover; the guest runs on the source (${sides})\n`,
    );
    return EXIT.failed;
  }
  process.stderr.write(
    `switchover: ${orphan.id} has ended and no side clearly runs the guest (${sides}): look at both and resume one (\`cont\`, or \`virsh resume\`)\n`,
  );
  return EXIT.operator;
}
