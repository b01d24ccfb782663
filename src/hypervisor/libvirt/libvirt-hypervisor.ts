/**
 * libvirt behind the hypervisor's port: VMs are addressed by host and name, `qemu:///system#vm1`. Each method of the port
 * is short; there are many, hence longer than most files.
 */

import type { PageSample } from '../../model/compression.ts';
import { QEMU_DEFAULT_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import { afterAwake } from '../awake.ts';
import { type QuotaLever, quotaFor, releaseLeft } from '../cpu-quota/vcpu-quota.ts';
import type {
  AttachOptions,
  CheckOptions,
  CheckReport,
  Claim,
  Destination,
  DirtyRateProbe,
  FormerSettings,
  GuestFacts,
  Hypervisor,
  Settled,
  SettleTodo,
  Side,
  SideState,
  StartOptions,
  Whereabouts,
} from '../hypervisor.ts';
import { NotBegunError, RefusedError } from '../hypervisor.ts';
import { lookUntil } from '../look-until.ts';
import { BEGUN_WITHIN_MS, markAgeMs, migrationMark } from '../migration-mark.ts';
import { samplePages } from '../page-sample.ts';
import { guestsShareOf } from '../process-memory.ts';
import { startLimitMs } from '../qemu-rules/start.ts';
import { Findings, refusalOfAll } from '../refusal.ts';
import { assertSameVm, isSameVm, type VmIdentity } from '../same-vm.ts';
import { IN_THE_CLEAR, leavesHost } from '../stream-tls.ts';
import { type Access, REAL_ACCESS } from './access.ts';
import { type DomainAddress, parseDomainAddress } from './address.ts';
import { ask } from './ask.ts';
import { claimDomain, inheritedClaim } from './claim.ts';
import { type Domain, lookUpDomain, notMigrating, uuidOf } from './domain/domain.ts';
import { sideStateAt } from './domain/domain-state.ts';
import { isBefore } from './domain/versions.ts';
import { refuseMarked } from './domain-mark.ts';
import { isThisMachine, qemuOf, vcpusHere } from './domain-process.ts';
import { formerValue, notPutBack, toPutBack } from './domain-settings.ts';
import { LibvirtMigration } from './libvirt-migration.ts';
import { migrateArguments, PLAIN_MIGRATE, type VirshMigrateOptions } from './migrate-command.ts';
import { preflight, questionOf } from './preflight/preflight.ts';
import type { Verdict } from './preflight/verdict.ts';
import { RecentAnswer } from './recent-answer.ts';
import { tlsWords } from './tls-words.ts';
import { type DomainEvents, EventHub } from './virsh/event-hub.ts';
import { mayBeDone, refusalOf } from './virsh/refusal.ts';
import { VirshTimeoutError } from './virsh/virsh.ts';

const RECONNECT_FOR_MS = 60_000;

const VERDICT_HOLDS_MS = 30_000;

/** A probe that is so much later than it was to take is given up. */
const PROBE_OVERDUE_MS = 10_000;

/** How often libvirt is asked whether what should have come about has: a probe's end, a migration's beginning. */
const POLL_MS = 100;

export interface LibvirtOptions {
  /** Of the migrations that are started here. */
  readonly migrate?: Partial<VirshMigrateOptions>;
  /** Shared by all who listen to the same hosts. */
  readonly hub?: DomainEvents;
  /** How long a libvirtd that is restarted, or cannot be reached, is waited for. Default: a minute. */
  readonly reconnectForMs?: number | undefined;
  /** By what the hosts are reached, and time. Default: the real ones. */
  readonly access?: Access;
}

export class LibvirtHypervisor implements Hypervisor {
  private readonly own: VirshMigrateOptions;
  private readonly hub: DomainEvents;
  /** A migration that starts right after its check need not ask both hosts again, twenty programs of libvirt's. */
  private readonly verdict: RecentAnswer<Verdict>;
  private readonly reconnectForMs: number;
  private readonly access: Access;

  constructor({
    migrate = {},
    hub = new EventHub(),
    reconnectForMs = RECONNECT_FOR_MS,
    access = REAL_ACCESS,
  }: LibvirtOptions = {}) {
    this.own = { ...PLAIN_MIGRATE, ...migrate };
    this.hub = hub;
    this.reconnectForMs = reconnectForMs;
    this.access = access;
    this.verdict = new RecentAnswer(VERDICT_HOLDS_MS, () => access.clock.now());
  }

  async inspect(vm: string): Promise<GuestFacts> {
    return (await lookUpDomain(vm, false, this.access)).facts;
  }

  async onceBegun(vm: string, mark: string): Promise<GuestFacts> {
    const { clock } = this.access;
    for (;;) {
      const guest = await this.inspect(vm);
      const ageMs = markAgeMs(mark, clock) ?? Number.POSITIVE_INFINITY;
      const isUntouched = !guest.migrating && (guest.state === 'running' || guest.state === 'paused');
      if (!isUntouched || ageMs >= BEGUN_WITHIN_MS) return guest;
      await clock.sleep(POLL_MS);
    }
  }

  /** What the configuration goes by. @throws {RefusedError} */
  async describe(vm: string): Promise<{ name: string; metadata?: Record<string, string> }> {
    const { name, metadata } = (await lookUpDomain(vm, true, this.access)).description;
    return metadata === undefined ? { name } : { name, metadata };
  }

  /** libvirt lets the destination run after its own hand-shake. */
  readonly destinationsWait = false;
  /** libvirt lets nobody ask while it migrates. */
  readonly probesUnderWay = false;

  /** By page sampling, in whole seconds: libvirt takes no other unit. */
  async probeDirtyRate(
    vm: string,
    durationMs: number,
    meant: VmIdentity | undefined,
  ): Promise<DirtyRateProbe> {
    const address = parseDomainAddress(vm);
    const { uri } = address;
    const uuid = await this.uuidOfMeant(vm, meant);
    const seconds = Math.min(60, Math.max(1, Math.round(durationMs / 1000)));
    const domain = `--domain=${uuid}`;
    await this.ask(uri, ['domdirtyrate-calc', domain, `--seconds=${seconds}`, '--mode=page-sampling']);
    const untilMs = this.access.clock.now() + seconds * 1000 + PROBE_OVERDUE_MS;
    await this.access.clock.sleep(seconds * 1000 - POLL_MS);
    while (this.access.clock.now() < untilMs) {
      await this.access.clock.sleep(POLL_MS);
      const stats = await this.ask(uri, ['domstats', '--dirtyrate', domain]);
      // virDomainDirtyRateStatus: 0 not started, 1 measuring, 2 measured.
      if (!/dirtyrate\.calc_status=2/.test(stats)) continue;
      const mebibytes = Number(/dirtyrate\.megabytes_per_second=(\d+)/.exec(stats)?.[1] ?? 0);
      return { durationMs: seconds * 1000, dirtyRateBytesPerSecond: mebibytes * 2 ** 20 };
    }
    throw new RefusedError(
      'hypervisor-refused',
      `${uri}: libvirt did not tell how fast ${address.domain} dirties memory, ${PROBE_OVERDUE_MS / 1000} s after the ${seconds} s in which it was to measure`,
    );
  }

  /** libvirt tells of QEMU's process as a whole, wherever it runs. */
  async residentBytes({ vm, memoryBytes, accelerator }: GuestFacts): Promise<number | undefined> {
    try {
      const address = parseDomainAddress(vm);
      const uuid = await uuidOf(address, this.access);
      const stats = await this.ask(address.uri, ['dommemstat', `--domain=${uuid}`]);
      const kibibytes = Number(/^rss (\d+)$/m.exec(stats)?.[1] ?? 0);
      return kibibytes > 0 ? guestsShareOf(kibibytes * 1024, memoryBytes, accelerator) : undefined;
    } catch (error) {
      if (error instanceof RefusedError) return undefined;
      throw error;
    }
  }

  async samplePages({ vm, memoryBytes, uuid }: GuestFacts): Promise<PageSample | undefined> {
    const pid = uuid !== undefined && isThisMachine(parseDomainAddress(vm).uri) ? qemuOf(uuid) : undefined;
    return pid === undefined ? undefined : await samplePages(pid, memoryBytes);
  }

  async check(vm: string, target: Destination, options: CheckOptions): Promise<CheckReport> {
    const { domain, findings, notes, maxSentBytes } = await this.look(vm, target, options);
    const encrypted = options.tls !== undefined;
    // Without a migrate URI it goes to the name of the destination's host.
    const leaves = target.migrateUri === undefined || leavesHost(target.migrateUri) === true;
    const warnings = leaves && !encrypted ? [IN_THE_CLEAR] : [];
    return { guest: domain.facts, findings, notes, warnings, encrypted, maxSentBytes };
  }

  async claim(vm: string, destination: string, meant: VmIdentity | undefined): Promise<Claim> {
    const uuid = await this.uuidOfMeant(vm, meant);
    return await claimDomain(parseDomainAddress(vm), uuid, parseDomainAddress(destination).uri, this.access);
  }

  async inheritClaim(vm: string, destination: string | undefined, meant: VmIdentity): Promise<Claim> {
    const there = destination === undefined ? undefined : parseDomainAddress(destination).uri;
    return inheritedClaim(parseDomainAddress(vm), await this.uuidOfMeant(vm, meant), there, this.access);
  }

  async assertUnclaimed(vm: string): Promise<void> {
    const source = parseDomainAddress(vm);
    const uuid = await uuidOf(source, this.access);
    await refuseMarked(source.uri, uuid, this.access.place(), this.access);
  }

  async start(vm: string, target: Destination, options: StartOptions): Promise<LibvirtMigration> {
    const { domain, findings } = await this.look(vm, target, options);
    if (options.meant) assertSameVm(options.meant, vm, domain.facts);
    new Findings(findings).throwAny();
    const { uri, uuid, facts } = domain;
    const there = parseDomainAddress(target.vm);
    const left = formerValue(options.former, 'downtimeLimitMs');
    if (left === undefined) {
      assertTold(domain);
      await options.remember?.(formerSettings(domain.downtimeLimitMs));
    }
    await setFirstLimit(domain, startLimitMs(options), this.access);
    try {
      await options.begins?.(migrationMark(0, this.access.clock));
    } catch (error) {
      await takeBackFirstLimit(
        domain,
        left ?? domain.downtimeLimitMs ?? QEMU_DEFAULT_DOWNTIME_MS,
        this.access,
      );
      throw error;
    }
    const lineRateStated =
      options.lineRateBytesPerSecond !== undefined && !isBefore(domain.versions.libvirt, 11, 1);
    const peerUri = target.peerUri ?? there.uri;
    const quota = quotaOf(domain);
    // Auto-converge would brake a guest that needs no brake too.
    const armed = options.brake === 'any' && !quota;
    const asked: StartOptions = { ...options, brake: armed ? 'any' : 'none' };
    const args = migrateArguments(uuid, peerUri, target, asked, this.own, lineRateStated);
    const migration = new LibvirtMigration({
      ...this.shared(),
      zeroMs: this.access.clock.now(),
      sourceUri: uri,
      destinationUri: there.uri,
      uuid,
      destinationName: this.own.destinationName ?? facts.name,
      guest: facts,
      wasRunning: facts.state === 'running',
      begunByUs: true,
      braked: armed,
      quota: options.brake === 'none' ? undefined : quota,
      virshMigrate: this.access.virsh.migrate(uri, args),
      lineRateStated,
      // Where none is asked for, the domain's own speed holds.
      passCapBytesPerSecond: options.bandwidthBytesPerSecond ?? domain.capBytesPerSecond,
      connections: options.streams?.connections,
      previousDowntimeLimitMs: left ?? domain.downtimeLimitMs,
      previousSpeedMebibytes: formerValue(options.former, 'speedMebibytes'),
      remember: options.remember,
      limitChanged: true,
      downtimeLimitMs: undefined,
      noticesLimit: false,
      encrypted: options.tls !== undefined,
    });
    const words = await this.begunOrRefused(migration);
    if (words === undefined) return migration;
    const refused = options.tls ? tlsWords(words, undefined) : words;
    const restored = await migration.putBack();
    const problems = restored.flatMap(({ problem }) => problem ?? []);
    await migration.detach();
    if (problems.length > 0)
      throw new NotBegunError(
        `libvirt refused to migrate ${facts.name} (${refused}); ${problems.join('; ')}`,
        { restored },
      );
    throw refusedByVirsh(facts.name, refused);
  }

  async attach(vm: string, options: AttachOptions): Promise<LibvirtMigration> {
    return await this.attachTo(await lookUpDomain(vm, true, this.access), options);
  }

  /** Whether it can be braked without anything made ready as its migration began. */
  brakesAtOnce(domain: Domain): boolean {
    return quotaOf(domain) !== undefined;
  }

  /** As {@link attach}, of a domain that was looked up already. @throws {RefusedError} */
  async attachTo(domain: Domain, options: AttachOptions): Promise<LibvirtMigration> {
    const { uri, uuid, facts, job } = domain;
    if (options.meant) assertSameVm(options.meant, uri, facts);
    const there = options.destination === undefined ? undefined : parseDomainAddress(options.destination);
    if (there) await assertReachable(there, this.access);
    if (job.type !== 'active' || job.migration !== 'out') throw notMigrating(facts);
    if (there) await assertArriving(there, { uuid, name: facts.name }, this.access);
    const quota = quotaOf(domain);
    if (options.brake === 'any' && !quota && !options.begunWithBrake)
      throw new RefusedError(
        'lacks-feature',
        `the migration of ${facts.name} cannot be braked: libvirt makes a brake ready only when a migration begins (\`switchover migrate --over-budget brake\`); choose another --over-budget`,
      );
    const { inherited } = options;
    const left = formerValue(inherited?.former, 'downtimeLimitMs');
    if (left === undefined) {
      assertTold(domain);
      await options.remember?.(formerSettings(domain.downtimeLimitMs));
    }
    return new LibvirtMigration({
      ...this.shared(),
      zeroMs: domain.jobBeganMs,
      sourceUri: uri,
      destinationUri: there?.uri,
      uuid,
      // Events carry names, and a domain may have been addressed by its UUID.
      destinationName: there === undefined || there.domain === domain.domain ? facts.name : there.domain,
      guest: facts,
      // One that is stopped for the switchover ran before.
      wasRunning: facts.state !== 'paused',
      begunByUs: inherited?.began ?? false,
      braked: options.brake === 'any',
      quota: options.brake === 'none' ? undefined : quota,
      virshMigrate: undefined,
      lineRateStated: false,
      passCapBytesPerSecond: domain.capBytesPerSecond,
      connections: undefined,
      previousDowntimeLimitMs: left ?? domain.downtimeLimitMs,
      previousSpeedMebibytes: formerValue(inherited?.former, 'speedMebibytes'),
      remember: options.remember,
      limitChanged: left !== undefined,
      downtimeLimitMs: domain.downtimeLimitMs,
      noticesLimit: options.noticesLimit === true,
      encrypted: inherited?.encrypted,
    });
  }

  async locate(
    vm: string,
    destination: string | undefined,
    meant?: VmIdentity,
    mayArrive = false,
  ): Promise<Whereabouts> {
    const here = parseDomainAddress(vm);
    const there = destination === undefined ? undefined : parseDomainAddress(destination);
    return await lookUntil(this.access.clock, {
      look: async () => {
        const [source, other] = await Promise.all([
          this.stateAt(here, 'source', meant),
          there ? this.stateAt(there, 'destination', meant) : ('unknown' as const),
        ]);
        return { source, destination: other };
      },
      // The source's libvirtd may have told it to let the guest run, over a connection that was cut since.
      patienceMs: (seen) => (mayArrive && seen.destination === 'incoming' ? this.reconnectForMs : 0),
      againAfterMs: () => POLL_MS,
    });
  }

  async settleAt(vm: string, { meant, run, former }: SettleTodo): Promise<Settled> {
    const address = parseDomainAddress(vm);
    const { uri } = address;
    const uuid = await this.uuidOfMeant(vm, meant);
    const threads = vcpusHere({ uri, uuid });
    if (threads) releaseLeft(threads);
    if (run) await this.ask(uri, ['resume', `--domain=${uuid}`]);
    const effect = run ? { did: `resume on ${uri}` } : undefined;
    const owed = former ? toPutBack(former) : [];
    if (!former || owed.length === 0) return { effect, restored: undefined };
    const problems: string[] = [];
    for (const { name, value, command, option } of owed)
      await this.ask(uri, [command, `--domain=${uuid}`, option]).catch((error: Error) => {
        problems.push(notPutBack({ uri, uuid, name: address.domain }, name, value, error.message));
      });
    const problem = problems.length === 0 ? undefined : problems.join('; ');
    return { effect, restored: { side: former.side, problem } };
  }

  /** @throws {RefusedError} where another VM is at that address by now */
  private async uuidOfMeant(vm: string, meant: VmIdentity | undefined): Promise<string> {
    const address = parseDomainAddress(vm);
    const uuid = await uuidOf(address, this.access);
    if (meant) assertSameVm(meant, vm, identityOf(address, uuid, meant));
    return uuid;
  }

  private async stateAt(
    address: DomainAddress,
    side: Side,
    meant: VmIdentity | undefined,
  ): Promise<SideState> {
    const { access } = this;
    try {
      const uuid = await uuidOf(address, access);
      if (meant && !isSameVm(meant, identityOf(address, uuid, meant))) return 'unknown';
      return await sideStateAt(address.uri, uuid, side, access);
    } catch (error) {
      if (!(error instanceof RefusedError)) return 'silent';
      if (error.code === 'no-domain') return 'gone';
      return error.cause instanceof VirshTimeoutError ? 'silent' : 'unreachable';
    }
  }

  private async ask(uri: string, args: readonly string[]): Promise<string> {
    return await ask(uri, args, this.access);
  }

  private shared() {
    return {
      clock: this.access.clock,
      events: this.hub,
      openShell: this.access.virsh.openShell,
      reconnectForMs: this.reconnectForMs,
    };
  }

  /** @returns with which words our virsh was refused, before the job began */
  private async begunOrRefused(migration: LibvirtMigration): Promise<string | undefined> {
    let stopWaiting = () => {};
    const late = new Promise<undefined>((resolve) => {
      stopWaiting = afterAwake(this.access.clock, BEGUN_WITHIN_MS, () => resolve(undefined));
    });
    const refused = await Promise.race([migration.begun, late]);
    stopWaiting();
    return refused;
  }

  private async look(vm: string, target: Destination, options: CheckOptions) {
    const there = parseDomainAddress(target.vm);
    const [source, destination] = await Promise.allSettled([
      lookUpDomain(vm, false, this.access),
      assertReachable(there, this.access),
    ]);
    if (source.status === 'rejected') {
      const reasons = [source, destination].flatMap((each) =>
        each.status === 'rejected' ? [each.reason] : [],
      );
      throw refusalOfAll(reasons);
    }
    const domain = source.value;
    const parts = {
      sourceUri: domain.uri,
      destinationUri: there.uri,
      domainXml: domain.xml,
      description: domain.description,
      destinationName: this.own.destinationName ?? domain.facts.name,
      options: {
        ...this.own,
        migrateUri: target.migrateUri,
        force: options.force,
        streams: options.streams,
        tls: options.tls !== undefined,
        postCopy: options.postCopy || this.own.postCopy,
        lineRateStated: options.lineRateBytesPerSecond !== undefined,
      },
    };
    const { findings, notes, maxSentBytes } = await this.verdict.to(questionOf(parts), () =>
      preflight(parts, this.access),
    );
    return {
      domain,
      findings: [...(await sourceFindings(domain, options, this.access)), ...findings],
      notes,
      maxSentBytes,
    };
  }
}

async function sourceFindings(
  domain: Domain,
  options: CheckOptions,
  access: Access,
): Promise<RefusedError[]> {
  const { facts, uri, uuid } = domain;
  const findings: RefusedError[] = [];
  if (facts.migrating)
    findings.push(
      new RefusedError(
        'already-migrating',
        `${facts.name} is migrating already: take it over with \`switchover attach\`, or wait for its end`,
      ),
    );
  else if (facts.state !== 'running' && facts.state !== 'paused')
    findings.push(
      new RefusedError(
        'not-running',
        facts.state === 'handed-over'
          ? `${facts.name} was handed over on ${uri}: it was migrated away; migrate it from where it runs now`
          : `${facts.name} is shut off on ${uri}: start it with \`virsh start\`, or copy its definition; there is no memory to migrate`,
      ),
    );
  if (facts.losesWrites && !options.force)
    findings.push(
      new RefusedError(
        'loses-writes',
        `${facts.losesWrites}; use QEMU 9.0 or newer, or KVM (--force migrates all the same)`,
      ),
    );
  // libvirt gives the XML that a migration needs only to those who may change the domain.
  await ask(uri, ['dumpxml', `--domain=${uuid}`, '--migratable'], access).catch((error: unknown) => {
    if (error instanceof RefusedError) findings.push(error);
  });
  return findings;
}

/** What is not told could not be put back. @throws {RefusedError} */
function assertTold({ uri, facts, downtimeLimitMs }: Domain): void {
  if (downtimeLimitMs !== undefined) return;
  throw new RefusedError(
    'hypervisor-refused',
    `${uri} does not say what the downtime limit of ${facts.name} is (\`virsh migrate-getmaxdowntime\`), so it could not be put back: try again`,
  );
}

function formerSettings(downtimeLimitMs: number | undefined): FormerSettings {
  const parameters = downtimeLimitMs === undefined ? {} : { downtimeLimitMs };
  return { side: 'source', parameters, capabilities: {} };
}

/** @throws {NotBegunError} where it stays set: that is no refusal, which would leave no journal to put it back from */
async function takeBackFirstLimit(domain: Domain, formerMs: number, access: Access): Promise<void> {
  try {
    await setLimit(domain, formerMs, access);
  } catch (cause) {
    const error = refusalOf(domain.uri, cause);
    const words =
      `the migration was not begun, and the downtime limit of ${domain.facts.name} could not be put back (${error instanceof Error ? error.message : String(error)}): ` +
      `\`virsh --connect ${domain.uri} migrate-setmaxdowntime ${domain.uuid} ${formerMs}\` does so`;
    throw new NotBegunError(words, { cause: error, restored: [{ side: 'source', problem: words }] });
  }
}

/**
 * The limit under which the migration begins. @throws {RefusedError} when libvirt refuses it
 * @throws {NotBegunError} when it is lost, or does not answer: then it may be set, which is no refusal
 */
async function setFirstLimit(domain: Domain, limitMs: number, access: Access): Promise<void> {
  const { uri, uuid, facts, downtimeLimitMs } = domain;
  const wholeMs = Math.max(1, Math.round(limitMs));
  try {
    await setLimit(domain, wholeMs, access);
  } catch (error) {
    if (!mayBeDone(error)) throw refusalOf(uri, error);
    const words =
      `the migration was not begun: ${(error as Error).message}, so the downtime limit of ${facts.name} may be ${wholeMs} ms now: ` +
      `\`virsh --connect ${uri} migrate-setmaxdowntime ${uuid} ${downtimeLimitMs ?? QEMU_DEFAULT_DOWNTIME_MS}\` puts it back`;
    throw new NotBegunError(words, { cause: error, restored: [{ side: 'source', problem: words }] });
  }
}

async function setLimit({ uri, uuid }: Domain, limitMs: number, { virsh }: Access): Promise<void> {
  await virsh.ask(uri, ['migrate-setmaxdowntime', `--domain=${uuid}`, `--downtime=${limitMs}`]);
}

function refusedByVirsh(name: string, words: string): RefusedError {
  const taken = /another migration job|state change lock|already .*migrat/i.test(words);
  if (!taken) return new RefusedError('hypervisor-refused', `libvirt refused to migrate ${name}: ${words}`);
  return new RefusedError(
    'already-migrating',
    `${name} is being migrated by somebody else (${words}): take that over with \`switchover attach\`, or wait for its end`,
  );
}

/** Another host than the one it goes to would say that the guest is gone. @throws {RefusedError} */
async function assertArriving(
  { uri }: DomainAddress,
  { uuid, name }: { readonly uuid: string; readonly name: string },
  access: Access,
): Promise<void> {
  const state = await sideStateAt(uri, uuid, 'destination', access);
  if (state !== 'gone') return;
  throw new RefusedError(
    'destination-not-waiting',
    `${name} does not arrive at ${uri}: name the host that it goes to, or none (then its pause is not measured)`,
  );
}

/** @throws {RefusedError} */
async function assertReachable({ uri }: DomainAddress, access: Access): Promise<void> {
  await ask(uri, ['uri'], access);
}

/** libvirt knows a domain by its UUID, which it always has: the rest is not asked for. */
function identityOf({ domain: name }: DomainAddress, uuid: string, meant: VmIdentity): VmIdentity {
  return { ...meant, name, uuid };
}

function quotaOf(domain: Domain): QuotaLever | undefined {
  const threads = vcpusHere(domain);
  return threads && quotaFor(threads, domain.facts.accelerator);
}
