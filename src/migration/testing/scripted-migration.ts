/** A migration that follows a script, for what the supervisor does at instants that no real QEMU can be held at. */
import { EventQueue } from '../../hypervisor/event-queue.ts';
import type {
  Effect,
  GuestFacts,
  MigrationEnd,
  MigrationEvent,
  PauseRequest,
  Restored,
  RunningMigration,
  Side,
} from '../../hypervisor/hypervisor.ts';

const GUEST: GuestFacts = {
  vm: 'test:vm1',
  name: 'vm1',
  uuid: undefined,
  hypervisor: 'script',
  accelerator: 'kvm',
  machineType: 'pc',
  memoryBytes: 537e6,
  state: 'running',
  migrating: false,
  losesWrites: undefined,
};

type Command =
  | 'throttle'
  | 'cancel'
  | 'restrain'
  | 'recover'
  | 'letRun'
  | 'resume'
  | 'halt'
  | 'setDowntimeLimit'
  | 'setPassCap'
  | 'startPostCopy';

export class ScriptedMigration implements RunningMigration {
  readonly guest = GUEST;
  readonly wasRunning: boolean;
  mark = 'script';
  markCertain: Promise<unknown> = Promise.resolve();
  passCapBytesPerSecond: number | undefined;
  readonly brakesAtOnce: boolean;
  readonly begunByUs: boolean;
  readonly destinationWaits: boolean;
  readonly events = new EventQueue<MigrationEvent>();
  readonly ended: Promise<MigrationEnd>;
  /** What the supervisor did, in order. */
  readonly calls: string[] = [];
  /** How commands fail, by name: each time, until it is deleted. */
  readonly failures: Partial<Record<Command, Error>> = {};
  /** What {@link putBack} finds. */
  restored: readonly Restored[] = [];
  /** Filled by whoever lets one end. */
  readonly gone = new Set<Side>();
  private readonly settleEnded: (end: MigrationEnd) => void;

  constructor({
    wasRunning = true,
    begunByUs = true,
    destinationWaits = false,
    passCap = undefined as number | undefined,
    brakesAtOnce = true,
  } = {}) {
    this.brakesAtOnce = brakesAtOnce;
    this.passCapBytesPerSecond = passCap;
    this.wasRunning = wasRunning;
    this.begunByUs = begunByUs;
    this.destinationWaits = destinationWaits;
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
      atMs: 9000,
      error: undefined,
      destinationEverRan: false,
      sourceEverStopped: undefined,
      destinationWaits: this.destinationWaits,
      postCopyBegan: false,
      heldBy: undefined,
      guestEnded: undefined,
      sentBytes: undefined,
      reportedDowntimeMs: undefined,
      ...end,
    });
    return this;
  }

  isGone(side: Side): boolean {
    return this.gone.has(side);
  }

  async setDowntimeLimit({ pauseMs }: PauseRequest): Promise<Effect> {
    const { did } = await this.call('setDowntimeLimit', `limit ${Math.round(pauseMs)}`);
    return { did, set: { downtimeLimitMs: pauseMs } };
  }

  async setPassCap(bytesPerSecond: number | undefined): Promise<Effect> {
    const effect = await this.call('setPassCap', `cap ${bytesPerSecond ?? 'none'}`);
    this.passCapBytesPerSecond = bytesPerSecond;
    return effect;
  }

  async throttle(percent: number): Promise<Effect> {
    return await this.call('throttle', `throttle ${percent}`);
  }

  async suspend(): Promise<Effect> {
    return await this.call('suspend', 'suspend');
  }

  async startPostCopy(): Promise<Effect> {
    return await this.call('startPostCopy', 'post-copy');
  }

  async cancel(): Promise<Effect> {
    return await this.call('cancel', 'cancel');
  }

  async recover({ migrateUri }: { readonly migrateUri?: string | undefined }): Promise<Effect> {
    return await this.call('recover', `recover ${migrateUri}`);
  }

  async restrain(): Promise<Effect> {
    return await this.call('restrain', 'restrain');
  }

  async letRun(): Promise<Effect> {
    return await this.call('letRun', 'let run');
  }

  async resume(side: Side): Promise<Effect & { atMs: number }> {
    return { atMs: 9100, ...(await this.call('resume', `resume ${side}`)) };
  }

  async halt(side: Side): Promise<Effect> {
    return await this.call('halt', `halt ${side}`);
  }

  async putBack(): Promise<readonly Restored[]> {
    return this.restored;
  }

  async detach(): Promise<void> {
    this.calls.push('detach');
    this.end({ result: 'detached', whereabouts: { source: 'unknown', destination: 'unknown' } });
  }

  private async call(name: string, said: string): Promise<Effect> {
    this.calls.push(said);
    const failure = this.failures[name as Command];
    if (failure) throw failure;
    return { did: said };
  }
}
