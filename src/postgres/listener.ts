/**
 * Hears what is notified, on a connection of its own. A connection that ends is made again; what was notified meanwhile is
 * lost, so whoever listens looks by itself from time to time.
 */
import { Client, type ClientConfig } from 'pg';

const AGAIN_AFTER_MS = 1000;

export class Listener implements AsyncDisposable {
  private readonly config: ClientConfig;
  private readonly channel: string;
  private readonly heard: (payload: string) => void;
  private client: Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private connecting: Promise<void> = Promise.resolve();
  private closed = false;

  /**
   * @param channel a plain name
   * @param heard also once after each connecting, with an empty payload, as something may have been missed
   */
  constructor(config: ClientConfig, channel: string, heard: (payload: string) => void) {
    this.config = config;
    this.channel = channel;
    this.heard = heard;
    this.connecting = this.connect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.connecting;
    await this.client?.end().catch(() => {});
  }

  private async connect(): Promise<void> {
    const client = new Client({
      ...this.config,
      connectionTimeoutMillis: 5000,
      query_timeout: 5000,
      keepAlive: true,
      application_name: 'switchover',
    });
    this.client = client;
    // Without it the server's end would be ours.
    client.on('error', () => {});
    client.on('notification', ({ payload = '' }) => this.heard(payload));
    try {
      await client.connect();
      await client.query(`listen ${this.channel}`);
      client.on('end', () => this.again());
      this.heard('');
    } catch {
      await client.end().catch(() => {});
      this.again();
    }
  }

  private again(): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.connecting = this.connect();
    }, AGAIN_AFTER_MS).unref();
  }
}
