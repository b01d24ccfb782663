/** Done again and again, never twice at a time; an error is told once and does not end it. */
import type { Clock } from '../hypervisor/clock.ts';

export class Repeated {
  private readonly clock: Clock;
  private readonly everyMs: number;
  private readonly doing: () => Promise<void>;
  private readonly failed: (error: unknown) => void;
  private running: Promise<void> | undefined;
  private asked = false;
  private stopped = false;
  private told = '';
  private cancelTimer = (): void => {};

  constructor(clock: Clock, everyMs: number, doing: () => Promise<void>, failed: (error: unknown) => void) {
    this.clock = clock;
    this.everyMs = everyMs;
    this.doing = doing;
    this.failed = failed;
  }

  /** Once it is over that runs now. */
  now(): void {
    if (this.stopped) return;
    this.asked = true;
    this.running ??= this.run().finally(() => {
      this.running = undefined;
      if (this.asked) this.now();
    });
  }

  /** Waits for what runs. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.asked = false;
    this.cancelTimer();
    await this.running;
  }

  private async run(): Promise<void> {
    this.cancelTimer();
    this.asked = false;
    try {
      await this.doing();
      this.told = '';
    } catch (error) {
      if (String(error) !== this.told) this.failed(error);
      this.told = String(error);
    }
    if (!this.stopped) this.cancelTimer = this.clock.after(this.everyMs, () => this.now());
  }
}
