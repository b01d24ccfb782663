/** What Prometheus scrapes: totals and the last pauses, and what goes on now. A VM's own series end with what is live. */
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { Breather } from './breather.ts';
import { DrainMetrics } from './drains/drain-metrics.ts';
import type { LiveMigrations } from './live-migrations.ts';
import { type MigrationSummary, summaryOf } from './migration-summary.ts';
import type { Archive } from './past-migrations.ts';
import type { RefusedFor } from './rates.ts';
import type { Tls } from './tls.ts';

const LABELS = ['uuid', 'name', 'source', 'destination'] as const;
type Labels = Record<(typeof LABELS)[number], string>;

/** In seconds: from what no guest notices to what an application gives up over. */
const PAUSE_BUCKETS = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30];

/** Of one migration: the name, what it says, and where it is in the summary; seconds for milliseconds. */
const OF_EACH = [
  ['remaining_bytes', 'guest memory that is dirty and not sent', (s: MigrationSummary) => s.remainingBytes],
  ['sent_bytes', 'put on the wire so far', (s: MigrationSummary) => s.sentBytes],
  ['memory_bytes', 'guest memory that it covers', (s: MigrationSummary) => s.memoryBytes],
  [
    'dirty_bytes_per_second',
    'found dirty over the last pass',
    (s: MigrationSummary) => s.dirtyBytesPerSecond,
  ],
  ['transfer_bytes_per_second', 'put on the wire', (s: MigrationSummary) => s.transferBytesPerSecond],
  ['pass', 'the pass that it is in', (s: MigrationSummary) => s.pass],
  [
    'forecast_pause_seconds',
    'pause if it were stopped at the last boundary',
    (s: MigrationSummary) => seconds(s.forecastPauseMs),
  ],
  ['pause_limit_seconds', 'the longest pause allowed', (s: MigrationSummary) => seconds(s.maxDowntimeMs)],
  [
    'last_pause_seconds',
    'how long the guest stood still, measured',
    (s: MigrationSummary) => seconds(s.pauseMs),
  ],
  ['start_timestamp_seconds', 'when it began', (s: MigrationSummary) => Date.parse(s.startedAt) / 1000],
] as const;

const FROM_THE_START = [
  ['completed', ''],
  ['aborted', ''],
  ['aborted', 'needs-longer-pause'],
  ['cancelled', ''],
  ['failed', ''],
  ['failed', 'needs-a-person'],
  ['completed', 'needs-a-person'],
] as const;

export class Metrics {
  private readonly registry = new Registry();
  private readonly running: Gauge<'state'>;
  private readonly ended: Counter<'outcome' | 'reason'>;
  private readonly refusals: Counter<'reason'>;
  private readonly webhookEvents: Counter<'webhook' | 'result'>;
  private readonly webhookWaiting: Gauge<'webhook'>;
  private readonly pauses: Histogram<string>;
  private readonly ofEach: readonly {
    readonly gauge: Gauge<keyof Labels>;
    figureOf(summary: MigrationSummary): number | null;
  }[];
  private readonly complete: Gauge<string>;
  private readonly certificates: Gauge<'certificate'>;
  readonly drains: DrainMetrics;
  private tls: Pick<Tls, 'expiries'> | undefined;
  private readonly live: LiveMigrations;
  private readonly archive: Pick<Archive, 'problem'> | undefined;
  /** Counted already. */
  private readonly counted = new Set<string>();

  /** @param archive the database, where there is one */
  constructor(live: LiveMigrations, archive?: Pick<Archive, 'problem'>) {
    this.live = live;
    this.archive = archive;
    const registers = [this.registry];
    this.running = new Gauge({
      name: 'switchover_migrations',
      help: 'migrations that go on, by state',
      labelNames: ['state'],
      registers,
    });
    this.ended = new Counter({
      name: 'switchover_migrations_total',
      help: 'migrations that this service followed to their end',
      labelNames: ['outcome', 'reason'],
      registers,
    });
    // A counter that appears with its first event has never risen, for Prometheus.
    for (const [outcome, reason] of FROM_THE_START) this.ended.inc({ outcome, reason }, 0);
    this.pauses = new Histogram({
      name: 'switchover_migration_pause_seconds',
      help: 'how long guests stood still, measured',
      buckets: PAUSE_BUCKETS,
      registers,
    });
    this.complete = new Gauge({
      name: 'switchover_history_complete',
      help: '1: past migrations are shown; 0: the database is away, or does not have all yet',
      registers,
    });
    this.ofEach = OF_EACH.map(([name, help, figureOf]) => ({
      gauge: new Gauge({ name: `switchover_migration_${name}`, help, labelNames: [...LABELS], registers }),
      figureOf,
    }));
    this.refusals = new Counter({
      name: 'switchover_http_refused_total',
      help: 'requests refused for how often they came, for how many were open, or for a token that holds not',
      labelNames: ['reason'],
      registers,
    });
    this.webhookEvents = new Counter({
      name: 'switchover_webhook_events_total',
      help: 'events that a receiver has taken (delivered) or that were given up (dropped), and attempts that failed',
      labelNames: ['webhook', 'result'],
      registers,
    });
    this.webhookWaiting = new Gauge({
      name: 'switchover_webhook_waiting',
      help: 'events that wait for their receiver',
      labelNames: ['webhook'],
      registers,
    });
    this.certificates = new Gauge({
      name: 'switchover_tls_certificate_expiry_timestamp_seconds',
      help: 'until when the certificate of its ports holds, and that of the authority of its clients',
      labelNames: ['certificate'],
      registers,
    });
    this.drains = new DrainMetrics(registers);
    for (const reason of ['rate', 'open', 'token'] as const) this.refusals.inc({ reason }, 0);
    live.subscribe((id) => this.count(id));
  }

  refused(reason: RefusedFor): void {
    this.refusals.inc({ reason });
  }

  webhookCounted(webhook: string, result: 'delivered' | 'failed' | 'dropped', by = 1): void {
    this.webhookEvents.inc({ webhook, result }, by);
  }

  /** From the start on, with all that is counted of it. */
  webhookWaits(webhook: string, count: number): void {
    for (const result of ['delivered', 'failed', 'dropped'] as const) this.webhookCounted(webhook, result, 0);
    this.webhookWaiting.set({ webhook }, count);
  }

  /** Of its ports, from now on. */
  encryptedBy(tls: Pick<Tls, 'expiries'>): void {
    this.tls = tls;
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  async text(): Promise<string> {
    await this.drains.update();
    const summaries = await this.summaries();
    // From here on at once: whoever else asks meanwhile sets all of it anew.
    this.running.reset();
    this.complete.set(this.archive?.problem === undefined ? 1 : 0);
    for (const [certificate, expiresMs] of Object.entries(this.tls?.expiries ?? {}))
      this.certificates.set({ certificate }, expiresMs / 1000);
    for (const { gauge } of this.ofEach) gauge.reset();
    for (const summary of summaries) {
      if (summary.followed) this.running.inc({ state: summary.state });
      const labels: Labels = {
        uuid: summary.vmUuid ?? '',
        name: summary.vm,
        source: summary.source,
        destination: summary.destination ?? '',
      };
      for (const { gauge, figureOf } of this.ofEach) {
        const value = figureOf(summary);
        if (value !== null) gauge.set(labels, value);
      }
    }
    return await this.registry.metrics();
  }

  private async summaries(): Promise<readonly MigrationSummary[]> {
    const breather = new Breather();
    const summaries: MigrationSummary[] = [];
    for (const each of this.live.all()) {
      summaries.push(summaryOf(each));
      await breather.breathe();
    }
    return summaries;
  }

  private count(id: string): void {
    const live = this.live.get(id);
    if (!live) {
      this.counted.delete(id);
      return;
    }
    // Most of what is new is a sample of one that goes on.
    if (live.writer !== undefined) return;
    const { final, outcome, pauseMs, reasons } = summaryOf(live);
    if (!final || outcome === null || this.counted.has(id)) return;
    this.counted.add(id);
    this.ended.inc({ outcome, reason: reasons.find(({ code }) => code !== 'warning')?.code ?? '' });
    if (pauseMs !== null) this.pauses.observe(pauseMs / 1000);
  }
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
