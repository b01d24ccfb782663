/** One journal that happens again, entry by entry at its times, and what the API says of it. */
import { EventEmitter } from 'node:events';
import type { Happening, JournalEntry } from '../../src/journal/journal-entry.ts';
import { foldEntry, type MigrationView, openView } from '../../src/journal/view.ts';
import type { LimitsRequest, MigrationDetail, MigrationSummary } from '../src/api-types.ts';
import { entryOf } from './journals.ts';

type Ticks = MigrationDetail['ticks'];

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

  limit({ downtimeMs, maxDowntimeMs }: LimitsRequest): void {
    const { limits } = this.view;
    this.view = {
      ...this.view,
      limits: {
        ...limits,
        downtimeMs: downtimeMs ?? limits.downtimeMs,
        maxDowntimeMs: maxDowntimeMs ?? limits.maxDowntimeMs,
      },
    };
    this.write({ type: 'effect', did: 'limits changed by hand' });
  }

  summary(): MigrationSummary {
    const { outcome, limits, guest, boundaries, lastTick, decisions, id, vm, destination } = this.view;
    const boundary = boundaries.at(-1);
    const seen = lastTick && lastTick.atMs >= (boundary?.atMs ?? 0) ? lastTick : boundary;
    const last = this.entries.at(-1);
    return {
      id,
      vm: guest.name,
      vmUuid: this.view.vmUuid,
      source: vm,
      destination,
      policy: this.view.policy,
      origin: this.view.origin,
      startedAt: this.view.startedAt,
      updatedAt: last?.time ?? this.view.startedAt,
      revision: this.entries.length,
      state: outcome ? 'ended' : this.view.state,
      final: outcome !== undefined,
      outcome: outcome?.outcome ?? null,
      runsOn: outcome?.runsOn ?? null,
      followed: outcome === undefined,
      pass: seen?.pass ?? null,
      elapsedMs: outcome?.totalMs ?? last?.atMs ?? 0,
      remainingBytes: seen?.remainingBytes ?? null,
      sentBytes: outcome?.sentBytes ?? seen?.sentBytes ?? 0,
      memoryBytes: guest.memoryBytes,
      transferBytesPerSecond: this.ticks().at(-1)?.transferBytesPerSecond ?? null,
      dirtyBytesPerSecond: boundary?.ended?.dirtyRateBytesPerSecond ?? null,
      forecastPauseMs: boundary?.pauseForecastMs ?? null,
      downtimeMs: limits.downtimeMs,
      maxDowntimeMs: limits.maxDowntimeMs,
      pauseMs: outcome?.pauseMs ?? null,
      encrypted: this.view.encrypted,
      braked: (lastTick?.throttlePercent ?? 0) > 0,
      waitsFor: outcome?.reason ?? decisions.at(-1)?.reason ?? 'the first pass over its memory',
      requestedBy: this.view.initiator?.user ?? null,
      reason: this.view.reason,
      correlationId: this.view.correlationId,
      reasons:
        outcome?.runsOn === 'unknown'
          ? [{ code: 'needs-a-person', words: outcome.reason, remedy: 'find out which host has the guest' }]
          : [],
      actions: outcome ? [] : ['cancel', 'limits'],
    };
  }

  ticks(): Ticks {
    const samples = this.entries.flatMap((entry) => (entry.type === 'tick' ? [entry.tick] : []));
    return samples.slice(-240).map((tick, index, all) => {
      const before = all[index - 4];
      return {
        atMs: tick.atMs,
        remainingBytes: tick.remainingBytes,
        sentBytes: tick.sentBytes,
        transferBytesPerSecond: before
          ? (1000 * (tick.sentBytes - before.sentBytes)) / (tick.atMs - before.atMs)
          : null,
      };
    });
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
