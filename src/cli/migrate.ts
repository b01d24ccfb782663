import { type Destination, type Hypervisor, RefusedError } from '../hypervisor/hypervisor.ts';
import { decline } from '../migration/decline.ts';
import { foresee, GLANCE, QUICK_LOOK } from '../migration/foresee.ts';
import { stateDirectory } from '../migration/journal-file.ts';
import { PROBE_MS } from '../migration/probe.ts';
import { startOptionsOf } from '../migration/start-options.ts';
import type { Limits } from '../policy/policy.ts';
import { dryRun } from './dry-run.ts';
import { exitStatusOf } from './exit-status.ts';
import { follow, openJournal } from './follow.ts';
import {
  assertNoLibvirtFlags,
  type HostOptions,
  isQemuAddress,
  type LibvirtFlags,
  libvirtDestination,
  type MigrateUriFlags,
  placeOf,
  virshMigrateOptions,
} from './hypervisor-of.ts';
import { assertUsage, type MigrationOptions, outputOf, settled } from './migration-options.ts';
import { Reporter } from './render/reporter.ts';
import { UsageError } from './usage-error.ts';

export interface MigrateOptions extends MigrationOptions, HostOptions, LibvirtFlags, MigrateUriFlags {
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** `switchover migrate VM DESTINATION`. @returns the exit status */
export async function migrate(vm: string, destinationText: string, options: MigrateOptions): Promise<number> {
  const output = outputOf(options);
  const reporter = new Reporter(output, options.quiet === true);
  assertUsage(options);
  const place = await placeOf(vm, options, virshMigrateOptions(options));
  const destination = destinationOf(vm, destinationText, options);
  const { limits, kind, problems } = settled(options, await place.libvirt?.describe(place.vm));
  for (const problem of problems) reporter.say(`warning: ${problem}`);
  const { hypervisor } = place;
  const probeMs = kind.foresees && probesUnderWay(hypervisor, limits) ? PROBE_MS : undefined;
  const startOptions = startOptionsOf(kind, limits, options.force === true, probeMs);

  if (options.dryRun)
    return await dryRun({
      hypervisor,
      vm: place.vm,
      destination,
      checks: startOptions,
      limits,
      json: output !== 'text',
    });
  const { guest, findings, notes } = await hypervisor.check(place.vm, destination, startOptions);
  RefusedError.throwAny(findings);
  if (!options.quiet) for (const note of notes) reporter.say(`note: ${note}`);

  const parts = {
    ...{ vm: place.vm, kind, limits, origin: 'migrate' as const },
    destination: destination.vm,
    migrateUri: destination.migrateUri,
    stateDir: stateDirectory(options.stateDir),
    reporter,
  };
  const intended = { guest, destination, cap: limits.bandwidthBytesPerSecond };
  const known = kind.foresees
    ? await foresee(hypervisor, intended, parts.stateDir, probeMs === undefined ? QUICK_LOOK : GLANCE)
    : undefined;
  // Before anything is touched: a migration that leaves no trace is not begun.
  const recorder = openJournal(parts, guest);
  if (known) recorder.write(0, { type: 'foreseen', known: known.known, tookMs: known.tookMs });
  const before = known && kind.begin(limits, known.known).beforeStart?.();
  if (before?.action === 'abort') {
    const outcome = decline(before, recorder);
    recorder.close();
    return exitStatusOf(outcome);
  }
  const migration = await hypervisor.start(place.vm, destination, startOptions).catch((error: unknown) => {
    recorder.discard();
    throw error;
  });
  return await follow(migration, parts, recorder, known?.known);
}

/** Before the start a probe costs its time: only where what it finds may keep the migration from beginning at all. */
function probesUnderWay(hypervisor: Hypervisor, limits: Limits): boolean {
  const mayDecline = limits.lineRateBytesPerSecond !== undefined && limits.overBudget === 'abort';
  return hypervisor.probesUnderWay && !mayDecline;
}

/** @throws {UsageError} when what belongs to libvirt meets a QEMU, or the other way round */
export function destinationOf(
  vm: string,
  text: string,
  options: HostOptions & LibvirtFlags & MigrateUriFlags,
): Destination {
  if (!isQemuAddress(vm)) return libvirtDestination(text, vm, options);
  assertNoLibvirtFlags(vm, options);
  if (options.migrateUri === undefined)
    throw new UsageError(
      '--migrate-uri is needed: where the destination listens for the memory, like tcp:10.77.0.2:4444',
    );
  return { vm: text, migrateUri: options.migrateUri, listenUri: options.listenUri };
}
