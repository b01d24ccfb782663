/** One journal that happens again, entry by entry at its times, and what the API says of it. */
import { EventEmitter } from 'node:events';
import type { Happening, JournalEntry } from '../../src/journal/journal-entry.ts';
import { foldEntry, type MigrationView, openView } from '../../src/journal/view.ts';
import type { Tick } from '../../src/model/observation.ts';
import { summaryOf } from '../../src/service/migration-summary.ts';
import type { LimitsRequest, MigrationSummary } from '../src/api-types.ts';
import { entryOf } from './journals.ts';

/** What is written is told by {@link Replayed.entries}. */
async function* nothing(): AsyncGenerator<never, void> {}

export class Replayed extends EventEmitter<{ entry: [JournalEntry]; end: [] }> {
  readonly entries: JournalEntry[] = [];
  readonly startedAtMs: number;
  private readonly planned: JournalEntry[];
  private view: MigrationView;
  private timer: NodeJS.Timeout | undefined;

  /** What lies before now has happened already. */
  constructor(planned: readonly JournalEntry[], startedAtMs: number) {
    super();
    this.setMaxListeners(0);
    this.startedAtMs = startedAtMs;
    const [opened, ...rest] = planned;
    if (!opened) throw new Error('a journal has an entry');
    this.view = openView(opened);
    this.entries.push(opened);
    this.planned = rest;
    this.goOn();
  }

  get id(): string {
    return this.view.id;
  }

  get final(): boolean {
    return this.view.outcome !== undefined;
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  cancel(): void {
    this.planned.length = 0;
    const { outcome, ...sent } = {
      outcome: 'cancelled' as const,
      sentBytes: this.view.lastTick?.sentBytes ?? 0,
    };
    this.write({ type: 'intent', intent: 'cancel', side: null });
    this.write({ type: 'state', from: this.view.state, to: 'cancelling' });
    this.write({
      type: 'ended',
      outcome: {
        ...sent,
        outcome,
        runsOn: 'source',
        reason: 'cancelled; the guest runs on the source',
        pauseMs: null,
        totalMs: this.atMs(),
        memoryIntensive: null,
        neededPauseMs: null,
        reportedDowntimeMs: null,
      },
    });
  }

  limit({ downtimeMs, maxDowntimeMs, bandwidthBytesPerSecond: cap }: LimitsRequest): void {
    const { limits } = this.view;
    this.view = {
      ...this.view,
      limits: {
        ...limits,
        downtimeMs: downtimeMs ?? limits.downtimeMs,
        maxDowntimeMs: maxDowntimeMs ?? limits.maxDowntimeMs,
        bandwidthBytesPerSecond: cap === undefined ? limits.bandwidthBytesPerSecond : (cap ?? undefined),
      },
    };
    this.write({ type: 'effect', did: 'limits changed by hand' });
  }

  summary(): MigrationSummary {
    const last = this.entries.at(-1);
    return summaryOf({
      view: this.view,
      ticks: this.ticks(),
      lastSeq: this.entries.length - 1,
      updatedAt: last?.time ?? this.view.startedAt,
      lastAtMs: last?.atMs ?? 0,
      writer: this.final ? undefined : { entries: () => nothing() },
    });
  }

  /** The newest of them. */
  ticks(): Tick[] {
    return this.entries.flatMap((entry) => (entry.type === 'tick' ? [entry.tick] : [])).slice(-240);
  }

  private atMs(): number {
    return Date.now() - this.startedAtMs;
  }

  private write(happening: Happening): void {
    this.take(entryOf(this.entries.length, this.atMs(), happening, this.startedAtMs));
  }

  private goOn(): void {
    while (this.planned[0] && this.planned[0].atMs <= this.atMs()) {
      const entry = this.planned.shift();
      if (entry) this.take(entry);
    }
    const next = this.planned[0];
    if (next) this.timer = setTimeout(() => this.goOn(), Math.min(1e9, next.atMs - this.atMs()));
  }

  private take(entry: JournalEntry): void {
    this.entries.push(entry);
    this.view = foldEntry(this.view, entry);
    this.emit('entry', entry);
    if (entry.type === 'ended') this.emit('end');
  }
}
