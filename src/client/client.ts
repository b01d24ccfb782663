/** A service as a program calls it: every place of its API by type, and a migration followed to its end. */
import createApi, { type Client } from 'openapi-fetch';
import { type FollowOptions, followEntries } from './follow.ts';
import type {
  JournalEntry,
  LimitsRequest,
  Migration,
  MigrationSummary,
  Plan,
  PlanRequest,
  paths,
  ReasonRequest,
  StartRequest,
} from './generated/api.ts';
import { type Fetch, fetchFrom } from './node-fetch.ts';
import { parseServer, type Server, serverInWords } from './server.ts';
import { serviceErrorOf } from './service-error.ts';

export interface ClientOptions {
  /** `https://host1.example.org:8686`, `http://127.0.0.1:8686` or `unix:/run/switchover.sock`. */
  readonly server: string;
  /** As `switchover token add` printed it. By the unix socket none is needed. */
  readonly token?: string | undefined;
  /** In PEM: trusted in place of the certificates that Node trusts. */
  readonly ca?: string | undefined;
}

/** The longest that one request waits; {@link SwitchoverClient.ended} asks again. */
const WAIT_S = 60;

/** Each method throws a {@link ServiceError} where the service refuses, and an {@link UnreachableError} where no answer comes. */
export class SwitchoverClient {
  /** Every place by type, as openapi-fetch has it: `client.api.GET('/v1/hosts')`. */
  readonly api: Client<paths>;
  /** For sentences. */
  readonly where: string;
  private readonly fetch: Fetch;
  private readonly baseUrl: string;
  private readonly headers: Readonly<Record<string, string>>;

  /** @throws {ServerAddressError} */
  constructor({ server, token, ca }: ClientOptions) {
    const parsed = parseServer(server);
    this.where = serverInWords(parsed);
    this.fetch = fetchFrom(parsed, ca);
    this.baseUrl = baseUrlOf(parsed);
    this.headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.api = createApi<paths>({ baseUrl: this.baseUrl, headers: this.headers, fetch: this.fetch });
  }

  /** @param key the same for each try of one wish: the service begins it once. Left out: a new one */
  async start(request: StartRequest, key: string = crypto.randomUUID()): Promise<MigrationSummary> {
    const params = { header: { 'idempotency-key': key } };
    return this.answered(await this.api.POST('/v1/migrations', { body: request, params }));
  }

  async get(id: string): Promise<Migration> {
    return this.answered(await this.api.GET('/v1/migrations/{id}', { params: { path: { id } } }));
  }

  /** Settles once it is final, or nobody follows it any more. */
  async ended(id: string): Promise<Migration> {
    const params = { path: { id }, query: { wait: `${WAIT_S}s` } };
    for (;;) {
      const migration = this.answered(await this.api.GET('/v1/migrations/{id}', { params }));
      if (migration.final || !migration.followed) return migration;
    }
  }

  /** The entries of its journal from the first one on, as they are written, to the last. A connection that is lost is made again. */
  follow(id: string, options: FollowOptions = {}): AsyncGenerator<JournalEntry, void> {
    return followEntries(
      async (lastEventId, signal) => await this.openEvents(id, lastEventId, signal),
      options,
    );
  }

  /** Settles once it is known what became of it. */
  async cancel(id: string, request: ReasonRequest = {}): Promise<MigrationSummary> {
    const asked = { params: { path: { id } }, body: request };
    return this.answered(await this.api.POST('/v1/migrations/{id}/cancel', asked));
  }

  /** As soon as the rest fits the longest pause that is allowed. Settles once it is taken, not once the guest is there. */
  async switchOver(id: string, request: ReasonRequest = {}): Promise<MigrationSummary> {
    const asked = { params: { path: { id } }, body: request };
    return this.answered(await this.api.POST('/v1/migrations/{id}/switchover', asked));
  }

  async setLimits(id: string, limits: LimitsRequest): Promise<MigrationSummary> {
    const asked = { params: { path: { id } }, body: limits };
    return this.answered(await this.api.POST('/v1/migrations/{id}/limits', asked));
  }

  async plan(request: PlanRequest): Promise<Plan> {
    return this.answered(await this.api.POST('/v1/plans', { body: request }));
  }

  /** What openapi-fetch came back with. @throws {ServiceError} */
  answered<Data>({ data, error, response }: { data?: Data; error?: unknown; response: Response }): Data {
    if (response.ok && data !== undefined && typeof data === 'object') return data;
    throw serviceErrorOf(response.status, error, this.where);
  }

  private async openEvents(
    id: string,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const url = new URL(`/v1/migrations/${encodeURIComponent(id)}/events`, this.baseUrl);
    const last = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const headers = { ...this.headers, ...last, accept: 'text/event-stream' };
    const answer = await this.fetch(new Request(url, { headers, signal }));
    if (answer.ok && answer.body) return answer.body;
    throw serviceErrorOf(answer.status, await bodyOf(answer), this.where);
  }
}

/** A socket has no name: the service knows itself by this one. */
function baseUrlOf(server: Server): string {
  return server.kind === 'unix' ? 'http://localhost' : server.origin;
}

async function bodyOf(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch {
    return undefined;
  }
}
