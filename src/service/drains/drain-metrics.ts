/** What Prometheus is told of drains and cordoned hosts. All of it is asked of the database: while that is away there is none of it. */
import { Gauge, type Registry } from '@prometheus-io/client';
import { Problem } from '../problem.ts';
import { VM_STATES } from './drain-document.ts';
import type { Drains } from './drains.ts';

const OF_DRAIN = ['drain', 'host'] as const;

/** A scrape waits no longer for the database. */
const ANSWER_WITHIN_MS = 3000;
const MOST = 200;

export class DrainMetrics {
  private readonly vms: Gauge<'drain' | 'host' | 'state'>;
  private readonly deadline: Gauge<'drain' | 'host'>;
  private readonly forecastEnd: Gauge<'drain' | 'host'>;
  private readonly blocked: Gauge<'drain' | 'host'>;
  private readonly waitsForRelease: Gauge<'drain' | 'host'>;
  private readonly cordoned: Gauge<'host'>;
  private drains: Pick<Drains, 'list' | 'marks'> | undefined;

  constructor(registers: Registry[]) {
    const ofDrain = (name: string, help: string) =>
      new Gauge({ name: `switchover_drain_${name}`, help, labelNames: [...OF_DRAIN], registers });
    this.vms = new Gauge({
      name: 'switchover_drain_vms',
      help: 'VMs of drains that are not released, by state',
      labelNames: [...OF_DRAIN, 'state'],
      registers,
    });
    this.deadline = ofDrain('deadline_timestamp_seconds', 'when nothing new is begun any more');
    this.forecastEnd = ofDrain(
      'forecast_end_timestamp_seconds',
      'when those that can leave have most likely left; missing where that is not known',
    );
    this.blocked = ofDrain('blocked', '1: nothing of it goes on without a person or something from outside');
    this.waitsForRelease = ofDrain(
      'waits_for_release_timestamp_seconds',
      'since when its host is empty, or its deadline has passed, and nobody has released it',
    );
    this.cordoned = new Gauge({
      name: 'switchover_host_cordoned',
      help: '1: no drain moves a VM there, by somebody’s word or as it is emptied',
      labelNames: ['host'],
      registers,
    });
  }

  /** Of these, from now on. */
  of(drains: Pick<Drains, 'list' | 'marks'>): void {
    this.drains = drains;
  }

  /** Right before they are told. */
  async update(): Promise<void> {
    const { drains } = this;
    for (const gauge of [
      this.vms,
      this.deadline,
      this.forecastEnd,
      this.blocked,
      this.waitsForRelease,
      this.cordoned,
    ])
      gauge.reset();
    if (!drains) return;
    const timer = Promise.withResolvers<undefined>();
    const handle = setTimeout(() => timer.resolve(undefined), ANSWER_WITHIN_MS);
    try {
      const found = await Promise.race([
        Promise.all([drains.list('unreleased', MOST), drains.marks()]),
        timer.promise,
      ]);
      if (found) this.set(...found);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    } finally {
      clearTimeout(handle);
    }
  }

  private set(all: Awaited<ReturnType<Drains['list']>>, marks: Awaited<ReturnType<Drains['marks']>>): void {
    for (const [host] of marks) this.cordoned.set({ host }, 1);
    for (const of of all) {
      const labels = { drain: of.id, host: of.host };
      this.cordoned.set({ host: of.host }, 1);
      for (const state of VM_STATES) this.vms.set({ ...labels, state }, of.counts[state]);
      this.blocked.set(labels, of.state === 'blocked' ? 1 : 0);
      setTime(this.deadline, labels, of.deadline);
      setTime(this.forecastEnd, labels, of.forecastEnd?.likely ?? null);
      const since = of.state === 'empty' ? of.emptySince : of.outcome === 'expired' ? of.endedAt : null;
      setTime(this.waitsForRelease, labels, since);
    }
  }
}

function setTime(
  gauge: Gauge<'drain' | 'host'>,
  labels: { readonly drain: string; readonly host: string },
  time: string | null,
): void {
  if (time !== null) gauge.set(labels, Date.parse(time) / 1000);
}
