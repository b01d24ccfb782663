/** Calls of the API. A token, where one is needed, lives as long as the tab. */
import type {
  AuditEntry,
  Host,
  LimitsRequest,
  MigrationDetail,
  MigrationPage,
  MigrationSummary,
  Outlook,
  Plan,
  PlanRequest,
  ReplayRequest,
  Session,
  StartRequest,
} from './api-types.ts';
import type { HistorySearch } from './model/route.ts';

/** The service answered, and not with what was asked for. Its message is the service's own sentence. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** 0: no answer came at all. */
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }

  /** It would be refused again: not so where the service is busy, or not there. */
  get refused(): boolean {
    return [400, 401, 403, 404, 410].includes(this.status);
  }
}

const TOKEN = 'switchover-token';

export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

/** @throws {ApiError} */
export async function getSession(): Promise<Session> {
  return await asked('v1/session');
}

/** @throws {ApiError} */
export async function getRunning(): Promise<readonly MigrationSummary[]> {
  const page = await asked<MigrationPage>('v1/migrations?state=running&limit=1000');
  return page.migrations;
}

/** @param before the `next` of the page before; null: the newest @throws {ApiError} */
export async function getHistory(search: HistorySearch, before: string | null): Promise<MigrationPage> {
  const query = new URLSearchParams({ state: 'all', limit: '50' });
  if (search.q !== '') query.set('q', search.q);
  if (search.outcome !== '') query.set('outcome', search.outcome);
  if (search.code !== '') query.set('code', search.code);
  if (before !== null) query.set('before', before);
  return await asked(`v1/migrations?${query}`);
}

/** @throws {ApiError} */
export async function getMigration(id: string): Promise<MigrationDetail> {
  return await asked(`v1/migrations/${encodeURIComponent(id)}`);
}

/** @throws {ApiError} */
export async function getHosts(): Promise<readonly Host[]> {
  return (await asked<{ readonly hosts: readonly Host[] }>('v1/hosts')).hosts;
}

/** The newest first. @throws {ApiError} */
export async function getAudit(): Promise<readonly AuditEntry[]> {
  return (await asked<{ readonly entries: readonly AuditEntry[] }>('v1/audit')).entries;
}

/** Looks at the guest for some seconds, and changes nothing. @throws {ApiError} */
export async function planMigration(request: PlanRequest): Promise<Plan> {
  return await asked('v1/plans', posted(request));
}

/** @throws {ApiError} */
export async function replayMigration(id: string, request: ReplayRequest): Promise<readonly Outlook[]> {
  const place = `v1/migrations/${encodeURIComponent(id)}/replay`;
  return (await asked<{ readonly policies: readonly Outlook[] }>(place, posted(request))).policies;
}

/** @param key the same for each try of one wish: the service begins it once @throws {ApiError} */
export async function startMigration(request: StartRequest, key: string): Promise<MigrationSummary> {
  return await asked('v1/migrations', { ...posted(request), key });
}

/** @throws {ApiError} */
export async function cancelMigration(id: string, reason: string): Promise<void> {
  await asked(`v1/migrations/${encodeURIComponent(id)}/cancel`, posted(reason === '' ? {} : { reason }));
}

/** @throws {ApiError} */
export async function switchOver(id: string, reason: string): Promise<void> {
  await asked(`v1/migrations/${encodeURIComponent(id)}/switchover`, posted(reason === '' ? {} : { reason }));
}

/** @throws {ApiError} */
export async function changeLimits(id: string, limits: LimitsRequest): Promise<MigrationSummary> {
  return await asked(`v1/migrations/${encodeURIComponent(id)}/limits`, posted(limits));
}

/** @returns undefined where the service refuses it @throws whatever broke, which is tried again */
export async function openStream(
  path: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const headers = { ...authorization(), Accept: 'text/event-stream' };
  const answer = await fetch(path, {
    signal,
    cache: 'no-store',
    headers: lastEventId === undefined ? headers : { ...headers, 'Last-Event-ID': lastEventId },
  });
  if (!answer.ok || answer.body === null) {
    const error = new ApiError(answer.statusText, answer.status);
    if (error.refused) return undefined;
    throw error;
  }
  return answer.body;
}

interface Asking {
  readonly method?: 'POST';
  readonly body?: string;
  readonly key?: string;
}

export function posted(body: object): Asking {
  return { method: 'POST', body: JSON.stringify(body) };
}

/** @throws {ApiError} */
export async function asked<Answer>(path: string, { method, body, key }: Asking = {}): Promise<Answer> {
  const headers = new Headers(authorization());
  if (body !== undefined) headers.set('Content-Type', 'application/json');
  if (key !== undefined) headers.set('Idempotency-Key', key);
  let answer: Response;
  try {
    answer = await fetch(path, {
      method: method ?? 'GET',
      headers,
      body: body ?? null,
      cache: 'no-store',
      redirect: 'error',
    });
  } catch (cause) {
    throw new ApiError('the service does not answer: nothing was done', 0, { cause });
  }
  const text = await answer.text();
  if (!answer.ok)
    throw new ApiError(problemIn(text) ?? `${answer.status} ${answer.statusText}`, answer.status);
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

/** RFC 9457: its `detail` is one sentence for people. */
function problemIn(text: string): string | undefined {
  try {
    const { detail, title } = JSON.parse(text) as { detail?: string; title?: string };
    return detail ?? title;
  } catch {
    return undefined;
  }
}

function authorization(): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN);
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}
