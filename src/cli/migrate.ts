import { type CheckOptions, type Destination, RefusedError } from '../hypervisor/hypervisor.ts';
import { QemuHypervisor } from '../hypervisor/qemu/qemu-hypervisor.ts';
import { stateDirectory } from '../migration/journal-file.ts';
import { follow, openJournal } from './follow.ts';
import { limitsOf, type MigrationOptions, outputOf, policyOf } from './migration-options.ts';
import { Reporter } from './render/reporter.ts';
import { UsageError } from './usage-error.ts';

export interface MigrateOptions extends MigrationOptions {
  readonly migrateUri?: string;
  readonly listenUri?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** `switchover migrate VM DESTINATION`. @returns the exit status */
export async function migrate(vm: string, destinationVm: string, options: MigrateOptions): Promise<number> {
  const limits = limitsOf(options);
  const kind = policyOf(options);
  const output = outputOf(options);
  if (options.migrateUri === undefined)
    throw new UsageError(
      '--migrate-uri is needed: where the destination listens for the memory, like tcp:10.77.0.2:4444',
    );
  const destination: Destination = {
    vm: destinationVm,
    migrateUri: options.migrateUri,
    listenUri: options.listenUri,
  };
  const checks: CheckOptions = { force: options.force === true, postCopy: limits.overBudget === 'post-copy' };

  const hypervisor = new QemuHypervisor();
  const { guest, findings } = await hypervisor.check(vm, destination, checks);
  const [first, ...others] = findings;
  if (first) throw RefusedError.of([first, ...others]);
  if (options.dryRun) {
    process.stdout.write(
      `${vm} can be migrated to ${destinationVm}: nothing forbids it, and nothing was touched\n`,
    );
    return 0;
  }

  const parts = {
    ...{ vm, kind, limits, origin: 'migrate' as const },
    destination: destinationVm,
    migrateUri: options.migrateUri,
    stateDir: stateDirectory(options.stateDir),
    reporter: new Reporter(output, options.quiet === true),
  };
  // Before anything is touched: a migration that leaves no trace is not begun.
  const recorder = openJournal(parts, guest);
  const migration = await hypervisor
    .start(vm, destination, {
      ...checks,
      downtimeLimitMs: kind.begin(limits).initialDowntimeLimitMs,
      bandwidthBytesPerSecond: limits.bandwidthBytesPerSecond,
      lineRateBytesPerSecond: limits.lineRateBytesPerSecond,
    })
    .catch((error: unknown) => {
      recorder.discard();
      throw error;
    });
  return await follow(migration, parts, recorder);
}
