/** The whole service but its sockets, on simulated guests: `quick` migrates in no time, `slow` takes as long as a real one. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { simulatedAddress } from '../../hypervisor/simulated/address.ts';
import { constantLink } from '../../hypervisor/simulated/link.ts';
import { cyclic } from '../../hypervisor/simulated/memory/cyclic.ts';
import type { ScenarioInput } from '../../hypervisor/simulated/scenario.ts';
import {
  SimulatedHypervisor,
  simulatedDestination,
} from '../../hypervisor/simulated/simulated-hypervisor.ts';
import { FolderJournals } from '../../journal/folder/folder-journals.ts';
import { initiatorHere } from '../../journal/initiator.ts';
import { JournalArchive } from '../../journal/postgres/journal-archive.ts';
import { beginRun } from '../../migration/begin.ts';
import { choosePolicy } from '../../policy/policies.ts';
import { DEFAULT_LIMITS } from '../../policy/policy.ts';
import { Access, type Caller } from '../access.ts';
import { createApp } from '../app.ts';
import { Audit } from '../audit.ts';
import { Demo } from '../demo.ts';
import type { OpenedDrains, ServiceAround } from '../drains/open-drains.ts';
import { LiveMigrations } from '../live-migrations.ts';
import { Metrics } from '../metrics.ts';
import { Migrations } from '../migrations.ts';
import { ObservedJournals } from '../observed-journals.ts';
import { PacedHypervisor } from '../paced-hypervisor.ts';
import { summaryLineOf } from '../past-migrations.ts';
import { Problem } from '../problem.ts';
import type { StartRequest } from '../requests.ts';
import { type Listening, serveAt } from '../serve-at.ts';
import { StartedKeys } from '../started-keys.ts';
import type { Begins } from '../started-once.ts';
import { toldFirst } from '../told-first.ts';
import { OpenApiCheck, type OpenApiDocument } from './openapi-check.ts';

const MIB = 2 ** 20;
const GUEST: ScenarioInput = {
  memoryBytes: 512 * MIB,
  zeroPagesShare: 0.5,
  memory: cyclic({ workingSetBytes: 64 * MIB, writeRateBytesPerSecond: 500 * MIB }),
  link: constantLink(60 * MIB),
};

export interface Ask {
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Over TCP; left out: by the unix socket. */
  readonly byTcp?: boolean;
}

export class ServiceBed implements AsyncDisposable {
  readonly live = new LiveMigrations();
  readonly store: ObservedJournals;
  readonly migrations: Migrations;
  readonly access: Access;
  readonly said: string[] = [];
  /** How often a start was asked for. */
  starts = 0;
  /** The state folder. */
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-service-'));
  private readonly listening: Listening[] = [];
  readonly app: ReturnType<typeof createApp>;
  readonly archive: JournalArchive | undefined;
  readonly metrics: Metrics;
  readonly drains: OpenedDrains | undefined;
  /** Of all beds: their documents are the same. */
  private static check: OpenApiCheck | undefined;

  /** @param url of a database with its tables, where there is to be one @param drains where it is to have some */
  constructor(
    url?: string,
    drains?: (around: ServiceAround & { readonly stateDir: string }) => OpenedDrains,
  ) {
    this.archive = url === undefined ? undefined : this.archiveAt(url);
    this.archive?.start();
    this.store = new ObservedJournals(new FolderJournals(this.folder), this.live, this.archive);
    this.migrations = new Migrations(this.live, this.store, this.archive);
    this.access = new Access(path.join(this.folder, 'tokens.json'));
    const demo = new Demo(this.migrations, this.store, undefined);
    this.metrics = new Metrics(this.live, this.archive);
    this.drains = drains?.({
      ...{ live: this.live, store: this.store, migrations: this.migrations, stateDir: this.folder },
    });
    if (this.drains) this.metrics.drains.of(this.drains.drains);
    this.app = createApp({
      drains: this.drains,
      migrations: this.migrations,
      metrics: this.metrics,
      audit: new Audit(path.join(this.folder, 'audit.jsonl'), (sentence) => this.said.push(sentence)),
      plan: async (request) => await demo.plan(request),
      access: this.access,
      startedKeys: new StartedKeys(path.join(this.folder, 'started.jsonl')),
      start: async (...asked) => await this.start(...asked),
      hostNames: ['switchover.example.org'],
      demo: false,
      hosts: async () => demo.hosts(),
      problems: () => (this.archive?.problem === undefined ? [] : [this.archive.problem]),
      say: (sentence) => this.said.push(sentence),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.listening) await each.close();
    await this.migrations.detachAll('the test is over');
    this.live.close();
    await this.drains?.[Symbol.asyncDispose]();
    await this.archive?.close();
    rmSync(this.folder, { recursive: true });
  }

  private archiveAt(url: string): JournalArchive {
    return new JournalArchive({
      choice: { url, folder: '/no/such', make: false },
      ...{ stateDir: this.folder, summarise: summaryLineOf, say: (sentence) => this.said.push(sentence) },
      times: { gatherMs: 20, askEveryMs: 100, retryMs: 50, mostRetryMs: 200, answerWithinMs: 700 },
    });
  }

  /** What the app answers, held against its OpenAPI document. */
  async ask(
    method: 'GET' | 'POST' | 'DELETE',
    place: string,
    { body, token, headers, byTcp }: Ask = {},
  ): Promise<Response> {
    const answer = await this.app.fetch(
      new Request(`http://localhost${place}`, {
        method,
        headers: {
          host: 'localhost',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
      { bySocket: byTcp !== true },
    );
    ServiceBed.check ??= new OpenApiCheck(await this.openApiDocument());
    const findings = await ServiceBed.check.findings(method, place, answer);
    if (findings.length > 0) throw new Error(findings.join('\n'));
    return answer;
  }

  async openApiDocument(): Promise<OpenApiDocument> {
    return (await (
      await this.app.request('/openapi.json', { headers: { host: 'localhost' } })
    ).json()) as OpenApiDocument;
  }

  /** @returns the port of this machine that it listens at too */
  async listen(): Promise<number> {
    const listening = await serveAt({ kind: 'tcp', host: '127.0.0.1', port: 0 }, this.app.fetch);
    this.listening.push(listening);
    return listening.place.kind === 'tcp' ? listening.place.port : 0;
  }

  /** @returns its id */
  async migrate(vm: 'quick' | 'slow', more: Partial<StartRequest> = {}): Promise<string> {
    const response = await this.ask('POST', '/v1/migrations', {
      body: { vm, destination: 'there', ...more },
    });
    const { id } = (await response.json()) as { id: string };
    return id;
  }

  /** @returns its id, once it is over */
  async migrated(more: Partial<StartRequest> = {}): Promise<string> {
    const id = await this.migrate('quick', more);
    await this.ask('GET', `/v1/migrations/${id}?wait=30s`);
    return id;
  }

  private async start(request: StartRequest, { name }: Caller, begins: Begins) {
    const { vm, maxDowntimeMs, policy, reason, correlationId } = request;
    this.starts += 1;
    if (vm !== 'quick' && vm !== 'slow') throw new Problem(409, 'no-domain', `there is no guest ${vm}`);
    const limits = { ...DEFAULT_LIMITS, ...(maxDowntimeMs === undefined ? {} : { maxDowntimeMs }) };
    const hypervisor = new (vm === 'slow' ? PacedHypervisor : SimulatedHypervisor)({ [vm]: GUEST });
    const run = await beginRun(
      {
        ...{ vm: simulatedAddress(vm), destination: simulatedDestination(vm), force: false },
        ...{ kind: choosePolicy(policy ?? 'forecast', {}), limits, reason, correlationId },
      },
      {
        ...{
          hypervisor,
          store: toldFirst(this.store, begins),
          initiator: { ...initiatorHere(), user: name },
        },
        takeLease: async () => ({ vm, release: async () => {}, [Symbol.asyncDispose]: async () => {} }),
      },
    );
    this.migrations.follow(run);
    return run.id;
  }
}
