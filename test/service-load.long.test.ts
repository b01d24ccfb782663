/**
 * A real `serve` with sixty guests under more than anybody would ask of it, for minutes: its memory stays bounded, nobody waits
 * for long, and no decision is late.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { journalsOf } from '../bench/service/journals-of.ts';
import { decisionsLateMs } from '../bench/service/lateness.ts';
import { Served } from '../bench/service/served.ts';
import { ask, flood } from './service-load/asking.ts';
import { neverAsk, readSlowly, type Stuck } from './service-load/raw-request.ts';

/** Held up by its clients it would be late by as long as they last. */
const DECIDED_WITHIN_MS = 3000;
const ANSWERED_WITHIN_MS = 30_000;
/** What 200 streams would gather in a minute is a gigabyte. */
const GROWN_BY_BYTES = 300e6;

let served: Served;
const stuck: Stuck[] = [];
beforeEach(async () => {
  served = await Served.start('--demo', '--guests', '60');
  // All guests have begun, and all code is there.
  await pause(15_000);
  await ask(served.at, '/v1/migrations');
});
afterEach(async () => {
  for (const each of stuck.splice(0)) each.end();
  await served?.[Symbol.asyncDispose]();
});

async function noDecisionWasLate(): Promise<void> {
  const late = [...(await journalsOf(served)).values()].flatMap(decisionsLateMs);
  expect(late.length).toBeGreaterThan(1000);
  expect(Math.max(...late)).toBeLessThan(DECIDED_WITHIN_MS);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test('ten thousand requests in a minute', async () => {
  const beforeBytes = served.memoryBytes();
  const { text } = await ask(served.at, '/v1/migrations?state=running');
  const { migrations } = JSON.parse(text) as { migrations: { id: string }[] };
  const places = [
    ...migrations.slice(0, 4).flatMap(({ id }) => [`/v1/migrations/${id}`, `/v1/migrations/${id}?wait=0s`]),
    ...['/v1/migrations', '/v1/migrations?q=db&state=all&limit=200', '/v1/hosts', '/v1/session'],
    ...['/metrics', '/openapi.json', '/', '/v1/migrations/none', '/nowhere'],
  ];
  const { statuses, slowestMs } = await flood(served.at, places, {
    count: 10_000,
    atOnce: 50,
    withinMs: 60_000,
  });
  expect([...statuses.keys()].filter((status) => ![200, 404, 429].includes(status))).toEqual([]);
  expect(statuses.get(200)).toBeGreaterThan(0);
  expect(slowestMs).toBeLessThan(ANSWERED_WITHIN_MS);
  expect(served.memoryBytes() - beforeBytes).toBeLessThan(GROWN_BY_BYTES);
  await noDecisionWasLate();
});

test('two hundred streams of readers that are slow, fifty that never read, fifty that never come to ask', async () => {
  const beforeBytes = served.memoryBytes();
  for (let count = 0; count < 200; count += 1) stuck.push(readSlowly(served.at, '/v1/events', 2000));
  for (let count = 0; count < 50; count += 1) stuck.push(readSlowly(served.at, '/v1/events', 0));
  const asking = Array.from({ length: 50 }, () => neverAsk(served.at));
  stuck.push(...asking);
  for (let second = 0; second < 60; second += 1) {
    await pause(1000);
    const askedMs = performance.now();
    const { text } = await ask(served.at, '/healthz');
    expect(text).toBe('ok\n');
    expect(performance.now() - askedMs).toBeLessThan(ANSWERED_WITHIN_MS);
    expect(served.memoryBytes() - beforeBytes).toBeLessThan(GROWN_BY_BYTES);
  }
  // Who does not end a request is let go of.
  await expect.poll(() => asking.every((each) => each.closed()), { timeout: 30_000 }).toBe(true);
  for (const each of stuck.splice(0)) each.end();
  await pause(2000);
  expect((await ask(served.at, '/healthz')).text).toBe('ok\n');
  await noDecisionWasLate();
});
