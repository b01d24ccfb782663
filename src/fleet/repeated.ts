/** Done again and again, never twice at a time; an error is told once and does not end it. */
import type { Clock } from '../hypervisor/clock.ts';

export class Repeated {
  private readonly clock: Clock;
  private readonly everyMs: number;
  /** Before it is done again, whoever asks: what is asked for meanwhile is done together. */
  private readonly restMs: number;
  private readonly doing: () => Promise<void>;
  private readonly failed: (error: unknown) => void;
  private running: Promise<void> | undefined;
  private asked = false;
  private stopped = false;
  private told = '';
  private cancelTimer = (): void => {};
  private endedMs = Number.NEGATIVE_INFINITY;

  constructor(
    clock: Clock,
    { everyMs, restMs = 0 }: { readonly everyMs: number; readonly restMs?: number },
    doing: () => Promise<void>,
    failed: (error: unknown) => void,
  ) {
    this.clock = clock;
    this.everyMs = everyMs;
    this.restMs = restMs;
    this.doing = doing;
    this.failed = failed;
  }

  /** Once it is over that runs now, and it has rested. */
  now(): void {
    if (this.stopped) return;
    this.asked = true;
    if (this.running !== undefined) return;
    const restMs = this.endedMs + this.restMs - this.clock.now();
    if (restMs > 0) this.wait(restMs);
    else this.begin();
  }

  /** Waits for what runs. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.asked = false;
    this.cancelTimer();
    await this.running;
  }

  private wait(ms: number): void {
    this.cancelTimer();
    this.cancelTimer = this.clock.after(ms, () => this.begin());
  }

  private begin(): void {
    this.cancelTimer();
    this.running = this.run().finally(() => {
      this.running = undefined;
      if (this.asked) this.now();
      else if (!this.stopped) this.wait(this.everyMs);
    });
  }

  private async run(): Promise<void> {
    this.asked = false;
    try {
      await this.doing();
      this.told = '';
    } catch (error) {
      if (String(error) !== this.told) this.failed(error);
      this.told = String(error);
    }
    this.endedMs = this.clock.now();
  }
}
