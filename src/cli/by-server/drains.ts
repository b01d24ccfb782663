/** `switchover drain` and what is done to drains, through a service. Each returns the exit status. */
import type { SwitchoverClient } from '../../client/client.ts';
import type { Drain, DrainRequest } from '../../client/generated/api.ts';
import { UnreachableError } from '../../client/unreachable.ts';
import { definedOnly } from '../../config/defined-only.ts';
import type { Decision } from '../../drain/own-word.ts';
import { type DrainStatus, drainStatusSchema } from '../../fleet/drain-status.ts';
import {
  type DrainOptions,
  deadlineOf,
  destinationsOf,
  drainNamed,
  groupOf,
  mannerAsked,
  returnsTo,
  say,
  writeDrain,
} from '../drain-options.ts';
import { type DrainLook, lookUntilOver } from '../drain-progress.ts';
import { EXIT } from '../exit-status.ts';
import { assertUsage } from '../migration-options.ts';
import { cordonText, drainsText } from '../render/drain-status-text.ts';
import { UsageError } from '../usage-error.ts';
import { type ServerOptions, throughServer } from './connect.ts';
import { askedSettings } from './requests.ts';

const LOOK_EVERY_MS = 1000;
/** How long a service that is away is waited for: it may be started anew. */
const AWAY_MS = 60_000;
const MOST_LISTED = 200;

export async function drainByServer(host: string, options: DrainOptions & ServerOptions): Promise<number> {
  // The service has a configuration of its own.
  assertUsage({ ...options, config: '/dev/null' });
  const request = requestOf(host, options);
  return await throughServer(options, async (client) => {
    if (options.plan) {
      const plan = client.answered(await client.api.POST('/v1/plans/drain', { body: request }));
      process.stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
      return plan.verdict === 'all-leave' ? EXIT.migrated : EXIT.refused;
    }
    const { allOrNothing, abortRunning, return: returns, reason, priority } = options;
    const body: DrainRequest = {
      ...request,
      ...definedOnly({ allOrNothing, abortRunning, returns, reason, priority }),
    };
    const params = { header: { 'idempotency-key': crypto.randomUUID() } };
    const begun = client.answered(await client.api.POST('/v1/drains', { body, params }));
    return await follow(client, begun.id, options);
  });
}

/** @throws {UsageError} */
function requestOf(host: string, options: DrainOptions): DrainRequest {
  const { apart, deadline, probe } = options;
  if (options.plan && !options.json)
    throw new UsageError(
      '--plan is told by a service as one document only: add --json, or leave --server out',
    );
  const leftMs = deadlineOf(options)();
  return {
    host,
    to: destinationsOf(host, options).map(({ uri, migrateUri: at }) => ({
      host: uri,
      ...definedOnly({ migrateUri: at }),
    })),
    ...askedSettings(options),
    ...mannerAsked(options),
    ...definedOnly({ apart: apart?.map(groupOf), probeMs: probe }),
    ...(leftMs === undefined
      ? {}
      : deadline === undefined
        ? { withinMs: leftMs }
        : { deadline: new Date(Date.now() + leftMs).toISOString() }),
  } as DrainRequest;
}

/** Until it is over, or nothing of it goes on without a person. The service carries it out, whoever looks. */
async function follow(
  client: SwitchoverClient,
  id: string,
  { json, quiet }: { readonly json?: boolean; readonly quiet?: boolean },
): Promise<number> {
  const letGo = new AbortController();
  const leave = () => letGo.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
  try {
    const last = await lookUntilOver(new PatientLook(client, id), letGo.signal, (words) => {
      if (!quiet) say(`drain: ${words}`);
    });
    if (letGo.signal.aborted)
      say(`drain: the service goes on with it; \`switchover drain show ${id}\` tells how it stands`);
    if (last) writeDrain(last, json);
    return letGo.signal.aborted || !last ? EXIT.detached : last.exitStatus;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, leave);
  }
}

/** A service that is away for a moment is waited for. */
class PatientLook implements DrainLook {
  readonly everyMs = LOOK_EVERY_MS;
  private readonly client: SwitchoverClient;
  private readonly id: string;
  private awaySinceMs: number | undefined;

  constructor(client: SwitchoverClient, id: string) {
    this.client = client;
    this.id = id;
  }

  /** @throws {UnreachableError} once it has been away for too long */
  async now(): Promise<DrainStatus | undefined> {
    try {
      const drain = await get(this.client, this.id);
      this.awaySinceMs = undefined;
      return drain;
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      this.awaySinceMs ??= performance.now();
      if (performance.now() > this.awaySinceMs + AWAY_MS) throw error;
      return undefined;
    }
  }
}

async function get(client: SwitchoverClient, id: string): Promise<DrainStatus> {
  return statusOf(client.answered(await client.api.GET('/v1/drains/{id}', { params: { path: { id } } })));
}

/** As without a service. */
function statusOf(drain: Drain): DrainStatus {
  return drainStatusSchema.parse(drain);
}

interface ActOptions extends ServerOptions {
  readonly json?: boolean;
  readonly reason?: string;
  readonly abortRunning?: boolean;
  readonly quiet?: boolean;
  readonly to?: readonly string[];
  readonly migrateuri?: readonly string[];
  readonly maxDowntime?: number;
}

export type DrainAct = 'show' | 'pause' | 'resume' | 'cancel' | 'release' | 'return';

export async function actByServer(act: DrainAct, which: string, options: ActOptions): Promise<number> {
  const { reason, abortRunning, json } = options;
  return await throughServer(options, async (client) => {
    const id = await idAt(client, which);
    const params = { path: { id } };
    if (act === 'return') {
      const { uri: host, migrateUri } = returnsTo(options);
      if (host === undefined && migrateUri !== undefined)
        throw new UsageError('--migrateuri goes with --to: say by which URI the host is reached, too');
      const to = host === undefined ? undefined : { host, ...definedOnly({ migrateUri }) };
      const body = definedOnly({ reason, to });
      const back = client.answered(await client.api.POST('/v1/drains/{id}/return', { params, body }));
      return await follow(client, back.id, options);
    }
    if (act === 'cancel')
      client.answered(
        await client.api.POST('/v1/drains/{id}/cancel', {
          params,
          body: definedOnly({ reason, abortRunning }),
        }),
      );
    else if (act !== 'show')
      client.answered(
        await client.api.POST(`/v1/drains/{id}/${act}`, { params, body: definedOnly({ reason }) }),
      );
    return tell(await get(client, id), json);
  });
}

export async function decideByServer(
  which: string,
  vm: string,
  decision: Decision,
  options: ActOptions,
): Promise<number> {
  const { reason, maxDowntime: maxDowntimeMs } = options;
  return await throughServer(options, async (client) => {
    const id = await idAt(client, which);
    const { uuid } = (await get(client, id)).vms.find((each) => each.uuid === vm || each.name === vm) ?? {};
    if (uuid === undefined) throw new UsageError(`the drain has no VM of the name or UUID ${vm}`);
    const body = { decision, ...definedOnly({ reason, maxDowntimeMs }) };
    const params = { path: { id, uuid } };
    client.answered(await client.api.POST('/v1/drains/{id}/vms/{uuid}/decide', { params, body }));
    return tell(await get(client, id), options.json);
  });
}

export async function drainsByServer(options: ActOptions): Promise<number> {
  return await throughServer(options, async (client) => {
    const { drains } = await listAt(client);
    const all = await Promise.all(drains.map(async ({ id }) => await get(client, id)));
    process.stdout.write(options.json ? `${JSON.stringify(all, null, 2)}\n` : drainsText(all));
    return EXIT.migrated;
  });
}

export async function cordonByServer(
  did: 'cordon' | 'uncordon',
  host: string,
  options: ActOptions,
): Promise<number> {
  return await throughServer(options, async (client) => {
    const params = { path: { host } };
    const { changed } = client.answered(
      await client.api.POST(`/v1/hosts/{host}/${did}`, {
        params,
        body: definedOnly({ reason: options.reason }),
      }),
    );
    process.stdout.write(cordonText(did, host, changed));
    return EXIT.migrated;
  });
}

function tell(drain: DrainStatus, json: boolean | undefined): number {
  writeDrain(drain, json);
  return EXIT.migrated;
}

async function listAt(client: SwitchoverClient) {
  return client.answered(await client.api.GET('/v1/drains', { params: { query: { limit: MOST_LISTED } } }));
}

/** @throws {UsageError} */
async function idAt(client: SwitchoverClient, which: string): Promise<string> {
  return drainNamed(which, (await listAt(client)).drains, `${client.where} has`);
}
