import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { migrationDocumentSchema } from '../journal/document.ts';
import type { JournalEntry } from '../journal/journal-entry.ts';
import type { AuditEntry } from './audit.ts';
import { EXAMPLE_DRAIN } from './drains/drain-document.ts';
import { type MigrationSummary, migrationSummarySchema } from './migration-summary.ts';
import { problemSchema } from './problem.ts';
import { type Ask, ServiceBed } from './testing/service-bed.ts';

const EMPTY_JSON = { 'content-type': 'application/json', 'content-length': '0' };

function makeBed(): ServiceBed {
  const bed = new ServiceBed();
  onTestFinished(async () => await bed[Symbol.asyncDispose]());
  return bed;
}

async function summaryFrom(response: Response): Promise<MigrationSummary> {
  return migrationSummarySchema.parse(await response.json());
}

interface Event {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

/** Those of a stream that ends. */
async function eventsOf(response: Response): Promise<Event[]> {
  const text = await response.text();
  return text
    .split('\n\n')
    .filter((each) => each !== '')
    .map((each) =>
      Object.fromEntries(
        each.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      ),
    );
}

describe('a migration', () => {
  test('is started, followed to its end, and told in full', async () => {
    const bed = makeBed();
    const body = { vm: 'quick', destination: 'there', reason: 'maintenance', correlationId: 'CHG-1' };
    const started = await bed.ask('POST', '/v1/migrations', { body });
    expect(started.status).toBe(202);
    const { id, reason, correlationId, requestedBy } = await summaryFrom(started);
    expect(started.headers.get('location')).toBe(`/v1/migrations/${id}`);
    expect({ reason, correlationId, requestedBy }).toEqual({
      reason: 'maintenance',
      correlationId: 'CHG-1',
      requestedBy: 'local',
    });

    const ended = await bed.ask('GET', `/v1/migrations/${id}?wait=30s`);
    const detail = (await ended.json()) as MigrationSummary & { document: unknown; ticks: unknown[] };
    expect(detail).toMatchObject({
      final: true,
      state: 'ended',
      outcome: 'completed',
      runsOn: 'destination',
      actions: [],
    });
    expect(detail.pauseMs).toBeGreaterThan(0);
    expect(migrationDocumentSchema.parse(detail.document)).toMatchObject({ id, outcome: 'completed' });
    expect(detail.ticks.length).toBeGreaterThan(3);
    expect(ended.headers.get('etag')).toBe(`"${detail.revision}"`);
  });

  test('that is refused has not begun, and the problem says why', async () => {
    const bed = makeBed();
    const response = await bed.ask('POST', '/v1/migrations', {
      body: { vm: 'unknown', destination: 'there' },
    });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: 'no-domain', detail: 'there is no guest unknown' });
    expect(await (await bed.ask('GET', '/v1/migrations')).json()).toEqual({ migrations: [], next: null });
  });

  test('is started once only under an Idempotency-Key', async () => {
    const bed = makeBed();
    const body = { vm: 'quick', destination: 'there' };
    const ask: Ask = { body, headers: { 'idempotency-key': 'k1' } };
    const both = await Promise.all([
      bed.ask('POST', '/v1/migrations', ask),
      bed.ask('POST', '/v1/migrations', ask),
    ]);
    const [one, other] = await Promise.all(both.map(summaryFrom));
    expect(other?.id).toBe(one?.id);
    expect(bed.starts).toBe(1);
    const another = await bed.ask('POST', '/v1/migrations', { ...ask, body: { ...body, reason: 'another' } });
    expect(await another.json()).toMatchObject({ status: 422, code: 'key-used' });
    // What was refused may be tried again under its key.
    const refused: Ask = {
      body: { vm: 'unknown', destination: 'there' },
      headers: { 'idempotency-key': 'k2' },
    };
    for (const _ of [1, 2]) expect((await bed.ask('POST', '/v1/migrations', refused)).status).toBe(409);
    expect(bed.starts).toBe(3);
  });

  test('is cancelled, and stays on the source; a second cancel is told that it has ended', async () => {
    const bed = makeBed();
    const id = await bed.migrate('slow');
    const cancelled = await bed.ask('POST', `/v1/migrations/${id}/cancel`, { body: { reason: 'not today' } });
    expect(cancelled.status).toBe(202);
    const ended = await (await bed.ask('GET', `/v1/migrations/${id}?wait=10s`)).json();
    expect(ended).toMatchObject({ final: true, outcome: 'cancelled', runsOn: 'source' });
    expect((ended as MigrationSummary).waitsFor).toContain('cancelled by local: not today');
    // Without a body, of a type all the same.
    const again = await bed.ask('POST', `/v1/migrations/${id}/cancel`, { headers: EMPTY_JSON });
    expect(await again.json()).toMatchObject({ status: 409, code: 'not-followed' });
  });

  test('is switched over at once where a person asks for it: stock QEMU would have gone on', async () => {
    const bed = makeBed();
    const id = await bed.migrate('slow', { policy: 'stock', maxDowntimeMs: 5000 });
    await expect
      .poll(async () => (await summaryFrom(await bed.ask('GET', `/v1/migrations/${id}`))).pass)
      .toBeGreaterThan(0);
    const place = `/v1/migrations/${id}/switchover`;
    const asked = await bed.ask('POST', place, { body: { reason: 'the evening ends' } });
    expect(await summaryFrom(asked)).toMatchObject({ downtimeMs: 5000, maxDowntimeMs: 5000 });
    const ended = await summaryFrom(await bed.ask('GET', `/v1/migrations/${id}?wait=50s`));
    expect(ended).toMatchObject({ outcome: 'completed', runsOn: 'destination', actions: [] });
    expect(ended.pauseMs).toBeGreaterThan(300);
    expect(ended.pauseMs).toBeLessThanOrEqual(5000);
    expect(await (await bed.ask('POST', place)).json()).toMatchObject({ status: 409, code: 'not-followed' });
  });

  test('is given other limits while it runs, by whoever has seen how it is', async () => {
    const bed = makeBed();
    const id = await bed.migrate('slow', { policy: 'stock' });
    const place = `/v1/migrations/${id}/limits`;
    const stale = await bed.ask('POST', place, {
      body: { maxDowntimeMs: 900 },
      headers: { 'if-match': '"0"' },
    });
    expect(await stale.json()).toMatchObject({ status: 412, code: 'changed-meanwhile' });
    const contradicting = await bed.ask('POST', place, { body: { maxDowntimeMs: 100 } });
    expect(await contradicting.json()).toMatchObject({ status: 422, code: 'limits-contradict' });
    const changed = await bed.ask('POST', place, { body: { maxDowntimeMs: 900 } });
    expect(await summaryFrom(changed)).toMatchObject({ downtimeMs: 300, maxDowntimeMs: 900 });
    // Whoever goes on with it, or explains it, goes by the journal.
    const { entries } = (await (await bed.ask('GET', `/v1/migrations/${id}/journal`)).json()) as {
      entries: { type: string }[];
    };
    expect(entries).toContainEqual(
      expect.objectContaining({
        type: 'limits',
        limits: expect.objectContaining({ maxDowntimeMs: 900 }),
        reason: 'set by local',
      }),
    );
    expect((await bed.ask('POST', place, { body: {} })).status).toBe(422);
    const capped = await bed.ask('POST', place, { body: { bandwidthBytesPerSecond: 1e6 } });
    expect(await summaryFrom(capped)).toMatchObject({ maxDowntimeMs: 900, bandwidthBytesPerSecond: 1e6 });
    const lifted = await bed.ask('POST', place, { body: { bandwidthBytesPerSecond: null } });
    expect(await summaryFrom(lifted)).toMatchObject({ bandwidthBytesPerSecond: null });
  });

  test('goes on without the service', async () => {
    const bed = makeBed();
    const id = await bed.migrate('slow');
    await bed.migrations.detachAll('detached, as serve ended on SIGTERM');
    const { view } = await bed.migrations.get(id);
    expect(view.outcome).toMatchObject({ outcome: 'detached', reason: expect.stringContaining('SIGTERM') });
  });
});

describe('the list', () => {
  test('has the newest first, page by page, and finds by text and outcome', async () => {
    const bed = makeBed();
    const ids: string[] = [];
    for (const at of [1, 2, 3]) ids.unshift(await bed.migrated({ reason: `number ${at}` }));
    const page = async (query: string) =>
      (await (await bed.ask('GET', `/v1/migrations?${query}`)).json()) as {
        migrations: MigrationSummary[];
        next: string | null;
      };
    const first = await page('limit=2');
    expect(first).toMatchObject({ migrations: [{ id: ids[0] }, { id: ids[1] }], next: ids[1] });
    expect(await page(`limit=2&before=${first.next}`)).toMatchObject({
      migrations: [{ id: ids[2] }],
      next: null,
    });
    expect((await page('q=NUMBER%202')).migrations.map(({ id }) => id)).toEqual([ids[1]]);
    expect((await page('outcome=failed')).migrations).toEqual([]);
    expect((await page('state=running')).migrations).toEqual([]);
    expect((await page('state=ended')).migrations).toHaveLength(3);
  });

  test('finds by the code of a reason', async () => {
    const bed = makeBed();
    await bed.migrated();
    const hopeless = await bed.migrated({ maxDowntimeMs: 100, policy: 'mp' });
    const found = async (code: string) => {
      const response = await bed.ask('GET', `/v1/migrations?code=${code}`);
      return ((await response.json()) as { migrations: MigrationSummary[] }).migrations;
    };
    expect((await found('needs-longer-pause')).map(({ id }) => id)).toEqual([hopeless]);
    expect(await found('post-copy')).toEqual([]);
    expect((await bed.ask('GET', '/v1/migrations?code=bad-weather')).status).toBe(422);
  });
});

describe('events', () => {
  test('of one: all entries from the first on, or from after the last one seen, to the end', async () => {
    const bed = makeBed();
    const id = await bed.migrate('quick');
    const events = await eventsOf(await bed.ask('GET', `/v1/migrations/${id}/events`));
    expect(events.at(-1)?.event).toBe('end');
    const entries = events.slice(0, -1).map(({ data = '' }) => JSON.parse(data) as JournalEntry);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at));
    expect(entries[0]?.type).toBe('opened');
    expect(entries.at(-1)?.type).toBe('ended');
    const later = await eventsOf(
      await bed.ask('GET', `/v1/migrations/${id}/events`, {
        headers: { 'last-event-id': String(entries.length - 2) },
      }),
    );
    expect(later.map((each) => each.event)).toEqual(['entry', 'end']);
    expect((await bed.ask('GET', '/v1/migrations/none/events')).status).toBe(404);
  });

  test('of all: each that goes on, and what becomes of it', async () => {
    const bed = makeBed();
    const id = await bed.migrate('slow');
    const reader = (await bed.ask('GET', '/v1/events')).body?.getReader();
    if (!reader) throw new Error('no stream');
    let told = '';
    const readUntil = async (text: string) => {
      while (!told.includes(text)) told += new TextDecoder().decode((await reader.read()).value);
    };
    await readUntil('event: alive');
    expect(told).toContain(`"id":"${id}"`);
    await bed.ask('POST', `/v1/migrations/${id}/cancel`);
    await readUntil('"outcome":"cancelled"');
    await reader.cancel();
  });
});

describe('who is let in', () => {
  test('each role may do what is its own', async () => {
    const bed = makeBed();
    const body = { vm: 'quick', destination: 'there' };
    const [view, operate] = [bed.access.add('grafana', 'view'), bed.access.add('ops', 'operate')];
    expect((await bed.ask('GET', '/v1/migrations', { byTcp: true })).status).toBe(401);
    expect((await bed.ask('GET', '/metrics', { byTcp: true })).status).toBe(401);
    expect((await bed.ask('GET', '/v1/migrations', { token: 'wrong' })).status).toBe(401);
    expect((await bed.ask('GET', '/v1/migrations', { token: view })).status).toBe(200);
    const refused = await bed.ask('POST', '/v1/migrations', { token: view, body });
    expect(await refused.json()).toMatchObject({
      status: 403,
      detail: 'the token grafana may view only: this needs operate',
    });
    const started = await bed.ask('POST', '/v1/migrations', { token: operate, body });
    expect(await summaryFrom(started)).toMatchObject({ requestedBy: 'ops' });
    bed.access.remove('ops');
    expect((await bed.ask('GET', '/v1/migrations', { token: operate })).status).toBe(401);
    expect((await bed.ask('GET', '/healthz')).status).toBe(200);
  });

  // Else any user of this machine could have root's guests migrated.
  test('without any token others on this machine may look, and its owner, by the socket, may act', async () => {
    const bed = makeBed();
    const body = { vm: 'quick', destination: 'there' };
    expect((await bed.ask('GET', '/v1/migrations', { byTcp: true })).status).toBe(200);
    const refused = await bed.ask('POST', '/v1/migrations', { byTcp: true, body });
    expect(await refused.json()).toMatchObject({
      status: 403,
      detail: expect.stringContaining('switchover token add'),
    });
    expect((await bed.ask('POST', '/v1/migrations', { body })).status).toBe(202);
  });

  test.each([
    ['a name that is not its own', { host: 'evil.example' }, 421],
    ['its own name, by any port', { host: 'switchover.example.org:8686' }, 409],
    ['a page from elsewhere', { origin: 'http://evil.example' }, 403],
    ['its own page', { origin: 'http://localhost' }, 409],
  ])('%s', async (_, headers, status) => {
    const body = { vm: 'unknown', destination: 'there' };
    expect((await makeBed().ask('POST', '/v1/migrations', { body, headers })).status).toBe(status);
  });
});

test('the audit has who asked for what, from the token on, and what it came to; only an admin may read it', async () => {
  const bed = makeBed();
  const [ops, root] = [bed.access.add('ops', 'operate'), bed.access.add('root', 'admin')];
  const ask = async (place: string, body: object) => await bed.ask('POST', place, { token: ops, body });
  await ask('/v1/migrations', { vm: 'unknown', destination: 'there' });
  const { id } = await summaryFrom(
    await ask('/v1/migrations', { vm: 'slow', destination: 'there', reason: 'CHG-1' }),
  );
  await ask(`/v1/migrations/${id}/limits`, { maxDowntimeMs: 900 });
  await ask(`/v1/migrations/${id}/cancel`, { reason: 'not today' });
  expect((await bed.ask('GET', '/v1/audit', { token: ops })).status).toBe(403);
  const { entries } = (await (await bed.ask('GET', '/v1/audit', { token: root })).json()) as {
    entries: AuditEntry[];
  };
  expect(entries.map(({ did, migration, cameTo, reason }) => [did, migration, cameTo, reason])).toEqual([
    ['cancel', id, 'done', 'not today'],
    ['cancel', id, 'asked', 'not today'],
    ['limits', id, 'done', null],
    ['limits', id, 'asked', null],
    ['start', id, 'done', 'CHG-1'],
    ['start', null, 'asked', 'CHG-1'],
    ['start', null, 'no-domain', null],
    ['start', null, 'asked', null],
  ]);
  expect(entries[2]?.asked).toEqual({
    before: { downtimeMs: 300, maxDowntimeMs: 5000 },
    after: { maxDowntimeMs: 900 },
  });
  expect(new Set(entries.map(({ who, role }) => `${who} ${role}`))).toEqual(new Set(['ops operate']));
});

test('what other policies would have done is replayed from the journal, under other limits too', async () => {
  const bed = makeBed();
  const id = await bed.migrated();
  const replayed = async (body: object) =>
    await (await bed.ask('POST', `/v1/migrations/${id}/replay`, { body })).json();
  expect(await replayed({ policies: ['mp', 'nova'] })).toMatchObject({
    policies: [{ policy: 'mp' }, { policy: 'nova' }],
  });
  const [first] = (
    (await replayed({ policies: ['forecast'], maxDowntimeMs: 50, downtimeMs: 10 })) as { policies: object[] }
  ).policies;
  expect(first).toMatchObject({ verdict: 'abort' });
  expect(await replayed({ policies: ['best'] })).toMatchObject({ status: 422 });
});

describe('bad input gets one clear sentence', () => {
  const start = '/v1/migrations';
  test.each<[string, 'GET' | 'POST' | 'DELETE', string, Ask, number, RegExp]>([
    ['no JSON', 'POST', start, { body: '{"vm":' }, 400, /no JSON/],
    [
      'a key that nobody knows',
      'POST',
      start,
      { body: { vm: 'quick', destination: 'x', downtimeMS: 3 } },
      422,
      /downtimeMS/,
    ],
    [
      'a wrong type',
      'POST',
      start,
      { body: { vm: 'quick', destination: 'x', maxDowntimeMs: '1s' } },
      422,
      /maxDowntimeMs/,
    ],
    [
      'a limit out of reach',
      'POST',
      start,
      { body: { vm: 'quick', destination: 'x', maxDowntimeMs: 1e9 } },
      422,
      /2000000/,
    ],
    ['a body that is too large', 'POST', start, { body: `"${'x'.repeat(70_000)}"` }, 413, /65536/],
    ['an unknown id', 'GET', `${start}/none`, {}, 404, /no migration none/],
    ['an id that leads out of the folder', 'GET', `${start}/..%2F..%2Fetc%2Fpasswd`, {}, 404, /no migration/],
    ['an unknown place', 'GET', '/v2/migrations', {}, 404, /openapi\.json/],
    ['a wrong method', 'DELETE', start, {}, 405, /GET, POST/],
    ['a page size', 'GET', `${start}?limit=0`, {}, 422, /limit/],
    ['a wait', 'GET', `${start}/none?wait=long`, {}, 422, /60s/],
  ])('%s', async (_, method, place, ask, status, words) => {
    const response = await makeBed().ask(method, place, ask);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const problem = problemSchema.parse(await response.json());
    expect(problem).toMatchObject({ status, detail: expect.stringMatching(words) });
    expect(response.status).toBe(status);
  });
});

test('metrics have the pause, the totals, and what goes on', async () => {
  const bed = makeBed();
  await bed.migrated();
  await bed.migrate('slow');
  const text = await (await bed.ask('GET', '/metrics')).text();
  expect(text).toContain('switchover_migrations_total{outcome="completed",reason=""} 1');
  expect(text).toContain('switchover_migrations{state="copying"} 1');
  expect(text).toMatch(/switchover_migration_last_pause_seconds\{[^}]*name="quick"[^}]*\} 1\.\d+/);
  expect(text).toContain('switchover_migration_pause_seconds_count 1');
});

test('alerts and dashboard name metrics that there are, and each alert has its line of what to do', async () => {
  const bed = makeBed();
  await bed.migrated();
  await bed.migrate('slow');
  // What a service has that was started with webhooks and a certificate.
  bed.metrics.webhookWaits('ops', 0);
  bed.metrics.encryptedBy({ expiries: { server: 1_800_000_000_000 } });
  // And with drains: one that goes on, and one that waits for its release.
  const drained = {
    ...EXAMPLE_DRAIN,
    id: 'other',
    state: 'empty' as const,
    emptySince: '2026-11-29T21:00:00.000Z',
  };
  bed.metrics.drains.of({ list: async () => [EXAMPLE_DRAIN, drained], marks: async () => new Map() });
  const text = await (await bed.ask('GET', '/metrics')).text();
  expect(text).toContain(
    'switchover_tls_certificate_expiry_timestamp_seconds{certificate="server"} 1800000000',
  );
  const there = new Set([...text.matchAll(/^(switchover_[a-z_]+)[{ ]/gm)].map(([, name]) => name));
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const [alerts, dashboard] = [
    read('contrib/prometheus/switchover-alerts.yml'),
    read('contrib/grafana/switchover.json'),
  ];
  const used = [
    ...`${alerts}${JSON.stringify(JSON.parse(dashboard).panels)}`.matchAll(/switchover_[a-z_]+/g),
  ].map(([name]) => name);
  expect(used.length).toBeGreaterThan(10);
  expect(used.filter((name) => !there.has(name))).toEqual([]);
  const named = [...alerts.matchAll(/alert: (\w+)/g)].map(([, name = '']) => name);
  const told = [...read('docs/service.md').matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
  expect(told).toEqual(named);
  for (const name of named) expect(alerts).toContain(`docs/service.md#${name.toLowerCase()}`);
});
