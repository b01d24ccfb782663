/** One `virsh event` process: its events, and its end. */
import type { ChildProcess } from 'node:child_process';
import { type DomainEvent, EventLines } from './event-lines.ts';
import { errorText, spawnVirsh } from './virsh.ts';

/** A job's figures come at once; nothing follows for this long: they are whole. */
const WHOLE_AFTER_MS = 20;

export interface StreamListener {
  event(event: DomainEvent): void;
  /** @param reason what virsh said. Not called after {@link EventStream.close} */
  ended(reason: string): void;
}

/** What the watch over a host's events needs of one `virsh event`. */
export interface EventSource {
  close(): void;
  /** From now on what is told is kept, for {@link hasTold}. */
  remember(): void;
  /** Whether this one has told the same event as another stream. Each that it told answers once. */
  hasTold(event: DomainEvent): boolean;
}

export class EventStream implements EventSource {
  private readonly listener: StreamListener;
  private readonly child: ChildProcess;
  private readonly lines = new EventLines();
  private rest = '';
  private stderr = '';
  private open = true;
  private wholeTimer: NodeJS.Timeout | undefined;
  /** What was told since {@link remember}. */
  private told: DomainEvent[] | undefined;

  /** @param lifeSeconds after which it ends by itself */
  constructor(uri: string, lifeSeconds: number, listener: StreamListener) {
    this.listener = listener;
    const options = ['--all', '--loop', '--timestamp', `--timeout=${lifeSeconds}`];
    const child = spawnVirsh(uri, ['event', ...options], 'ignore');
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.read(text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    child.on('error', (error) => this.end(error.message));
    child.on('close', () => this.end(errorText(this.stderr) || 'virsh event was ended'));
  }

  close(): void {
    this.open = false;
    clearTimeout(this.wholeTimer);
    this.child.kill('SIGKILL');
  }

  remember(): void {
    this.told = [];
  }

  hasTold(event: DomainEvent): boolean {
    const at = this.told?.findIndex((each) => isSame(each, event)) ?? -1;
    if (at < 0) return false;
    this.told?.splice(at, 1);
    return true;
  }

  private read(text: string): void {
    if (!this.open) return;
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.tell(this.lines.take(line));
    clearTimeout(this.wholeTimer);
    this.wholeTimer = setTimeout(() => this.tell(this.lines.flush()), WHOLE_AFTER_MS);
  }

  private tell(events: readonly DomainEvent[]): void {
    for (const event of events) {
      this.told?.push(event);
      this.listener.event(event);
    }
  }

  private end(reason: string): void {
    if (!this.open) return;
    this.open = false;
    clearTimeout(this.wholeTimer);
    this.tell(this.lines.flush());
    this.listener.ended(reason);
  }
}

/** Two virshs print the same event each at an instant of its own. */
const SAME_WITHIN_MS = 500;

function isSame({ stampMs, ...one }: DomainEvent, { stampMs: otherMs, ...other }: DomainEvent): boolean {
  return Math.abs(stampMs - otherMs) <= SAME_WITHIN_MS && JSON.stringify(one) === JSON.stringify(other);
}
