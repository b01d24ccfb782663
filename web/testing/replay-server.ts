/**
 * Serves the built page and the part of the API that it uses, from simulated journals that are replayed as they were.
 * By hand: `node web/testing/replay-server.ts [PORT]`, after `./dev page`.
 */
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { LimitsRequest, MigrationSummary, Session, StartRequest } from '../src/api-types.ts';
import type { Replayed } from './replayed.ts';
import { begun, samples } from './samples.ts';

const DIST = path.join(import.meta.dirname, '..', 'dist');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
/** What a careful service sends: the page must work under it. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export interface ReplayOptions {
  readonly port?: number;
  /** Asked for where it is given. */
  readonly token?: string;
}

export class ReplayServer {
  readonly url: string;
  private readonly server: http.Server;
  private readonly state: State;

  private constructor(server: http.Server, state: State) {
    this.server = server;
    this.state = state;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  static async start({ port = 0, token }: ReplayOptions = {}): Promise<ReplayServer> {
    const state: State = { migrations: await samples(), cut: false, token };
    const server = http.createServer((request, response) => {
      answer(state, request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new ReplayServer(server, state);
  }

  /** The newest of that VM. @throws where there is none */
  of(vm: string): MigrationSummary {
    const found = this.state.migrations.map((each) => each.summary()).findLast((each) => each.vm === vm);
    if (!found) throw new Error(`nobody migrates ${vm}`);
    return found;
  }

  /** Every connection breaks, and none is taken until it is mended. */
  cut(): void {
    this.state.cut = true;
    this.server.closeAllConnections();
  }

  mend(): void {
    this.state.cut = false;
  }

  close(): void {
    for (const each of this.state.migrations) each.stop();
    this.server.close();
    this.server.closeAllConnections();
  }
}

interface State {
  readonly migrations: Replayed[];
  readonly token: string | undefined;
  cut: boolean;
}

async function answer(
  state: State,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  if (state.cut) return void request.socket.destroy();
  const url = new URL(request.url ?? '/', 'http://here');
  if (!url.pathname.startsWith('/v1/')) return file(url.pathname, response);
  if (state.token !== undefined && request.headers.authorization !== `Bearer ${state.token}`)
    return problem(response, 401, 'a token is needed: `switchover token add` makes one');
  const [what = '', id, act] = url.pathname.split('/').slice(2);
  if (what === 'session') return json(response, 200, session());
  if (what === 'events') return streamAll(state, response);
  if (what !== 'migrations') return problem(response, 404, `nothing is replayed at ${url.pathname}`);
  if (id === undefined)
    return request.method === 'POST'
      ? await start(state, (await bodyOf(request)) as StartRequest, response)
      : json(response, 200, list(state, url.searchParams));
  const one = state.migrations.find((each) => each.id === decodeURIComponent(id));
  if (!one) return problem(response, 404, `there is no migration ${id}`);
  if (act === 'events') return streamOne(one, Number(request.headers['last-event-id'] ?? -1), response);
  if (act === undefined) return json(response, 200, { ...one.summary(), ticks: one.ticks() });
  if (one.final) return problem(response, 409, 'it has ended: nothing can be done about it any more');
  const wish = await bodyOf(request);
  if (act === 'cancel') one.cancel();
  else one.limit(wish as LimitsRequest);
  json(response, act === 'cancel' ? 202 : 200, one.summary());
}

async function start(state: State, wish: StartRequest, response: http.ServerResponse): Promise<void> {
  if (wish.vm === 'nobody')
    return problem(response, 422, 'there is no VM "nobody" here: nothing was touched');
  const one = await begun(wish.vm, 'qemu+ssh://host3.rack2/system', wish.destination);
  state.migrations.push(one);
  json(response, 202, one.summary());
}

function session(): Session {
  return {
    version: '0.1.0',
    role: 'admin',
    name: 'ops',
    demo: true,
    drains: true,
    serverTime: new Date().toISOString(),
  };
}

function list({ migrations }: State, query: URLSearchParams) {
  const given = (name: string) => query.get(name) ?? '';
  const [state, q, outcome, code] = [
    query.get('state') ?? 'all',
    given('q'),
    given('outcome'),
    given('code'),
  ];
  const all = migrations
    .map((each) => each.summary())
    .filter(({ final }) => state === 'all' || final === (state === 'ended'))
    .filter(({ vm, source, destination }) => `${vm} ${source} ${destination}`.includes(q))
    .filter((each) => outcome === '' || each.outcome === outcome)
    .filter(({ reasons }) => code === '' || reasons.some((each) => each.code === code))
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  const from = all.findIndex(({ id }) => id === query.get('before')) + 1;
  const page = all.slice(from, from + 8);
  return { migrations: page, next: from + 8 < all.length ? (page.at(-1)?.id ?? null) : null };
}

/** What runs, what ended minutes ago as a service that has it in mind still, and each change, four times a second. */
function streamAll({ migrations }: State, response: http.ServerResponse): void {
  const told = new Map<string, number>();
  const tell = () => {
    for (const each of migrations) {
      const summary = each.summary();
      if (told.get(each.id) === summary.revision) continue;
      told.set(each.id, summary.revision);
      if (Date.now() - Date.parse(summary.updatedAt) < 600_000) write(response, 'migration', summary);
    }
  };
  stream(response);
  tell();
  const timers = [setInterval(tell, 250), setInterval(() => write(response, 'alive', {}), 10_000)];
  response.on('close', () => timers.forEach(clearInterval));
}

function streamOne(one: Replayed, after: number, response: http.ServerResponse): void {
  stream(response);
  for (const entry of one.entries) if (entry.seq > after) write(response, 'entry', entry, entry.seq);
  if (one.final) return void response.end('event: end\ndata: {}\n\n');
  const tell = (entry: Replayed['entries'][number]) => write(response, 'entry', entry, entry.seq);
  const end = () => response.end('event: end\ndata: {}\n\n');
  one.on('entry', tell).once('end', end);
  response.on('close', () => one.off('entry', tell).off('end', end));
}

function stream(response: http.ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.flushHeaders();
}

function write(response: http.ServerResponse, event: string, data: unknown, id?: number): void {
  response.write(
    `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
  );
}

function json(response: http.ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

function problem(response: http.ServerResponse, status: number, detail: string): void {
  response
    .writeHead(status, { 'Content-Type': 'application/problem+json' })
    .end(JSON.stringify({ type: 'about:blank', title: 'refused', status, detail, code: 'refused' }));
}

function file(pathname: string, response: http.ServerResponse): void {
  const target = path.join(DIST, pathname === '/' ? 'index.html' : path.normalize(pathname));
  const type = TYPES[path.extname(target)];
  if (!target.startsWith(DIST) || type === undefined || !fs.existsSync(target))
    return problem(response, 404, 'there is no such file');
  response.writeHead(200, {
    'Content-Type': type,
    'Content-Security-Policy': CSP,
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(fs.readFileSync(target));
}

async function bodyOf(request: http.IncomingMessage): Promise<unknown> {
  const text = (await request.toArray()).join('');
  return text === '' ? {} : JSON.parse(text);
}

if (import.meta.main) {
  const server = await ReplayServer.start({ port: Number(process.argv[2] ?? 8787) });
  process.stdout.write(`${server.url}\n`);
}
