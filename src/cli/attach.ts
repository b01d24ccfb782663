import { type AttachOptions, RefusedError, type RunningMigration } from '../hypervisor/hypervisor.ts';
import { QemuHypervisor } from '../hypervisor/qemu/qemu-hypervisor.ts';
import { journalPath, listJournals, readJournal, stateDirectory } from '../migration/journal-file.ts';
import { type MigrationView, viewOf } from '../migration/view.ts';
import { EXIT } from './exit-status.ts';
import { follow, openJournal } from './follow.ts';
import { limitsOf, type MigrationOptions, outputOf, policyOf } from './migration-options.ts';
import { Reporter } from './render/reporter.ts';

export interface AttachCliOptions extends MigrationOptions {
  readonly to?: string;
}

/** `switchover attach VM`. @returns the exit status */
export async function attach(vm: string, options: AttachCliOptions): Promise<number> {
  const limits = limitsOf(options);
  const kind = policyOf(options);
  const reporter = new Reporter(outputOf(options), options.quiet === true);
  const stateDir = stateDirectory(options.stateDir);
  const orphan = unfinishedJournalOf(stateDir, vm);
  const destination = options.to ?? orphan?.destination ?? undefined;
  if (options.to === undefined && destination !== undefined)
    reporter.say(
      `the destination is ${destination}, says the journal ${orphan?.id} that switchover left unfinished`,
    );

  const hypervisor = new QemuHypervisor();
  const attachOptions: AttachOptions = { destination, lineRateBytesPerSecond: limits.lineRateBytesPerSecond };
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

/** The newest journal of this VM whose end switchover did not see. */
function unfinishedJournalOf(stateDir: string, vm: string): MigrationView | undefined {
  for (const id of listJournals(stateDir).reverse()) {
    const view = tryView(stateDir, id);
    if (view?.vm === vm)
      return view.outcome === undefined || view.outcome.outcome === 'detached' ? view : undefined;
  }
  return undefined;
}

function tryView(stateDir: string, id: string): MigrationView | undefined {
  try {
    return viewOf(readJournal(journalPath(stateDir, id)));
  } catch {
    // A damaged journal of another migration is no reason not to take this one over.
    return undefined;
  }
}

/** The migration ended while nobody watched: say where the guest is now, from what both ends say. */
async function tellWhatBecame(
  hypervisor: QemuHypervisor,
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
    `switchover: ${orphan.id} has ended and no side clearly runs the guest (${sides}): look at both and resume (\`cont\`) one\n`,
  );
  return EXIT.operator;
}
