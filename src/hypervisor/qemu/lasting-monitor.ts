/**
 * A QEMU's monitor that outlives its connections. A connection that closes says nothing of QEMU (an `ssh -L` ends, a
 * socket file is removed, a proxy is restarted), so it is opened anew with growing pauses, for as long as this is
 * wanted. Only a proof ends it: the process that listened when we first connected is dead, or QEMU said SHUTDOWN
 * before it closed.
 *
 *     connected ◀──▶ lost ──▶ ended
 *         └───────────┴──────────────▶ closed (by us)
 */
import type { Clock } from '../clock.ts';
import type { ProvableProcess } from './listening-process.ts';
import type { ExecuteOptions, QmpClient } from './qmp/client.ts';
import type { QmpCommands } from './qmp/commands.ts';
import type { QmpEvent } from './qmp/events.ts';

export type MonitorState =
  | { readonly kind: 'connected'; readonly client: QmpClient }
  /** Reconnecting. Then: connected, or ended when its process is proved dead. */
  | { readonly kind: 'lost'; readonly words: string }
  /** `proof` in words. The end. */
  | { readonly kind: 'ended'; readonly proof: string }
  | { readonly kind: 'closed' };

/** A command that could not be sent because the way to QEMU is lost. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

export interface LastingMonitorParts {
  /** As in messages. */
  readonly address: string;
  /** The process that listens at the address, where it is on this machine. */
  readonly process: ProvableProcess | undefined;
  readonly clock: Clock;
  /** Opens the address anew. @throws {Error} when nothing answers */
  connect(): Promise<QmpClient>;
  /** Whether the one that answers is the same VM as before. */
  isSame(client: QmpClient): Promise<boolean>;
}

export interface MonitorChange {
  readonly state: 'lost' | 'back' | 'ended';
  readonly words: string;
}

const AGAIN_AFTER_MS = [50, 100, 250, 500, 1000, 2000];
const STRANGER = 'another VM answers there';

type Args<C extends keyof QmpCommands> = QmpCommands[C]['args'];

export class LastingMonitor {
  readonly address: string;
  private readonly parts: LastingMonitorParts;
  private readonly subscribers: { readonly name: string; readonly take: (event: QmpEvent) => void }[] = [];
  private readonly watchers = new Set<(change: MonitorChange) => void>();
  private current: MonitorState;
  private gaps = 0;
  private failures = 0;
  /** Why QEMU says that it ends, once it has said so. */
  private shutdown: string | undefined;
  private cancelRetry: () => void = () => {};

  constructor(client: QmpClient, parts: LastingMonitorParts) {
    this.parts = parts;
    this.address = parts.address;
    this.current = { kind: 'connected', client };
    this.hold(client);
  }

  get state(): MonitorState {
    return this.current;
  }

  get client(): QmpClient | undefined {
    return this.current.kind === 'connected' ? this.current.client : undefined;
  }

  /** No event can have been missed since the beginning. */
  get uninterrupted(): boolean {
    return this.gaps === 0;
  }

  /** Events of every connection, also of later ones. */
  onEvent<N extends string>(name: N, take: (event: QmpEvent<N>) => void): void {
    this.subscribers.push({ name, take: take as (event: QmpEvent) => void });
    this.client?.onEvent(name, take);
  }

  onChange(take: (change: MonitorChange) => void): void {
    this.watchers.add(take);
  }

  /** @throws {UnreachableError} while it is lost @throws {QmpError} */
  async execute<C extends keyof QmpCommands>(
    command: C,
    args?: Args<C>,
    options?: ExecuteOptions,
  ): Promise<QmpCommands[C]['reply']> {
    const { client } = this;
    if (!client) throw new UnreachableError(`${this.address} ${this.words()}: ${command} was not sent`);
    return (await client.execute(
      command as string,
      args as Record<string, unknown>,
      options,
    )) as QmpCommands[C]['reply'];
  }

  /** @returns the connection, when there is one within that time */
  async connected(withinMs: number): Promise<QmpClient | undefined> {
    const untilMs = this.parts.clock.awakeMs() + withinMs;
    while (this.current.kind === 'lost' && this.parts.clock.awakeMs() < untilMs)
      await this.parts.clock.sleep(20);
    return this.client;
  }

  /** A connection that carries nothing any more is as good as closed: it is opened anew. */
  giveUp(words: string): void {
    const { client } = this;
    if (!client) return;
    this.lose(client, words);
    void client.close();
  }

  async close(): Promise<void> {
    const { client } = this;
    this.cancelRetry();
    this.move({ kind: 'closed' });
    await client?.close();
  }

  private hold(client: QmpClient): void {
    client.onEvent('SHUTDOWN', (event) => {
      this.shutdown = shutdownWords(event);
    });
    for (const { name, take } of this.subscribers) client.onEvent(name, take);
    void client.closed.then((reason) => this.lose(client, reason?.message ?? 'it was closed'));
  }

  private lose(client: QmpClient, words: string): void {
    if (this.client !== client) return;
    this.gaps += 1;
    this.failures = 0;
    const proof = this.proofOfEnd();
    if (proof !== undefined) return this.end(proof);
    this.move({ kind: 'lost', words });
    this.tell({ state: 'lost', words });
    this.retryLater();
  }

  private retryLater(): void {
    const waitMs = AGAIN_AFTER_MS[Math.min(this.failures, AGAIN_AFTER_MS.length - 1)] ?? 0;
    this.failures += 1;
    this.cancelRetry = this.parts.clock.after(waitMs, () => void this.retry());
  }

  private async retry(): Promise<void> {
    if (this.current.kind !== 'lost') return;
    const proof = this.proofOfEnd();
    if (proof !== undefined) return this.end(proof);
    let client: QmpClient | undefined;
    try {
      client = await this.parts.connect();
      if (!(await this.parts.isSame(client))) throw new Error(STRANGER);
    } catch (error) {
      await client?.close();
      if (this.current.kind !== 'lost') return;
      const words = error instanceof Error ? error.message : String(error);
      if (words === STRANGER && this.current.words !== words) this.tell({ state: 'lost', words });
      this.move({ kind: 'lost', words });
      return this.retryLater();
    }
    // Closed meanwhile.
    if (this.current.kind !== 'lost') return void client.close();
    this.shutdown = undefined;
    this.move({ kind: 'connected', client });
    this.hold(client);
    this.tell({ state: 'back', words: 'its monitor answers again' });
  }

  private end(proof: string): void {
    this.move({ kind: 'ended', proof });
    this.tell({ state: 'ended', words: proof });
  }

  private proofOfEnd(): string | undefined {
    const { process } = this.parts;
    // With -no-shutdown QEMU outlives its SHUTDOWN; whoever can see the process goes by that.
    if (process?.isRunning()) return undefined;
    return this.shutdown ?? (process && `${process.words} has ended`);
  }

  private words(): string {
    switch (this.current.kind) {
      case 'ended':
        return `has ended (${this.current.proof})`;
      case 'lost':
        return `is out of reach (${this.current.words})`;
      default:
        return 'was let go of';
    }
  }

  private tell(change: MonitorChange): void {
    for (const take of this.watchers) take(change);
  }

  private move(to: MonitorState): void {
    if (this.current.kind === 'closed' || this.current.kind === 'ended') return;
    this.current = to;
  }
}

/** qapi/run-state.json: ShutdownCause. */
function shutdownWords({ data: { guest, reason } }: QmpEvent<'SHUTDOWN'>): string {
  if (guest || reason?.startsWith('guest')) return 'the guest shut itself down';
  return `QEMU was told to end (${reason || 'SHUTDOWN'})`;
}
