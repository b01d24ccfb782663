/**
 * The service: the API, what it starts, and what it shows. Watch writes its journals through {@link Service.store}, and so is
 * shown too.
 */
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import { FolderIds } from '../journal/folder/folder-ids.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import type { JournalArchive } from '../journal/postgres/journal-archive.ts';
import { Access } from './access.ts';
import { createApp } from './app.ts';
import { Asked } from './asked.ts';
import { Audit } from './audit.ts';
import { Demo } from './demo.ts';
import type { OpenedDrains, ServiceAround } from './drains/open-drains.ts';
import { hostsNow } from './hosts.ts';
import { type Kept, keptInFolder } from './kept.ts';
import { LiveMigrations } from './live-migrations.ts';
import { Metrics } from './metrics.ts';
import { Migrations } from './migrations.ts';
import { ObservedJournals } from './observed-journals.ts';
import { Pruning } from './pruning.ts';
import { type Listening, type Place, serveAt } from './serve-at.ts';
import { StartedKeys } from './started-keys.ts';
import { Starter } from './starter.ts';
import type { Tls } from './tls.ts';
import { auditFile, tokensFile } from './tokens-file.ts';
import { Webhooks } from './webhooks/webhooks.ts';

export interface ServiceParts {
  /** Where its tokens are. */
  readonly stateDir: string;
  readonly journals: JournalStore;
  /** The database, where there is one; it is closed with the service. */
  readonly archive?: JournalArchive | undefined;
  config(): Config;
  /** URIs of the hosts that are followed. */
  readonly hosts: readonly string[];
  /** URI of the host that a domain's name means where a request names none. */
  readonly connect: string;
  readonly hostNames: readonly string[];
  readonly demo: boolean;
  /** The file of those who are told of migrations; undefined: nobody is. */
  readonly webhooks: string | undefined;
  /** Opens what tells of drains, where there is a database of them. */
  drains?(around: ServiceAround): OpenedDrains;
  /** Of the demonstration; undefined: as many as it usually has. */
  readonly demoGuests?: number | undefined;
  /** How long and how many, where that was asked for. */
  readonly keep?: Partial<Kept> | undefined;
  say(sentence: string): void;
}

export class Service {
  readonly store: ObservedJournals;
  readonly access: Access;
  private readonly live = new LiveMigrations();
  private readonly migrations: Migrations;
  private readonly starter: Starter;
  private readonly demo: Demo | undefined;
  private readonly metrics: Metrics;
  private readonly app: ReturnType<typeof createApp>;
  private readonly webhooks: Webhooks | undefined;
  private readonly listening: Listening[] = [];
  private readonly archive: JournalArchive | undefined;
  private readonly ids: FolderIds;
  /** Undefined where watch does it. */
  private readonly pruning: Pruning | undefined;
  private readonly drains: OpenedDrains | undefined;
  /** What keeps it from working, a sentence each. */
  private problems: readonly string[] = ['it has only just started'];

  /** @throws {ConfigError} of the webhooks' file */
  constructor(parts: ServiceParts) {
    this.archive = parts.archive;
    this.ids = new FolderIds(parts.stateDir, parts.journals);
    this.store = new ObservedJournals(
      ...([parts.journals, this.live, this.archive] as const),
      keptInFolder(parts.keep ?? {}, this.archive !== undefined),
    );
    this.pruning = parts.hosts.length === 0 ? new Pruning(this.store, parts.say) : undefined;
    this.access = new Access(tokensFile(parts.stateDir));
    this.migrations = new Migrations(this.live, this.store, this.archive, this.ids);
    this.starter = new Starter({
      migrations: this.migrations,
      store: this.store,
      asked: new Asked({ libvirt: new LibvirtHypervisor({}), config: parts.config, connect: parts.connect }),
      say: parts.say,
    });
    this.demo = parts.demo ? new Demo(this.migrations, this.store, parts.demoGuests) : undefined;
    this.metrics = new Metrics(this.live, this.archive);
    const { metrics } = this;
    this.drains = parts.drains?.({ live: this.live, store: this.store, migrations: this.migrations });
    if (this.drains) metrics.drains.of(this.drains.drains);
    this.webhooks =
      parts.webhooks === undefined
        ? undefined
        : new Webhooks({
            file: parts.webhooks,
            folder: path.join(parts.stateDir, 'webhooks'),
            live: this.live,
            say: parts.say,
            counted: (webhook, what) => metrics.webhookCounted(webhook, what),
            waiting: (webhook, count) => metrics.webhookWaits(webhook, count),
          });
    this.app = createApp({
      migrations: this.migrations,
      metrics,
      audit: new Audit(auditFile(parts.stateDir), parts.say),
      plan: async (request) => await (this.demo ?? this.starter).plan(request),
      access: this.access,
      startedKeys: new StartedKeys(path.join(parts.stateDir, 'started.jsonl')),
      start: async (request, caller, begins) => {
        if (!this.demo) return await this.starter.start(request, caller, begins);
        const id = await this.demo.start(request, caller);
        await begins(id);
        return id;
      },
      drains: this.drains,
      hostNames: parts.hostNames,
      demo: parts.demo,
      hosts: async () => {
        const others = this.drains?.hosts?.() ?? [];
        return [...(this.demo?.hosts() ?? (await hostsNow(parts.hosts, this.live))), ...others];
      },
      problems: () => [...this.problems, ...(this.archive?.problem ? [this.archive.problem] : [])],
      say: parts.say,
    });
  }

  /** @returns where it listens now @throws {PlaceError} */
  async listen(place: Place, tls?: Tls): Promise<Place> {
    if (tls) this.metrics.encryptedBy(tls);
    const listening = await serveAt(place, this.app.fetch, tls);
    this.listening.push(listening);
    return listening.place;
  }

  /** Goes on with what a service before this one let go of, or fills the demonstration. */
  async begin(): Promise<void> {
    this.archive?.start();
    this.pruning?.start();
    // So that the first page does not wait for it.
    this.ids.oldestFirst().catch(() => {});
    if (this.demo) this.demo.begin();
    else await this.starter.resume();
    this.problems = [];
  }

  /** No migration is followed here now. */
  get isIdle(): boolean {
    return this.live.all().every(({ writer }) => writer === undefined);
  }

  /** The webhooks' file, on SIGHUP. */
  readAgain(): void {
    this.webhooks?.readAgain();
  }

  /** Answers nobody any more, and lets go of all: the migrations go on. */
  async close(reason: string): Promise<void> {
    this.demo?.close();
    this.pruning?.close();
    await Promise.all(this.listening.map(async (each) => await each.close()));
    await this.migrations.detachAll(reason);
    await this.drains?.[Symbol.asyncDispose]();
    await this.webhooks?.close();
    this.live.close();
    this.ids.close();
    await this.archive?.close();
  }
}
