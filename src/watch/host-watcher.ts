/**
 * Follows the domains of one host and takes over each migration that leaves it.
 *
 * The first sign of one is its `migration-iteration` event, which QEMU sends when the first pass begins. Events
 * that came while the stream was down are made up for by looking at every domain's job whenever it is up again,
 * and every half minute.
 */
import { type Access, REAL_ACCESS } from '../hypervisor/libvirt/access.ts';
import { domainAddress } from '../hypervisor/libvirt/address.ts';
import { versionsOf } from '../hypervisor/libvirt/domain/host-versions.ts';
import type { EventHub } from '../hypervisor/libvirt/virsh/event-hub.ts';
import { parseJobInfo } from '../hypervisor/libvirt/virsh/job-info.ts';
import type { TimedEvent } from '../hypervisor/libvirt/virsh/virsh-events.ts';
import type { Shell } from '../hypervisor/libvirt/virsh/virsh-shell.ts';
import { JournalError } from '../journal/journal-error.ts';
import { LinkShare } from '../migration/link-share/link-share.ts';
import { formatDuration } from '../model/units.ts';
import type { JournalKeeper } from './journal-keeper.ts';
import type { Health } from './service-manager.ts';
import { isOver, type TakenOver, type TakeOverParts, takeOver } from './taken-over.ts';
import type { WatchLog } from './watch-log.ts';

const SCAN_EVERY_MS = 30_000;
/** A QEMU that hangs holds up libvirt's answer for 30 s: the others are looked at meanwhile. */
const LOOK_PATIENT_MS = 5000;
/**
 * Half a minute from one scan to the next, and as long until virsh is given up that does not answer: whatever the host does, a
 * step of a scan has come to its end by then. Twice that.
 */
const STEP_WITHIN_MS = 120_000;
/** What is left alone announces every pass: do not look at each. */
const NOTHING_TAKEN_MS = 10_000;

export interface HostWatcherParts {
  readonly uri: string;
  readonly hub: EventHub;
  /** Default: the real one. */
  readonly access?: Access;
  readonly log: WatchLog;
  readonly journals: Pick<JournalKeeper, 'writable'>;
  /** Everything else that taking a migration over needs. */
  takeOverParts(): Omit<TakeOverParts, 'vm' | 'host' | 'log' | 'firstSignMs' | 'linkShare'>;
  /** How long the job of one domain is waited for in a scan. */
  readonly lookPatientMs?: number;
}

export class HostWatcher {
  private readonly parts: HostWatcherParts;
  private readonly access: Access;
  private readonly shell: Shell;
  private readonly linkShare: LinkShare;
  private readonly stopListening: () => void;
  private stopScanning = (): void => {};
  /** By the domain's name; a migration is here from its first sign to its end. */
  private readonly migrations = new Map<string, Promise<TakenOver | undefined>>();
  private state: 'connecting' | 'following' | 'lost' = 'connecting';
  private closing = false;
  private scansWanted = 0;
  /** When a scan last came a step further, by an answer or without one; in time awake. */
  private steppedMs: number;

  constructor(parts: HostWatcherParts) {
    const { access = REAL_ACCESS } = parts;
    this.parts = parts;
    this.access = access;
    this.steppedMs = access.clock.awakeMs();
    this.linkShare = new LinkShare(() => access.clock.awakeMs());
    this.shell = access.virsh.openShell(parts.uri);
    this.stopListening = parts.hub.listen(parts.uri, {
      event: (event) => this.take(event),
      subscribed: () => {
        if (this.state !== 'following') this.say('following its domains');
        this.state = 'following';
        void this.scan();
        // Slow on a libvirtd that has just been started, so not only when a migration waits for the answer.
        versionsOf(parts.uri, access).catch(() => {});
      },
      lost: (reason) => {
        if (this.state !== 'lost') this.say(`lost (${reason}); trying again`);
        this.state = 'lost';
      },
    });
    this.scanLater();
  }

  /**
   * A host that is down, or that answers nothing, is looked at all the same: it is no reason to hang.
   * @param awakeMs of now: a daemon that was frozen has not hung
   */
  health(awakeMs: number): Health {
    const { uri } = this.parts;
    const count = this.migrations.size;
    const migrations = count === 0 ? '' : `, ${count} ${count === 1 ? 'migration' : 'migrations'}`;
    const idleMs = awakeMs - this.steppedMs;
    return {
      words: `${this.state} ${uri}${migrations}`,
      hangs: idleMs > STEP_WITHIN_MS ? `${uri} was last looked at ${formatDuration(idleMs)} ago` : undefined,
    };
  }

  /**
   * Lets every migration go on by itself.
   * @param reason why, for their journals: `detached: watch ended on SIGTERM`
   */
  async close(reason: string): Promise<void> {
    this.closing = true;
    this.stopScanning();
    this.stopListening();
    this.shell.close();
    const taken = await Promise.all([...this.migrations.values()]);
    await this.linkShare.letGo();
    await Promise.all(taken.map(async (each) => await each?.detach(reason)));
    await Promise.all(taken.map((each) => each?.ended));
  }

  private take(event: TimedEvent): void {
    if (event.kind === 'iteration') this.consider(event.domain, event.atMs);
  }

  private consider(name: string, firstSignMs: number): void {
    if (this.closing || this.migrations.has(name)) return;
    const { uri, log } = this.parts;
    const vm = domainAddress(uri, name);
    const { linkShare } = this;
    const taking = takeOver({
      ...this.parts.takeOverParts(),
      vm,
      host: uri,
      log,
      firstSignMs,
      linkShare,
    }).catch(async (error: unknown) => {
      // It would be the same sentence for every migration: it was told when that began.
      if (error instanceof JournalError && !(await this.parts.journals.writable())) return undefined;
      const words = error instanceof Error ? error.message : String(error);
      if (!isOver(error)) this.say(`${name} could not be taken over: ${words}`, name);
      return undefined;
    });
    this.migrations.set(name, taking);
    void taking
      .then(async (taken) => await (taken ? taken.ended : this.passed(NOTHING_TAKEN_MS)))
      .finally(() => this.migrations.delete(name));
  }

  private scanLater(): void {
    this.stopScanning = this.access.clock.after(SCAN_EVERY_MS, () => {
      this.scanLater();
      void this.scan();
    });
  }

  private async passed(ms: number): Promise<void> {
    await new Promise<void>((resolve) => this.access.inBackground(ms, resolve));
  }

  /** One at a time. What is asked for meanwhile comes right after it: its first looks may have been too early. */
  private async scan(): Promise<void> {
    this.scansWanted += 1;
    if (this.scansWanted > 1) return;
    while (this.scansWanted > 0 && !this.closing) {
      const wanted = this.scansWanted;
      await this.lookAtAll();
      this.scansWanted = this.scansWanted > wanted ? 1 : 0;
    }
  }

  private async lookAtAll(): Promise<void> {
    const patientMs = this.parts.lookPatientMs ?? LOOK_PATIENT_MS;
    try {
      const list = await this.look(['list', '--uuid', '--name']);
      for (const line of list.split('\n')) {
        // What is asked after the close would start a virsh that nobody ends.
        if (this.closing) return;
        const [, uuid, name] = /^([0-9a-f-]{36}) (.*\S) *$/.exec(line) ?? [];
        if (uuid === undefined || name === undefined || this.migrations.has(name)) continue;
        const job = parseJobInfo(
          await this.look(['domjobinfo', uuid, '--rawstats'], patientMs).catch(() => ''),
        );
        const copies = job.type === 'active' && job.migration === 'out' && (job.memoryIteration ?? 0) > 0;
        if (copies) this.consider(name, this.access.clock.now());
      }
    } catch {
      // The host cannot be reached just now, which the event stream tells as well.
    }
  }

  private async look(args: readonly string[], patientMs?: number): Promise<string> {
    try {
      return await this.shell.run(args, patientMs);
    } finally {
      this.steppedMs = this.access.clock.awakeMs();
    }
  }

  private say(sentence: string, domain?: string): void {
    const { uri, log } = this.parts;
    log.say(`${uri}: ${sentence}`, domain === undefined ? { host: uri } : { host: uri, domain });
  }
}
