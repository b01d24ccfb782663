/**
 * Two libvirt hosts that answer as a test says, in virtual time: the driver's commands arrive here, and the test makes
 * the events. A host can refuse, stay silent, be out of reach, or be restarted.
 */
import { onTestFinished } from 'vitest';
import type { Boundary } from '../../../model/observation.ts';
import type { GuestFacts, MigrationEnd, MigrationEvent, Side } from '../../hypervisor.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import { LibvirtMigration, type LibvirtMigrationParts } from '../libvirt-migration.ts';
import type { DomainEvents } from '../virsh/event-hub.ts';
import { VirshError, type VirshOutput, VirshTimeoutError } from '../virsh/virsh.ts';
import type { EventListener } from '../virsh/virsh-events.ts';
import type { Shell } from '../virsh/virsh-shell.ts';

export const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const URI: Record<Side, string> = { source: 'qemu:///source', destination: 'qemu:///destination' };
const ZERO_MS = 1000;

export const NO_DOMAIN = new VirshError(`failed to get domain '${UUID}'`);
export const NO_JOB = new VirshError('Requested operation is not valid: no job is active on the domain');
export const NOT_RUNNING = new VirshError('Requested operation is not valid: domain is not running');
export const LOCKED = new VirshError('Timed out during operation: cannot acquire state change lock');
const REFUSED = new VirshError("Failed to connect socket to '/run/libvirt-sock': Connection refused");

/** What a command is answered with; `never` until its patience is over. */
export type Answer = string | Error | 'never';

/** Figures of an outgoing migration, in megabytes. */
export interface Copy {
  readonly pass?: number;
  readonly sentMB: number;
  readonly remainingMB: number;
  readonly throttle?: number;
  readonly elapsedMs?: number;
}

export class ScriptedHost {
  /** In order, without `domjobinfo` and `domstate`. */
  readonly commands: string[] = [];
  state = 'running (booted)';
  job: () => Answer = () => 'Job type: 0';
  /** By the command's first word; others do nothing. */
  readonly answers = new Map<string, () => Answer>();
  /** libvirtd: `away` cannot be connected, `hung` answers nothing. */
  libvirtd: 'up' | 'away' | 'hung' = 'up';
  asked = 0;

  answer(args: readonly string[]): Answer {
    this.asked += 1;
    if (this.libvirtd !== 'up') return this.libvirtd === 'away' ? REFUSED : 'never';
    const [word = ''] = args;
    if (word === 'domjobinfo') return this.job();
    if (word === 'domstate') return this.state === '' ? NO_DOMAIN : this.state;
    this.commands.push(args.filter((arg) => arg !== UUID).join(' '));
    return this.answers.get(word)?.() ?? '';
  }
}

export function copying(copy: Copy, clock: VirtualClock): string {
  const { pass = 1, sentMB, remainingMB, throttle, elapsedMs = clock.now() - ZERO_MS - 30 } = copy;
  return [
    'Job type: 2',
    'operation: 5',
    `time_elapsed: ${Math.max(0, Math.floor(elapsedMs))}`,
    `data_processed: ${sentMB * 1e6}`,
    `memory_total: ${512e6}`,
    `memory_remaining: ${remainingMB * 1e6}`,
    `memory_iteration: ${pass}`,
    ...(throttle === undefined ? [] : [`auto_converge_throttle: ${throttle}`]),
  ].join('\n');
}

const GUEST: GuestFacts = {
  vm: 'qemu:///source#vm1',
  name: 'vm1',
  uuid: UUID,
  hypervisor: 'QEMU 10.0.2 under libvirt 11.3.0',
  accelerator: 'kvm',
  machineType: 'pc',
  memoryBytes: 512e6,
  state: 'running',
  migrating: false,
  losesWrites: undefined,
};

export interface Script extends Partial<LibvirtMigrationParts> {
  /** The job was there before us: {@link LibvirtMigration} is attached to it. */
  readonly attached?: boolean;
  /** The streams are not up yet: the test says when. */
  readonly quiet?: boolean;
}

export function scripted({ attached = false, quiet = false, ...given }: Script = {}) {
  const clock = new VirtualClock(ZERO_MS);
  const source = new ScriptedHost();
  const destination = new ScriptedHost();
  destination.state = 'paused (migrating)';
  destination.job = () => new VirshError('migration statistics are available only on the source host');
  const hosts: Record<Side, ScriptedHost> = { source, destination };
  const copy: { now: Copy } = { now: { sentMB: 0, remainingMB: 500 } };
  if (attached) source.job = () => copying(copy.now, clock);
  const listeners = new Map<string, { readonly domain: string; readonly listener: EventListener }>();
  const events: DomainEvents = {
    listenTo: (uri, domain, listener) => {
      listeners.set(uri, { domain, listener });
      return () => listeners.delete(uri);
    },
  };
  const open = new Set<Shell>();
  const openShell = (uri: string): Shell => {
    const host = hosts[uri === URI.source ? 'source' : 'destination'];
    const ending = Promise.withResolvers<never>();
    ending.promise.catch(() => {});
    const shell: Shell = {
      run: async (args, timeoutMs = 30_000) => {
        await clock.sleep(1);
        const answer = host.answer(args);
        if (answer === 'never')
          await Promise.race([ending.promise, clock.sleep(timeoutMs)]).then(() => {
            throw new VirshTimeoutError(`${uri} did not answer within ${timeoutMs / 1000} s`);
          });
        if (answer instanceof Error) throw answer;
        return answer as string;
      },
      close: () => {
        open.delete(shell);
        ending.reject(new VirshError('virsh was ended'));
      },
    };
    open.add(shell);
    return shell;
  };
  const virsh = Promise.withResolvers<VirshOutput>();
  const migration = new LibvirtMigration({
    clock,
    zeroMs: ZERO_MS,
    events,
    openShell,
    sourceUri: URI.source,
    destinationUri: URI.destination,
    uuid: UUID,
    destinationName: 'vm1',
    guest: attached ? { ...GUEST, migrating: true } : GUEST,
    wasRunning: true,
    begunByUs: !attached,
    braked: false,
    quota: undefined,
    virshMigrate: attached ? undefined : virsh.promise,
    lineRateStated: false,
    encrypted: false,
    passCapBytesPerSecond: undefined,
    connections: undefined,
    previousDowntimeLimitMs: 300,
    limitChanged: !attached,
    previousSpeedMebibytes: undefined,
    remember: undefined,
    downtimeLimitMs: 300,
    noticesLimit: false,
    reconnectForMs: 60_000,
    ...given,
  });
  const seen: MigrationEvent[] = [];
  void (async () => {
    for await (const event of migration.events) seen.push(event);
  })();
  const ended: { end?: MigrationEnd } = {};
  void migration.ended.then((end) => {
    ended.end = end;
  });
  const listenerOf = (side: Side) => listeners.get(URI[side])?.listener;
  const stamped = { domain: 'vm1', stampMs: 0 };
  const script = {
    clock,
    source,
    destination,
    migration,
    seen,
    copy,
    openShells: () => open.size,
    listening: () => listeners.size,
    subscribed: (side: Side) => listenerOf(side)?.subscribed?.(),
    lose: (side: Side) => listenerOf(side)?.lost?.('virsh event was ended'),
    lifecycle: (side: Side, change: string, detail: string, agoMs = 0) =>
      listenerOf(side)?.event({ ...stamped, kind: 'lifecycle', change, detail, atMs: clock.now() - agoMs }),
    iteration: (iteration: number) =>
      listenerOf('source')?.event({ ...stamped, kind: 'iteration', iteration, atMs: clock.now() }),
    completed: (figures: string) =>
      listenerOf('source')?.event({
        ...stamped,
        kind: 'job-completed',
        atMs: clock.now(),
        job: { ...JOB, ...Object.fromEntries(figures.split(',').map((each) => [each, 7])) },
      }),
    virshEnds: (status: number | null, stderr = '') => virsh.resolve({ status, stdout: '', stderr }),
    /** The job begins, and copies at 100 MB/s. Its first sync is announced, where somebody listens. */
    begins: async (first: Copy = { sentMB: 0, remainingMB: 500 }) => {
      copy.now = first;
      source.job = () => copying(copy.now, clock);
      if (!quiet) script.iteration(first.pass ?? 1);
      await clock.pass(300);
    },
    /** The state of the copy from now on. */
    copies: async (next: Copy, ms = 300) => {
      copy.now = next;
      await clock.pass(ms);
    },
    kinds: () => seen.map(({ kind }) => kind),
    told: <K extends MigrationEvent['kind']>(kind: K) =>
      seen.filter((event): event is Extract<MigrationEvent, { kind: K }> => event.kind === kind),
    boundaries: (): Boundary[] => seen.filter((event) => event.kind === 'boundary'),
    /** Lets time pass until that is done. */
    done: async <T>(doing: Promise<T>): Promise<T> => {
      let over = false;
      const watched = doing.finally(() => {
        over = true;
      });
      watched.catch(() => {});
      for (let each = 0; each < 10_000 && !over; each += 1) await clock.pass(10);
      return await watched;
    },
    /** Lets time pass until it has ended. */
    end: async (withinMs = 130_000): Promise<MigrationEnd> => {
      const untilMs = clock.now() + withinMs;
      while (!ended.end && clock.now() < untilMs) await clock.pass(50);
      if (!ended.end) throw new Error('it has not ended');
      return ended.end;
    },
    hasEnded: () => ended.end !== undefined,
  };
  onTestFinished(async () => await migration.detach());
  if (!quiet) {
    script.subscribed('source');
    script.subscribed('destination');
  }
  return script;
}

const JOB = {
  type: 'completed',
  migration: 'out',
  timeElapsedMs: undefined,
  downtimeMs: undefined,
  dataProcessedBytes: undefined,
  memoryNormalBytes: undefined,
  memoryTotalBytes: undefined,
  memoryRemainingBytes: undefined,
  memoryBytesPerSecond: undefined,
  memoryIteration: undefined,
  autoConvergeThrottlePercent: undefined,
  errorMessage: undefined,
} as const;
