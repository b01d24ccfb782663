/** One migration that the daemon takes over, from its first sign to its end. */
import type { Config } from '../config/config.ts';
import { limitsOf, policyOf } from '../config/settings.ts';
import { settingsFor } from '../config/settings-for.ts';
import { RefusedError, type RunningMigration } from '../hypervisor/hypervisor.ts';
import { lookUpDomain } from '../hypervisor/libvirt/domain/domain.ts';
import type { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { initiatorHere } from '../journal/initiator.ts';
import { type JournalWriter, sinkOf } from '../journal/journal-store.ts';
import { isJournalOf } from '../journal/unfinished.ts';
import { Supervisor } from '../migration/supervisor.ts';
import { formatDuration } from '../model/units.ts';
import type { Limits } from '../policy/policy.ts';
import { VERSION } from '../version.ts';
import { ownerOfLimit, withStarterLimit } from './starter-limit.ts';
import type { WatchLog } from './watch-log.ts';

export interface TakeOverParts {
  readonly hypervisor: LibvirtHypervisor;
  /** The domain's address on the source. */
  readonly vm: string;
  /** Its address on the destination, where that is a host that we watch too. */
  findDestination(uuid: string, name: string): Promise<string | undefined>;
  readonly config: Config;
  readonly stateDir: string;
  readonly log: WatchLog;
  readonly host: string;
  /** When it was first seen, on the clock of performance.now(). */
  readonly firstSignMs: number;
}

export interface TakenOver {
  /** Settles with the migration's end, or once it was let go. Never rejects. */
  readonly ended: Promise<void>;
  detach(): Promise<void>;
}

/** @returns undefined when it is to be left alone @throws {RefusedError} when there is nothing to take over */
export async function takeOver(parts: TakeOverParts): Promise<TakenOver | undefined> {
  const { hypervisor, log, host, vm, stateDir } = parts;
  const domain = await lookUpDomain(vm, true);
  const { name } = domain.description;
  const { settings, problems } = settingsFor(
    parts.config,
    { name, metadata: domain.description.metadata },
    { overBudget: 'leave' },
  );
  for (const problem of problems) log.say(problem, { host, domain: name });
  if (settings.ignore) {
    log.say(`${name}: migrates, and is left alone as configured`, { host, domain: name });
    return undefined;
  }

  const destination = await parts.findDestination(domain.uuid, name);
  const beganAtMs = Date.now() - (domain.job.timeElapsedMs ?? 0);
  const journals = new FolderJournals(stateDir);
  const unfinished = await journals.unfinishedOf({ uuid: domain.uuid, vm });
  const left = unfinished && isJournalOf(unfinished, { mark: null, beganAtMs }) ? unfinished : undefined;
  const owner = ownerOfLimit(domain.downtimeLimitMs, left);
  // Whoever began it has chosen the bandwidth.
  const configured = { ...limitsOf(settings), bandwidthBytesPerSecond: undefined };
  const wanted = withStarterLimit(configured, owner);
  const limits: Limits = wanted.overBudget === 'brake' ? { ...wanted, overBudget: 'leave' } : wanted;
  if (limits !== wanted)
    log.say(
      `${name}: over-budget is brake, which libvirt makes ready only when a migration begins: what does not fit is left running`,
      { host, domain: name },
    );
  const kind = policyOf(settings);
  const migration = await hypervisor.attachTo(domain, {
    destination,
    lineRateBytesPerSecond: limits.lineRateBytesPerSecond,
    brake: false,
  });
  const journal = await openedOrLetGo(migration, () =>
    journals.open(
      {
        origin: 'attach',
        switchoverVersion: VERSION,
        vm,
        vmUuid: domain.uuid,
        destination: destination ?? null,
        migrateUri: null,
        policy: kind.name,
        limits,
        guest: domain.facts,
        initiator: initiatorHere(),
        reason: null,
        correlationId: null,
        continues: left?.id ?? null,
        mark: null,
        destinationWaits: false,
      },
      (entry, id) => log.entry(host, name, id, entry),
    ),
  );
  const { id } = journal;
  const afterMs = performance.now() - parts.firstSignMs;
  const whose = {
    nobody: '',
    us: `; goes on with the limits of ${left?.id}`,
    starter: `; the starter allows ${formatDuration(limits.maxDowntimeMs)}, which holds`,
  };
  log.say(
    `${name}: taken over ${formatDuration(afterMs)} after its first sign, policy ${kind.name}, a pause of ` +
      `${formatDuration(limits.maxDowntimeMs)} the longest allowed${whose[owner.owner]}; journal ${id}`,
    { host, domain: name, migration: id, afterMs },
  );

  const supervisor = new Supervisor(migration, kind, limits, sinkOf(journal));
  const ended = supervisor
    .run()
    .catch((error: unknown) => log.say(`${name}: unexpected error: ${(error as Error).stack}`, { host }))
    .then(async () => {
      await migration.detach();
      await journal.close();
    });
  return { ended, detach: async () => await supervisor.detach() };
}

/** Without a journal nothing is done to it: its folder may be writable again at the next pass. */
async function openedOrLetGo(
  migration: RunningMigration,
  open: () => Promise<JournalWriter>,
): Promise<JournalWriter> {
  try {
    return await open();
  } catch (error) {
    await migration.detach();
    throw error;
  }
}

/** It ended before we came to it. */
export function isOver(error: unknown): boolean {
  return error instanceof RefusedError && (error.code === 'not-migrating' || error.code === 'no-domain');
}
