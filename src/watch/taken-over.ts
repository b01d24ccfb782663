/** One migration that the daemon takes over, from its first sign to its end. */
import type { Config } from '../config/config.ts';
import { limitsOf, policyOf, type Settings } from '../config/settings.ts';
import { settingsFor } from '../config/settings-for.ts';
import { RefusedError } from '../hypervisor/hypervisor.ts';
import { type Access, REAL_ACCESS } from '../hypervisor/libvirt/access.ts';
import { capOf, type Domain, lookUpDomain } from '../hypervisor/libvirt/domain/domain.ts';
import { versionsOf } from '../hypervisor/libvirt/domain/host-versions.ts';
import { formerValue } from '../hypervisor/libvirt/domain-settings.ts';
import type { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import type { Initiator } from '../journal/initiator.ts';
import type { MigrationView } from '../journal/view.ts';
import { formerOf, isOfMigration } from '../migration/inheritance.ts';
import type { Lease, takeLease } from '../migration/lease.ts';
import type { LinkShare, Sharing } from '../migration/link-share/link-share.ts';
import { OtherHand } from '../migration/other-hand.ts';
import { leaseOf, type Run, type RunStore } from '../migration/run.ts';
import { takeOverRun } from '../migration/take-over.ts';
import { formatDuration } from '../model/units.ts';
import type { Limits } from '../policy/policy.ts';
import { rampingManager } from './ramping-manager.ts';
import { type LimitOwner, ownerOfLimit, withStarterLimit } from './starter-limit.ts';
import { toldDefects } from './told-defects.ts';
import type { WatchLog } from './watch-log.ts';

export interface TakeOverParts {
  readonly hypervisor: LibvirtHypervisor;
  /** Default: the real one. */
  readonly access?: Access;
  /** Left out: of this machine's kernel. */
  readonly takeLease?: typeof takeLease;
  /** The domain's address on the source. */
  readonly vm: string;
  /** Its address on the destination, where that is a host that we watch too. */
  findDestination(uuid: string, name: string): Promise<string | undefined>;
  readonly config: Config;
  readonly store: RunStore;
  readonly initiator: Initiator;
  readonly log: WatchLog;
  readonly host: string;
  /** Of the host's link. */
  readonly linkShare: LinkShare;
  /** When it was first seen, on the clock of `access`. */
  readonly firstSignMs: number;
}

export interface TakenOver {
  /** Settles with the migration's end, or once it was let go. Never rejects. */
  readonly ended: Promise<void>;
  /** @param reason why, for the journal */
  detach(reason: string): Promise<void>;
}

/** @returns undefined when it is to be left alone @throws {RefusedError} when there is nothing to take over */
export async function takeOver(parts: TakeOverParts): Promise<TakenOver | undefined> {
  const { log, host } = parts;
  const found = await migratingDomain(parts);
  const { name, metadata } = found.description;
  const { settings, problems } = settingsFor(parts.config, { name, metadata }, { overBudget: 'leave' });
  for (const problem of problems) log.say(problem, { host, domain: name });
  if (settings.ignore) {
    log.say(`${name}: migrates, and is left alone as configured`, { host, domain: name });
    return undefined;
  }
  return await leftToItsHolder(parts, name, async () => {
    const lease = await leaseOf(found.facts, parts);
    try {
      return await follow(parts, settings, found, lease);
    } catch (error) {
      await lease.release();
      throw error;
    }
  });
}

/** @throws {RefusedError} */
async function migratingDomain({ vm, access }: TakeOverParts): Promise<Domain> {
  const domain = await lookUpDomain(vm, true, access);
  // What ended meanwhile is not the daemon's to settle: nobody asked it to.
  if (!domain.facts.migrating)
    throw new RefusedError('not-migrating', `${domain.description.name} does not migrate any more`);
  return domain;
}

/**
 * Looked at anew, as it is ours alone now: whoever had it until then has put back what he had set. Where it goes is found out
 * before, which takes as long as that host does not answer.
 */
async function follow(
  parts: TakeOverParts,
  settings: Settings,
  found: Domain,
  lease: Lease,
): Promise<TakenOver> {
  const { log, host, vm, store, access = REAL_ACCESS } = parts;
  const destination = await parts.findDestination(found.uuid, found.description.name);
  const domain = await migratingDomain(parts);
  const { name } = domain.description;
  const unfinished = await store.unfinishedOf({ uuid: domain.uuid, vm });
  const { mark } = domain.facts;
  const left = unfinished && mark !== undefined && isOfMigration(unfinished, mark) ? unfinished : undefined;
  const owner = ownerOfLimit(domain.downtimeLimitMs, left);
  // The one who began it has chosen the bandwidth.
  const settled = { ...limitsOf(settings), bandwidthBytesPerSecond: undefined };
  const configured = withoutBrake(
    owner.owner === 'us' ? withStarterLimit(settled, owner) : settled,
    parts,
    domain,
  );
  const otherHand = new OtherHand({
    configured,
    underHis: (downtimeMs) => withStarterLimit(configured, { owner: 'starter', downtimeMs }),
    insist: parts.config.watch.insist,
    ramps: rampingManager(domain.description.metadataNamespaces),
    foundMs: owner.owner === 'starter' ? owner.downtimeMs : undefined,
  });
  const limits = { ...configured, ...otherHand.limits };
  const kind = policyOf(settings);
  const run = await takeOverRun(
    {
      vm,
      kind,
      limits,
      destination,
      // The configuration says what to do over the budget.
      mayEndOthers: true,
      otherHand,
      guest: domain.facts,
      attach: async (options) => await parts.hypervisor.attachTo(domain, options),
    },
    {
      hypervisor: parts.hypervisor,
      store,
      initiator: parts.initiator,
      takeLease: async () => lease,
      show: (entry, id) => {
        log.entry(host, name, id, entry);
        parts.linkShare.see(id, entry);
      },
      say: (sentence) => log.say(`${name}: ${sentence}`, { host, domain: name }),
    },
  );
  // Refused after all, it is as if it had never been taken over.
  await Promise.race([run.begun.then(() => undefined), run.outcome]);
  if (parts.config.watch.shareLink) parts.linkShare.add({ id: run.id, name, run, ...capOfIts(domain, left) });
  const afterMs = access.clock.now() - parts.firstSignMs;
  sayTakenOver(parts, domain, run, { kindName: kind.name, limits, owner, left, afterMs });
  // What is not known yet is waited for beside the migration, which is followed already.
  const wanted = { domain, destination, postCopy: limits.overBudget === 'post-copy' };
  void toldDefects(wanted, async (uri) => await versionsOf(uri, access)).then((sentences) => {
    for (const sentence of sentences)
      log.say(`${name}: ${sentence}`, { host, domain: name, migration: run.id });
  });
  const ended = run.outcome
    .then(
      () => {},
      (error: unknown) => {
        if (!isOver(error))
          log.say(`${name}: could not be taken over: ${wordsOf(error)}`, { host, domain: name });
      },
    )
    .finally(() => parts.linkShare.remove(run.id));
  return { ended, detach: async (reason) => await run.detach(reason) };
}

/** A watch before us that was killed may have held it. */
function capOfIts(
  { capBytesPerSecond }: Domain,
  left: MigrationView | undefined,
): Pick<Sharing, 'capBytesPerSecond' | 'isHeld'> {
  const former = formerValue(formerOf(left), 'speedMebibytes');
  return former === undefined
    ? { capBytesPerSecond, isHeld: false }
    : { capBytesPerSecond: capOf(former), isHeld: true };
}

/** @returns undefined where another controller holds the VM: it is left to that one, which is said */
async function leftToItsHolder(
  { log, host }: TakeOverParts,
  name: string,
  take: () => Promise<TakenOver>,
): Promise<TakenOver | undefined> {
  try {
    return await take();
  } catch (error) {
    if (!(error instanceof RefusedError) || error.code !== 'held') throw error;
    log.say(`${name}: ${error.message.replace(/^VM \S+ /, '')}; left to it`, { host, domain: name });
    return undefined;
  }
}

/** Of somebody else's migration only the kernel's brake is there: libvirt's own is made ready as one begins. */
function withoutBrake(wanted: Limits, { hypervisor, log, host }: TakeOverParts, domain: Domain): Limits {
  if (wanted.overBudget !== 'brake' || hypervisor.brakesAtOnce(domain)) return wanted;
  const { name } = domain.description;
  log.say(
    `${name}: over-budget is brake, and there is no quota to set on its vCPU threads (that takes KVM, a QEMU on this machine, and root): what does not fit is left running`,
    { host, domain: name },
  );
  return { ...wanted, overBudget: 'leave' };
}

interface Taking {
  readonly kindName: string;
  readonly limits: Limits;
  readonly owner: LimitOwner;
  readonly left: MigrationView | undefined;
  readonly afterMs: number;
}

function sayTakenOver(
  { log, host }: TakeOverParts,
  { description: { name } }: Domain,
  { id }: Run,
  { kindName, limits, owner, left, afterMs }: Taking,
): void {
  const longest = formatDuration(limits.maxDowntimeMs);
  const whose = {
    nobody: '',
    us: `; goes on with the limits of ${left?.id}`,
    starter:
      owner.owner === 'starter' && limits.maxDowntimeMs !== owner.downtimeMs
        ? `, not the ${formatDuration(owner.downtimeMs)} that the starter has set so far`
        : `; the starter allows ${longest}, which holds`,
  };
  log.say(
    `${name}: taken over ${formatDuration(afterMs)} after its first sign, policy ${kindName}, a pause of ` +
      `${longest} the longest allowed${whose[owner.owner]}; journal ${id}`,
    { host, domain: name, migration: id, afterMs },
  );
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** It ended before we came to it. */
export function isOver(error: unknown): boolean {
  return error instanceof RefusedError && (error.code === 'not-migrating' || error.code === 'no-domain');
}
