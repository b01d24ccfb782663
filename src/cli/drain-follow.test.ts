import { afterAll, beforeAll, expect, test } from 'vitest';
import { forecastOf } from '../drain/testing/drawn.ts';
import { tell } from '../fleet/events.ts';
import { DrainBed } from '../fleet/testing/drain-bed.ts';
import { FleetServer } from '../fleet/testing/fleet-database.ts';
import { SimulatedHosts } from '../fleet/testing/simulated-hosts.ts';
import { untilOver } from './drain-follow.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

test('whoever follows a drain that waits for its window is told when it ends beyond that', async () => {
  const hosts = new SimulatedHosts({ a: [{ uuid: 'vm1' }] });
  await using bed = await DrainBed.make(server, 'window', hosts);
  const inMs = (ms: number) => new Date(Date.now() + ms);
  const id = await bed.drain(
    'a',
    { windows: ['22:00-04:00'] },
    { opens: inMs(3_600_000), closes: inMs(7_200_000), deadline: inMs(3_500_000) },
  );
  const data = { forecasts: { vm1: forecastOf(600_000, 100, 1) } };
  await tell(bed.database, { kind: 'drain-planned', drain: id, data });
  const told: string[] = [];
  const letGo = new AbortController();
  await untilOver({ database: bed.database, id, letGo: letGo.signal }, (line) => {
    if (told.push(line) > 1) letGo.abort();
  });
  expect(told).toEqual([
    expect.stringMatching(/^waiting for its window, which opens in (1 h|59 min)/),
    expect.stringMatching(
      /^those that can leave will have left in 1 h (10|9) min .*: the deadline will most likely be missed$/,
    ),
  ]);
});

test.each([
  ['in time', 600_000, /^those that can leave will have left in .+ \(.+ to .+\): the deadline holds$/],
  ['too late', 1000, /: the deadline will most likely be missed$/],
])('whoever follows a drain is told whether it ends %s', async (name, deadlineInMs, words) => {
  const hosts = new SimulatedHosts({ a: [1, 2, 3].map((each) => ({ uuid: `vm${each}`, lastsMs: 300 })) });
  await using bed = await DrainBed.make(server, name.replace(' ', '_'), hosts);
  const id = await bed.drain('a', {}, { deadline: new Date(Date.now() + deadlineInMs) });
  const forecasts = Object.fromEntries(hosts.on('a').map((uuid) => [uuid, forecastOf(5000, 100, 1)]));
  await tell(bed.database, { kind: 'drain-planned', drain: id, data: { forecasts } });
  await bed.runner();
  const told: string[] = [];
  const letGo = AbortSignal.timeout(30_000);
  await untilOver({ database: bed.database, id, letGo }, (line) => told.push(line));
  expect(told).toContainEqual(expect.stringMatching(words));
  expect(letGo.aborted).toBe(false);
});
