import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { DrainRow, DrainRows, MoveRow } from './drain-rows.ts';
import { drainStatusOf, drainStatusSchema } from './drain-status.ts';

const NOW_MS = Date.UTC(2026, 10, 29, 20);

const DRAIN: DrainRow = {
  ...{ id: 'd', host: 'a', kind: 'drain', intent: 'go', state: 'draining', outcome: null, ending: null },
  settings: { to: [{ uri: 'b' }], order: 'listed', atATime: 2, apart: [], force: false, stated: {} },
  ...{
    priority: 0,
    requestedBy: 'root',
    reason: null,
    trouble: null,
    beforeHost: null,
    afterHost: null,
    hookWords: null,
    createdMs: NOW_MS - 5000,
    deadlineMs: null,
    opensMs: null,
    closesMs: null,
  },
  ...{ emptySinceMs: null, emptyAtMs: null, lookedMs: null, nowMs: NOW_MS },
};

const move = (vm: string, given: Partial<MoveRow>): MoveRow => ({
  ...{ id: vm, drain: 'd', vm, name: vm, source: 'a', destination: 'b', cluster: 'default', link: 'from a' },
  ...{
    memoryBytes: 2 ** 30,
    memoryGib: 1,
    calmAmong: null,
    isForeign: false,
    state: 'queued',
    intent: 'go',
    tries: 0,
  },
  ...{ failedAt: null, code: null, words: null, remedy: null, refused: {}, apart: [], nextTryMs: NOW_MS },
  ...{ waitsCalm: false, wasCalm: false, calmSinceMs: null, calmUntilMs: null, expectsMs: null },
  ...{ way: 'move', decidedBy: null, stated: {}, admittedForMs: null },
  ...{ notice: null, noticeUntilMs: null, noticeWords: null },
  ...given,
});

const statusOf = (
  moves: readonly MoveRow[],
  drain: Partial<DrainRow> = {},
  hosts: DrainRows['hosts'] = new Map(),
) => drainStatusOf({ drain: { ...DRAIN, ...drain }, moves, hosts });

const RESET = { code: 'migration-failed', words: 'the connection was reset' };
const NO_CPU = { code: 'different-cpu', words: 'b lacks its CPU', remedy: 'take another model' };

test('the published JSON Schema is the one that documents are made by (`./dev test -u` writes it anew)', async () => {
  const schema = {
    ...z.toJSONSchema(drainStatusSchema),
    title: 'How a drain stands, as `switchover drain --json` prints it',
  };
  const file = path.join(import.meta.dirname, '..', '..', 'docs', 'drain.schema.json');
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file);
});

test('a status fits its schema, and tells each VM with its reason and remedy', () => {
  const status = statusOf([
    move('vm1', { state: 'moved', tries: 1 }),
    move('vm2', { state: 'held', ...NO_CPU }),
    move('vm3', { ...RESET, nextTryMs: NOW_MS + 20_000, tries: 1 }),
    move('vm4', { state: 'starting', tries: 1 }),
  ]);
  expect(drainStatusSchema.parse(JSON.parse(JSON.stringify(status)))).toEqual(status);
  expect(status).toMatchObject({
    priority: 0,
    ...{ state: 'draining', words: 'draining: 3 VMs left, 1 on the way', deadline: null },
    vms: [
      { name: 'vm1', state: 'moved', words: 'moved to b', reason: null },
      {
        ...{ name: 'vm2', state: 'held', reason: NO_CPU },
        words: 'held until something changes: b lacks its CPU: take another model',
      },
      { name: 'vm3', state: 'queued', nextTry: '2026-11-29T20:00:20.000Z' },
      { name: 'vm4', state: 'moving', words: 'on its way to b' },
    ],
  });
});

test.each<[string, MoveRow[], Partial<DrainRow>, string, number]>([
  ['nothing there, seen so once', [], {}, 'draining', 0],
  ['nothing there, seen twice', [], { emptySinceMs: NOW_MS - 10_000, emptyAtMs: NOW_MS }, 'empty', 0],
  ['one that is refused everywhere', [move('v', { state: 'held', ...NO_CPU })], {}, 'blocked', 3],
  ['one that failed too often', [move('v', { state: 'held', ...RESET, tries: 5 })], {}, 'blocked', 4],
  [
    'one that needs a longer pause',
    [move('v', { state: 'held', code: 'no-pause-fits', words: 'no' })],
    {},
    'blocked',
    5,
  ],
  ['one without room', [move('v', { code: 'no-memory', words: 'no room' })], {}, 'blocked', 5],
  ['one of which nobody knows', [move('v', { state: 'unknown', words: 'no answer' })], {}, 'paused', 6],
  [
    'one that was not begun',
    [move('v', { state: 'cancelled' })],
    { outcome: 'expired', state: 'ended' },
    'ended',
    5,
  ],
  ['one that waits for a try that is due', [move('v', { ...RESET })], {}, 'draining', 5],
])('%s', (_, moves, drain, state, exitStatus) => {
  expect(statusOf(moves, drain)).toMatchObject({ state, exitStatus });
});

test('where all destinations are left out the drain is blocked', () => {
  const breaker = { failuresInARow: 3, outUntilMs: NOW_MS + 60_000 };
  const hosts = new Map([['b', { host: 'b', breaker, cordonedBy: undefined, isDrained: false }]]);
  expect(statusOf([move('v', {})], {}, hosts)).toMatchObject({ state: 'blocked' });
});

test('a notice is told from when its guest was told until the try is over, and with a VM that has moved', () => {
  const UNTIL_MS = NOW_MS + 60_000;
  const noticed = (vm: string, given: Partial<MoveRow>) => move(vm, { noticeUntilMs: UNTIL_MS, ...given });
  const { vms } = statusOf([
    noticed('vm1', { state: 'admitted', notice: 'giving' }),
    noticed('vm2', { state: 'admitted', notice: 'given' }),
    noticed('vm3', { state: 'admitted', notice: 'failed', noticeWords: 'it is deaf' }),
    noticed('vm4', { state: 'queued', notice: 'over', ...RESET }),
    noticed('vm5', { state: 'moved', notice: 'over', noticeWords: 'it is deaf' }),
  ]);
  const until = new Date(UNTIL_MS).toISOString();
  const time = new Date(UNTIL_MS).toLocaleTimeString('en-GB', { hour12: false });
  expect(vms.map(({ state, words, notice }) => [state, words, notice])).toEqual([
    ['queued', 'its guest is being told that it moves', null],
    ['queued', `notice given, moves at ${time}`, { until, unheard: null }],
    [
      ...['queued', `moves at ${time}; its guest could not be told: it is deaf`],
      { until, unheard: 'it is deaf' },
    ],
    ['queued', 'queued for a slot', null],
    ['moved', 'moved to b; its guest could not be told: it is deaf', { until, unheard: 'it is deaf' }],
  ]);
});
