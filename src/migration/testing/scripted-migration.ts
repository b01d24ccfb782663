/** A migration that follows a script, for what the supervisor does at instants that no real QEMU can be held at. */
import { EventQueue } from '../../hypervisor/event-queue.ts';
import type {
  GuestFacts,
  MigrationEnd,
  MigrationEvent,
  PauseRequest,
  RunningMigration,
} from '../../hypervisor/hypervisor.ts';

const GUEST: GuestFacts = {
  vm: 'test:vm1',
  name: 'vm1',
  hypervisor: 'script',
  accelerator: 'kvm',
  machineType: 'pc',
  memoryBytes: 537e6,
  state: 'running',
  migrating: false,
  losesWrites: undefined,
  uuid: undefined,
};

export class ScriptedMigration implements RunningMigration {
  readonly guest = GUEST;
  readonly wasRunning: boolean;
  readonly passCapBytesPerSecond = undefined;
  readonly events = new EventQueue<MigrationEvent>();
  readonly ended: Promise<MigrationEnd>;
  /** What the supervisor did, in order. */
  readonly calls: string[] = [];
  /** How commands fail, by name. */
  readonly failures: Partial<Record<'cancel' | 'resume' | 'setDowntimeLimit', Error>> = {};
  private readonly settleEnded: (end: MigrationEnd) => void;

  constructor({ wasRunning = true } = {}) {
    this.wasRunning = wasRunning;
    const { promise, resolve } = Promise.withResolvers<MigrationEnd>();
    this.ended = promise;
    this.settleEnded = resolve;
  }

  emit(...events: MigrationEvent[]): this {
    for (const event of events) this.events.push(event);
    return this;
  }

  end(end: Partial<MigrationEnd> & Pick<MigrationEnd, 'result' | 'whereabouts'>): this {
    this.events.close();
    this.settleEnded({
      ...{ atMs: 9000, error: undefined, destinationEverRan: false },
      ...{ sentBytes: undefined, reportedDowntimeMs: undefined },
      ...end,
    });
    return this;
  }

  setDowntimeLimit({ pauseMs }: PauseRequest): Promise<string> {
    return this.call('setDowntimeLimit', `limit ${Math.round(pauseMs)}`);
  }

  throttle(percent: number): Promise<string> {
    return this.call('throttle', `throttle ${percent}`);
  }

  suspend(): Promise<string> {
    return this.call('suspend', 'suspend');
  }

  startPostCopy(): Promise<string> {
    return this.call('startPostCopy', 'post-copy');
  }

  cancel(): Promise<string> {
    return this.call('cancel', 'cancel');
  }

  async resume(side: 'source' | 'destination'): Promise<{ atMs: number; did: string }> {
    return { atMs: 9100, did: await this.call('resume', `resume ${side}`) };
  }

  async detach(): Promise<void> {
    this.calls.push('detach');
    this.end({ result: 'detached', whereabouts: { source: 'unknown', destination: 'unknown' } });
  }

  private async call(name: string, said: string): Promise<string> {
    this.calls.push(said);
    const failure = this.failures[name as keyof typeof this.failures];
    if (failure) throw failure;
    return said;
  }
}
