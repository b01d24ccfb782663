/**
 * virsh, as one controller has it on simulated hosts: its processes, their answers and its patience. A virsh that waits while
 * its controller is frozen goes on; what it prints is read afterwards, after the timers that were due.
 */
import type { KillableController } from '../../../testing/killable-controller.ts';
import type { Access, VirshWays } from '../../access.ts';
import type { DomainEvent } from '../../virsh/event-lines.ts';
import type { EventSource, StreamListener } from '../../virsh/event-stream.ts';
import { parseJobInfo } from '../../virsh/job-info.ts';
import { isOutOfReach } from '../../virsh/refusal.ts';
import { VirshError, type VirshOutput, VirshTimeoutError } from '../../virsh/virsh.ts';
import type { EventWays } from '../../virsh/virsh-events.ts';
import type { Shell } from '../../virsh/virsh-shell.ts';
import type { HostEvent } from './daemon.ts';
import type { SimulatedLibvirtd, VirshAnswer } from './simulated-libvirtd.ts';

/** Five of its pings without an answer. */
const KEEPALIVE_MS = 30_000;
const PATIENT_MS = 30_000;
/** virsh is started, and connects. */
const STARTS_MS = 25;

export interface VirshParts {
  readonly process: KillableController;
  /** Of everything that is not its own. */
  readonly now: () => number;
  readonly wait: (ms: number, callback: () => void) => void;
  hostAt(uri: string): SimulatedLibvirtd;
  /** Those `virsh migrate` that run, by the function that kills each. */
  readonly migrating: Set<() => void>;
}

export function simulatedAccess(parts: VirshParts): {
  readonly access: Access;
  readonly eventWays: EventWays;
} {
  const { process, now } = parts;
  const { clock } = process;
  const virsh: VirshWays = {
    ask: async (uri, args, timeoutMs) => {
      try {
        return await call(parts, uri, args, timeoutMs);
      } catch (error) {
        // As the real one: by a virsh of its own then.
        if (!isOutOfReach(error)) throw error;
        return await call(parts, uri, args, timeoutMs);
      }
    },
    run: async (uri, args) => await call(parts, uri, args, PATIENT_MS),
    openShell: (uri) => new SimulatedShell(parts, uri),
    migrate: async (uri, args) => await migrate(parts, uri, args),
    assertUsable: async () => {},
  };
  const access: Access = {
    virsh,
    clock,
    inBackground: (ms, callback) => clock.after(ms, callback),
    place: () => ({ host: 'here', bootId: '5cf1e1f5-7a3e-4ef0-8a55-3b2b7c9f8d22', network: 'net:[1]' }),
  };
  const eventWays: EventWays = {
    connect: async (uri) => await call(parts, uri, ['uri'], PATIENT_MS),
    open: (uri, _life, listener) => listen(parts, uri, listener),
    clocks: { now: () => clock.now(), wall: now },
    after: (ms, callback) => clock.after(ms, callback),
  };
  return { access, eventWays };
}

/** @throws {VirshError} @throws {VirshTimeoutError} */
async function call(
  { process, hostAt }: VirshParts,
  uri: string,
  args: readonly string[],
  timeoutMs = PATIENT_MS,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const stop = process.clock.after(timeoutMs, () =>
    reject(new VirshTimeoutError(`${uri} did not answer within ${timeoutMs / 1000} s`)),
  );
  const answered = (answer: VirshAnswer): void => {
    stop();
    if ('problem' in answer) reject(new VirshError(answer.problem));
    else resolve(answer.text);
  };
  hostAt(uri).request({ args, answered: (answer) => process.heard(() => answered(answer))() });
  return await promise;
}

/** One command after the other. */
class SimulatedShell implements Shell {
  private readonly parts: VirshParts;
  private readonly uri: string;
  private last: Promise<unknown> = Promise.resolve();
  private readonly pending = new Set<(error: Error) => void>();

  constructor(parts: VirshParts, uri: string) {
    this.parts = parts;
    this.uri = uri;
  }

  async run(args: readonly string[], timeoutMs = PATIENT_MS): Promise<string> {
    const before = this.last;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.pending.add(reject);
    this.last = promise.catch(() => {});
    const stop = this.parts.process.clock.after(timeoutMs, () =>
      this.end(new VirshTimeoutError(`${this.uri} did not answer within ${timeoutMs / 1000} s`)),
    );
    void before
      .then(async () =>
        this.pending.has(reject) ? await call(this.parts, this.uri, args, Number.POSITIVE_INFINITY) : '',
      )
      .then(resolve, reject);
    return await promise.finally(() => {
      stop();
      this.pending.delete(reject);
    });
  }

  close(): void {
    this.end(new VirshError('virsh was ended'));
  }

  private end(error: Error): void {
    for (const reject of [...this.pending]) reject(error);
    this.pending.clear();
    this.last = Promise.resolve();
  }
}

/** It outlives its controller, and is told by whoever ends it. */
async function migrate(
  { process, hostAt, migrating, wait }: VirshParts,
  uri: string,
  args: readonly string[],
): Promise<VirshOutput> {
  const { promise, resolve } = Promise.withResolvers<VirshOutput>();
  const ends = (output: VirshOutput): void => {
    migrating.delete(kill);
    process.heard(() => resolve(output))();
  };
  const kill = (): void => ends({ status: null, stdout: '', stderr: '' });
  migrating.add(kill);
  const problem = 'internal error: connection closed due to keepalive timeout';
  const lost = (): void => ends({ status: 1, stdout: '', stderr: `error: ${problem}\n` });
  await process.clock.sleep(STARTS_MS);
  hostAt(uri).request({
    args,
    answered: (answer) => {
      if (!('problem' in answer)) return ends({ status: 0, stdout: '', stderr: '' });
      if (answer.problem === 'virsh was ended') return kill();
      ends({ status: 1, stdout: '', stderr: `error: ${answer.problem}\n` });
    },
    lost: () => wait(KEEPALIVE_MS, lost),
  });
  return await promise;
}

function listen({ process, hostAt, now }: VirshParts, uri: string, listener: StreamListener): EventSource {
  const hears = (doing: () => void): void => process.heard(doing)();
  let isOpen = true;
  const end = hostAt(uri).subscribe({
    event: (event) => {
      const stampMs = now();
      hears(() => isOpen && listener.event(domainEvent(event, stampMs)));
    },
    ended: (reason) => hears(() => isOpen && listener.ended(reason)),
  });
  return {
    close: () => {
      isOpen = false;
      end();
    },
    // Nobody explores for an hour, after which a second one takes over.
    remember: () => {},
    hasTold: () => false,
  };
}

function domainEvent(event: HostEvent, stampMs: number): DomainEvent {
  const head = { domain: 'vm1', stampMs };
  if (event.kind !== 'job-completed') return { ...head, ...event };
  const { elapsedMs, downtimeMs } = event;
  const text = `Job type: 3\noperation: 5\ntime_elapsed: ${Math.round(elapsedMs)}\ndowntime: ${Math.round(downtimeMs)}`;
  return { ...head, kind: 'job-completed', job: parseJobInfo(text) };
}
