/** Drains over the API, on simulated hosts, a real PostgreSQL, and a controller that carries them out. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../config/parse-config.ts';
import type { DrainDocument } from '../../drain/document.ts';
import { drainStatusSchema } from '../../fleet/drain-status.ts';
import { FleetServer } from '../../fleet/testing/fleet-database.ts';
import { SimulatedHosts, type SimulatedVm } from '../../fleet/testing/simulated-hosts.ts';
import type { AuditEntry } from '../audit.ts';
import { DrainServiceBed } from '../testing/drain-service-bed.ts';
import { type Ask, ServiceBed } from '../testing/service-bed.ts';
import type { DrainSummary, DrainView } from './drain-document.ts';
import { openDrains } from './open-drains.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

const vms = (count: number, each: Partial<SimulatedVm> = {}): SimulatedVm[] =>
  Array.from({ length: count }, (_, index) => ({ uuid: `vm${index + 1}`, ...each }));

const WISH = { host: 'a', to: [{ host: 'b' }, { host: 'c' }], order: 'listed', reserveBytes: 0 };
const NO_PAUSE = {
  code: 'no-pause-fits',
  words: 'no pause within --max-downtime 1 s is possible, it needs one of 2.4 s',
  remedy: 'with --max-downtime 2.6s it is',
};

const viewIn = async (response: Response) => (await response.json()) as DrainView;

async function problemIn(response: Response) {
  const { code, status, detail } = (await response.json()) as {
    code: string;
    status: number;
    detail: string;
  };
  return { code, status, detail };
}

describe('a drain', () => {
  test.concurrent('with windows is planned by them, waits for them, and its forecast is beyond them', async () => {
    const hosts = new SimulatedHosts({ a: vms(2, { lastsMs: 150 }) }, { b: 64, c: 32 });
    await using bed = await DrainServiceBed.make(server, 'windows', hosts);
    const { service } = bed;
    const [from, until] = [2, 3].map((hours) => new Date(Date.now() + hours * 3600e3).getHours());
    const windows = [`${from}:00-${until}:00`];
    const body = { ...WISH, windows, withinMs: 12 * 3600e3 };
    const plan = (await (await service.ask('POST', '/v1/plans/drain', { body })).json()) as DrainDocument;
    expect(plan).toMatchObject({ verdict: 'all-leave', windows, deadline: { verdict: 'holds' } });
    const { opensMs = 0 } = plan.openings[0] ?? {};
    expect(opensMs).toBeGreaterThan(3000e3);
    expect(plan.moves[0]?.startsMs?.likely).toBe(opensMs);
    expect(plan.wholeMs?.likely).toBeGreaterThan(opensMs);
    const early = { ...body, withinMs: 3000e3 };
    const late = (await (
      await service.ask('POST', '/v1/plans/drain', { body: early })
    ).json()) as DrainDocument;
    expect(late).toMatchObject({ verdict: 'too-late', deadline: { verdict: 'missed', probability: 0 } });

    const drain = await viewIn(await service.ask('POST', '/v1/drains', { body }));
    expect(drain).toMatchObject({
      state: 'waiting',
      words: expect.stringMatching(/^waiting for its window/),
    });
    const opensAtMs = Date.parse(plan.madeAt) + opensMs;
    expect(Date.parse(drain.forecastEnd?.low ?? '')).toBeGreaterThan(opensAtMs);
    expect(Date.parse(drain.forecastEnd?.high ?? '')).toBeLessThan(opensAtMs + 10_000);

    const wrong = await service.ask('POST', '/v1/plans/drain', {
      body: { ...body, windows: ['25:00-26:00'] },
    });
    expect(await problemIn(wrong)).toMatchObject({
      detail: expect.stringMatching(/windows\.0: "25:00-26:00" is no window: write it like 22:00-04:00/),
    });
    const over = ['FREQ=DAILY;UNTIL=20200101T000000Z for 1h'];
    const never = await service.ask('POST', '/v1/drains', {
      body: { ...body, host: 'b', to: [{ host: 'c' }], windows: over },
    });
    expect(await problemIn(never)).toMatchObject({
      ...{
        status: 409,
        code: 'not-now',
        detail: expect.stringMatching(/there will be no such time any more/),
      },
    });
  });

  test.concurrent('is planned, begun, followed and released, and says what it says to the command line', async () => {
    const hosts = new SimulatedHosts({ a: vms(4, { lastsMs: 150 }) }, { b: 64, c: 32 });
    await using bed = await DrainServiceBed.make(server, 'api', hosts);
    const { service } = bed;
    const post = async (place: string, ask: Ask = {}) => await service.ask('POST', place, ask);
    const planned = await (await post('/v1/plans/drain', { body: WISH })).json();
    expect(planned).toMatchObject({ verdict: 'all-leave', host: 'a', held: [] });
    expect(hosts.migrations).toEqual([]);

    const key = { 'idempotency-key': 'k1' };
    const body = { ...WISH, withinMs: 60_000, reason: 'kernel' };
    const begun = await post('/v1/drains', { body, headers: key });
    expect(begun.status).toBe(202);
    const drain = await viewIn(begun);
    expect(begun.headers.get('location')).toBe(`/v1/drains/${drain.id}`);
    expect(drain).toMatchObject({
      ...{ host: 'a', state: 'draining', final: false, reason: 'kernel', counts: { queued: 4, moving: 0 } },
      ...{ actions: ['pause', 'cancel', 'release'], memoryBytes: { all: 4 * 2 ** 30, left: 4 * 2 ** 30 } },
    });
    // The plan of a moment ago served the start.
    expect(bed.plans).toBe(1);
    const { forecastEnd, deadline } = drain;
    expect(Date.parse(forecastEnd?.likely ?? '')).toBeGreaterThan(Date.now() - 2000);
    expect(Date.parse(forecastEnd?.high ?? '')).toBeLessThan(Date.parse(deadline ?? ''));
    expect(Object.keys(drain)).toEqual(expect.arrayContaining(Object.keys(drainStatusSchema.shape)));

    // The same key, and the same host: one drain.
    const again = await post('/v1/drains', { body, headers: key });
    const other = await post('/v1/drains', { body: WISH });
    expect([again.status, other.status]).toEqual([200, 200]);
    expect([(await viewIn(again)).id, (await viewIn(other)).id]).toEqual([drain.id, drain.id]);
    const used = await post('/v1/drains', { body: WISH, headers: key });
    expect(await problemIn(used)).toMatchObject({ status: 422, code: 'key-used' });

    // Nobody carries it out yet: it is paused, and goes on.
    const stale = await post(`/v1/drains/${drain.id}/pause`, { headers: { 'if-match': '"77"' } });
    expect(await problemIn(stale)).toMatchObject({ status: 412, code: 'changed-meanwhile' });
    const seen = { 'if-match': `"${drain.revision}"` };
    const paused = await viewIn(await post(`/v1/drains/${drain.id}/pause`, { headers: seen }));
    expect(paused).toMatchObject({ state: 'paused', actions: ['resume', 'cancel', 'release'] });
    expect(paused.revision).toBeGreaterThan(drain.revision);
    const twice = await post(`/v1/drains/${drain.id}/pause`);
    expect(await problemIn(twice)).toMatchObject({ status: 409, code: 'not-now' });
    expect((await post(`/v1/drains/${drain.id}/resume`, { body: { reason: 'go' } })).status).toBe(200);

    // What reads along hears of each VM once, and how the drain stands at last.
    const events = service.ask('GET', `/v1/drains/${drain.id}/events`);
    await bed.engine.runner();
    const ended = await viewIn(await service.ask('GET', `/v1/drains/${drain.id}?wait=30s`));
    expect(ended).toMatchObject({
      state: 'empty',
      exitStatus: 0,
      counts: { moved: 4 },
      actions: ['release', 'return'],
    });
    expect(hosts.on('a')).toEqual([]);
    const destinations = Object.fromEntries(ended.destinations.map((each) => [each.host, each]));
    expect(destinations).toMatchObject({
      b: { problem: null, promisedBytes: 0, keptFreeBytes: 0, coming: 0 },
    });
    expect((destinations['b']?.arrived ?? 0) + (destinations['c']?.arrived ?? 0)).toBe(4);

    // Prometheus knows since when it waits for that.
    const metrics = await (await service.ask('GET', '/metrics')).text();
    const labels = `drain="${drain.id}",host="a"`;
    expect(metrics).toContain(`switchover_drain_vms{${labels},state="moved"} 4`);
    expect(metrics).toMatch(
      new RegExp(`switchover_drain_waits_for_release_timestamp_seconds{${labels}} 1[0-9.]+`),
    );
    expect(metrics).toContain('switchover_host_cordoned{host="a"} 1');

    const released = await viewIn(await post(`/v1/drains/${drain.id}/release`));
    expect(released).toMatchObject({ state: 'ended', outcome: 'released', final: true, actions: ['return'] });
    expect(await problemIn(await post(`/v1/drains/${drain.id}/cancel`))).toMatchObject({
      ...{ status: 409, code: 'drain-over', detail: 'the drain is over: it was released' },
    });
    const told = eventsIn(await (await events).text());
    const names = told.flatMap(({ event, data }) =>
      event === 'happened' && data['kind'] === 'moved' ? [data['vm']] : [],
    );
    expect(names.sort()).toEqual(['vm1', 'vm2', 'vm3', 'vm4']);
    expect(told.at(-1)?.event).toBe('end');
    expect(told.findLast(({ event }) => event === 'drain')?.data).toMatchObject({ outcome: 'released' });
    // A break before the end loses nothing.
    const resumed = await service.ask('GET', `/v1/drains/${drain.id}/events`, {
      headers: { 'last-event-id': '0' },
    });
    expect(eventsIn(await resumed.text()).length).toBeGreaterThan(4);
    expect(await (await service.ask('GET', '/metrics')).text()).not.toContain(drain.id);
  });

  test.concurrent('holds whom a person has to look at: tried again, or allowed a longer pause', async () => {
    const [near, ledger, stuck] = ['near', 'ledger', 'stuck'];
    const hosts = new SimulatedHosts({
      a: [
        { uuid: near },
        { uuid: ledger, obstacles: [NO_PAUSE] },
        { uuid: stuck, obstacles: [{ code: 'not-shared', words: 'its disk is local' }] },
      ],
    });
    await using bed = await DrainServiceBed.make(server, 'held', hosts);
    const { service } = bed;
    const whole = await service.ask('POST', '/v1/drains', { body: { ...WISH, allOrNothing: true } });
    expect(await problemIn(whole)).toMatchObject({
      ...{ status: 409, code: 'some-stay', detail: expect.stringContaining('ledger, stuck cannot') },
    });
    const { id } = await viewIn(await service.ask('POST', '/v1/drains', { body: WISH }));
    await bed.engine.runner();
    const blocked = await viewIn(await service.ask('GET', `/v1/drains/${id}?wait=30s`));
    expect(blocked).toMatchObject({ state: 'blocked', counts: { moved: 1, held: 2 }, forecastEnd: null });
    expect(blocked.reasons).toEqual([
      { ...NO_PAUSE, vms: ['ledger'] },
      { code: 'not-shared', words: 'its disk is local', remedy: null, vms: ['stuck'] },
    ]);
    const actions = Object.fromEntries(blocked.vms.map(({ name, actions }) => [name, actions]));
    expect(actions).toEqual({
      ...{ near: [], ledger: ['allow-pause', 'retry', 'decide'], stuck: ['retry', 'decide'] },
    });
    const { drains } = (await (await service.ask('GET', '/v1/drains?state=running')).json()) as {
      drains: DrainSummary[];
    };
    expect(drains).toMatchObject([{ id, state: 'blocked' }]);

    const at = `/v1/drains/${id}/vms`;
    const none = await service.ask('POST', `${at}/near/retry`);
    expect(await problemIn(none)).toMatchObject({ status: 409, code: 'not-held' });
    expect(await problemIn(await service.ask('POST', `${at}/other/retry`))).toMatchObject({ status: 404 });
    const allowed = await service.ask('POST', `${at}/ledger/allow-pause`, { body: { maxDowntimeMs: 2600 } });
    expect(allowed.status).toBe(200);
    const rows = await bed.engine.database.query(
      "select stated from fleet.move where drain = $1 and vm = 'ledger'",
      [id],
    );
    expect(rows).toEqual([{ stated: { maxDowntimeMs: 2600 } }]);
    await bed.engine.until(id, ({ states }) => states['ledger'] === 'moved');
    expect((await viewIn(await service.ask('POST', `${at}/stuck/retry`))).counts).toMatchObject({ held: 0 });
    await bed.engine.until(id, ({ states }) => states['stuck'] === 'moved');

    const cancelled = await viewIn(
      await service.ask('POST', `/v1/drains/${id}/cancel`, {
        body: { abortRunning: true, reason: 'enough' },
      }),
    );
    expect(cancelled).toMatchObject({ state: 'ended', outcome: 'cancelled', final: true });
    const { entries } = (await (await service.ask('GET', '/v1/audit')).json()) as { entries: AuditEntry[] };
    const done = entries.filter(({ cameTo }) => cameTo === 'done');
    expect(done.map(({ did, drain }) => [did, drain === id])).toEqual([
      ...[
        ['drain-cancel', true],
        ['drain-retry', true],
        ['drain-allow-pause', true],
        ['drain', true],
      ],
    ]);
    expect(done[0]).toMatchObject({ who: 'local', reason: 'enough', asked: { abortRunning: true } });
  });
});

test.concurrent('what left comes back by a drain of its own, and a person decides of each VM', async () => {
  const hosts = new SimulatedHosts(
    {
      a: [
        { uuid: 'near' },
        { uuid: 'off', obstacles: [{ code: 'not-shared', words: 'its disk is local' }] },
        { uuid: 'stays', obstacles: [{ code: 'not-shared', words: 'its disk is local' }] },
      ],
    },
    { a: 64, b: 64 },
  );
  await using bed = await DrainServiceBed.make(server, 'returns', hosts);
  const { service, engine } = bed;
  const post = async (place: string, body?: object) =>
    await service.ask('POST', place, body === undefined ? {} : { body });
  const { id } = await viewIn(await post('/v1/drains', { ...WISH, to: [{ host: 'b' }] }));
  const at = `/v1/drains/${id}`;
  const early = await problemIn(await post(`${at}/return`));
  expect(early).toMatchObject({ status: 409, code: 'nothing-left' });
  await engine.runner();
  await service.ask('GET', `${at}?wait=30s`);

  const wrong = await problemIn(await post(`${at}/vms/stays/decide`, { decision: 'burn' }));
  expect(wrong.status).toBe(422);
  const paused = await problemIn(
    await post(`${at}/vms/off/decide`, { decision: 'leave', maxDowntimeMs: 100 }),
  );
  expect(paused).toMatchObject({ status: 422, detail: expect.stringContaining('is of a move') });
  const left = await viewIn(await post(`${at}/vms/stays/decide`, { decision: 'leave', reason: 'owner' }));
  expect(left.vms.find(({ name }) => name === 'stays')).toMatchObject({
    ...{ state: 'left', decidedBy: expect.stringContaining(' on '), actions: ['decide'] },
  });
  await post(`${at}/vms/off/decide`, { decision: 'shutdown-and-return' });
  await engine.until(id, ({ states }) => states['off'] === 'off');
  const gone = await problemIn(await post(`${at}/vms/near/decide`, { decision: 'leave' }));
  expect(gone).toMatchObject({ status: 409, code: 'not-now' });
  expect(hosts.there('off').host).toBeUndefined();

  const back = await post(`${at}/return`, { reason: 'the kernel is new' });
  expect(back.status).toBe(202);
  const returning = await viewIn(back);
  expect(back.headers.get('location')).toBe(`/v1/drains/${returning.id}`);
  expect(returning).toMatchObject({
    host: 'a',
    kind: 'return',
    actions: expect.not.arrayContaining(['return']),
  });
  expect((await post(`${at}/return`)).status).toBe(200);
  await engine.until(returning.id, ({ states }) => states['near'] === 'moved' && states['off'] === 'moved');
  expect(hosts.on('a').toSorted()).toEqual(['near', 'off', 'stays']);
  const ended = await viewIn(await service.ask('GET', at));
  expect(ended).toMatchObject({ state: 'ended', outcome: 'returned', actions: [] });
  const of = await problemIn(await post(`/v1/drains/${returning.id}/return`));
  expect(of).toMatchObject({ status: 409, code: 'not-now' });
  const { entries } = (await (await service.ask('GET', '/v1/audit')).json()) as { entries: AuditEntry[] };
  expect(entries).toContainEqual(
    expect.objectContaining({ did: 'drain-return', reason: 'the kernel is new', cameTo: 'done' }),
  );
});

test.concurrent('hosts are cordoned, also those that nobody follows, and the list of hosts says so', async () => {
  await using bed = await DrainServiceBed.make(server, 'cordons', new SimulatedHosts({ a: vms(1) }));
  const { service } = bed;
  const uri = 'qemu+ssh://root@host9/system';
  const place = `/v1/hosts/${encodeURIComponent(uri)}`;
  const on = await service.ask('POST', `${place}/cordon`, { body: { reason: 'bad memory' } });
  expect(await on.json()).toEqual({ host: uri, cordoned: true, changed: true });
  expect(await (await service.ask('POST', `${place}/cordon`)).json()).toMatchObject({ changed: false });
  const { id } = await viewIn(await service.ask('POST', '/v1/drains', { body: WISH }));
  const { hosts } = (await (await service.ask('GET', '/v1/hosts')).json()) as { hosts: { host: string }[] };
  expect(hosts).toMatchObject([
    { host: 'simulated', cordon: null, drain: null },
    { host: 'a', cordon: null, drain: id },
    { host: uri, cordon: { by: expect.stringContaining(' on '), reason: 'bad memory' }, drain: null },
  ]);
  expect(await (await service.ask('GET', '/metrics')).text()).toContain(
    `switchover_host_cordoned{host="${uri}"} 1`,
  );
  expect(await (await service.ask('POST', `${place}/uncordon`)).json()).toMatchObject({
    cordoned: false,
    changed: true,
  });
  const wrong = await service.ask('POST', '/v1/hosts/host9/cordon');
  expect(await problemIn(wrong)).toMatchObject({
    status: 422,
    detail: expect.stringContaining('is no libvirt URI'),
  });
});

describe('what is wrong', () => {
  test.concurrent('with a request is one sentence, and nothing is begun', async () => {
    await using bed = await DrainServiceBed.make(server, 'wrong', new SimulatedHosts({ a: vms(1) }));
    const refused = async (body: object) =>
      await problemIn(await bed.service.ask('POST', '/v1/drains', { body: { ...WISH, ...body } }));
    expect(await refused({ to: [{ host: 'a' }] })).toMatchObject({
      status: 422,
      detail: expect.stringContaining('leave it out'),
    });
    expect(await refused({ to: [{ host: 'b' }, { host: 'b' }] })).toMatchObject({
      detail: '`to` names a host twice',
    });
    expect(await refused({ host: 'qmp:/run/a' })).toMatchObject({
      detail: expect.stringContaining('monitor of a QEMU'),
    });
    // A URI can name a program to run.
    const program = 'qemu+ssh://root@h/system?command=/tmp/x';
    expect(await refused({ host: program })).toMatchObject({
      status: 422,
      detail: expect.stringContaining('without a query'),
    });
    expect(await refused({ deadline: '2026-01-01T00:00:00Z' })).toMatchObject({
      detail: expect.stringContaining('has passed'),
    });
    const both = { deadline: '2099-01-01T00:00:00Z', withinMs: 1000 };
    expect(await refused(both)).toMatchObject({ detail: expect.stringContaining('give one of them') });
    expect(await refused({ to: [] })).toMatchObject({ status: 422 });
    const unknown = ['no-id', '00000000-0000-4000-8000-000000000000'];
    for (const id of unknown)
      expect(await problemIn(await bed.service.ask('GET', `/v1/drains/${id}`))).toMatchObject({
        code: 'no-such-drain',
      });
    expect(await bed.engine.database.query('select from fleet.drain')).toEqual([]);

    // Who may look only may look at all of it.
    const token = bed.service.access.add('wall', 'view');
    expect((await bed.service.ask('GET', '/v1/drains', { token, byTcp: true })).status).toBe(200);
    for (const place of ['/v1/drains', '/v1/plans/drain'])
      expect((await bed.service.ask('POST', place, { body: WISH, token, byTcp: true })).status).toBe(403);
    for (const place of [`/v1/drains/${unknown[1]}/cancel`, '/v1/hosts/a/cordon'])
      expect((await bed.service.ask('POST', place, { token, byTcp: true })).status).toBe(403);
  });

  test.concurrent('with a database that is away is said, and the rest is told', async () => {
    const choice = { url: 'postgres://ops@127.0.0.1:1/none', folder: '/no/such', make: false };
    await using bed = new ServiceBed(undefined, (around) =>
      openDrains(
        { ...{ choice, stateDir: around.stateDir, known: [] }, config: () => parseConfig('', 'f') },
        around,
      ),
    );
    for (const place of ['/v1/drains', `/v1/drains/${'0'.repeat(8)}-0000-4000-8000-000000000000`])
      expect(await problemIn(await bed.ask('GET', place))).toMatchObject({
        ...{ status: 503, code: 'database-away', detail: expect.stringContaining('127.0.0.1:1') },
      });
    const hosts = await (await bed.ask('GET', '/v1/hosts')).json();
    expect(hosts).toMatchObject({
      hosts: [{ host: 'simulated' }],
      problem: expect.stringContaining('127.0.0.1:1'),
    });
    const metrics = await (await bed.ask('GET', '/metrics')).text();
    expect(metrics).toContain('# TYPE switchover_drain_blocked gauge');
    expect(metrics).not.toMatch(/^switchover_drain_/m);
  });

  test.concurrent('with a service without a database is what to start it with', async () => {
    await using bed = new ServiceBed();
    for (const place of ['/v1/drains', '/v1/drains/x', '/v1/drains/x/events'])
      expect(await problemIn(await bed.ask('GET', place))).toMatchObject({
        ...{ status: 503, code: 'no-database', detail: expect.stringContaining('--database embedded') },
      });
    expect((await bed.ask('POST', '/v1/hosts/a/cordon')).status).toBe(503);
    expect((await bed.ask('GET', '/v1/hosts')).status).toBe(200);
  });
});

interface Told {
  readonly event: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

function eventsIn(text: string): Told[] {
  return text
    .split('\n\n')
    .filter((each) => each !== '')
    .map((each) => ({
      event: /^event: (.*)$/m.exec(each)?.[1],
      data: JSON.parse(/^data: (.+)$/m.exec(each)?.[1] ?? '{}') as Told['data'],
    }));
}
