import { expect, onTestFinished, test } from 'vitest';
import { Demo } from './demo.ts';
import { demoGuests } from './demo-guests.ts';
import { Problem } from './problem.ts';
import { ServiceBed } from './testing/service-bed.ts';

const CALLER = { name: 'ops', role: 'operate', byToken: true } as const;

function makeDemo(guests?: number): { demo: Demo; bed: ServiceBed } {
  const bed = new ServiceBed();
  const demo = new Demo(bed.migrations, bed.store, guests);
  onTestFinished(async () => {
    demo.close();
    await bed[Symbol.asyncDispose]();
  });
  return { demo, bed };
}

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Problem);
  return error as Problem;
}

test('a guest that migrates is not started again before its end', async () => {
  const { demo, bed } = makeDemo();
  const wish = { vm: 'db-primary', destination: 'anywhere' };
  const both = await Promise.allSettled([demo.start(wish, CALLER), demo.start(wish, CALLER)]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const refusal = await problemOf(demo.start(wish, CALLER));
  expect([refusal.status, refusal.code, refusal.message]).toEqual([
    409,
    'held',
    expect.stringContaining('db-primary is migrating already'),
  ]);
  const [begun] = bed.live.all();
  await bed.migrations.cancel(begun?.view.id ?? '', 'enough');
  await expect.poll(async () => await demo.start(wish, CALLER).catch(() => undefined)).toBeTypeOf('string');
});

test('a guest that nobody knows is answered with some that there are', async () => {
  const { demo } = makeDemo(300);
  const problem = await problemOf(demo.start({ vm: 'mail', destination: 'anywhere' }, CALLER));
  expect(problem.message).toBe(
    'there is no simulated guest mail: there is web-1, db-primary, cache-2, batch-7 and 296 more',
  );
});

test('as many guests as are asked for, of all kinds, each with a name of its own', () => {
  const guests = [...demoGuests(9).keys()];
  expect(guests).toEqual([
    'web-1',
    'db-primary',
    'cache-2',
    'batch-7',
    'web-1-5',
    'db-primary-6',
    'cache-2-7',
    'batch-7-8',
    'web-1-9',
  ]);
  expect(new Set(demoGuests(1000).keys()).size).toBe(1000);
});

test('those beyond the first four are larger: they run for longer, and begin less often', () => {
  const guests = demoGuests(5);
  const [first, fifth] = ['web-1', 'web-1-5'].map((name) => guests.get(name)?.scenario.memoryBytes);
  expect([first, fifth]).toEqual([2 * 2 ** 30, 8 * 2 ** 30]);
});

test('what begins while all are let go of is let go of too: the process is not kept by it', async () => {
  const { demo, bed } = makeDemo();
  const starting = demo.start({ vm: 'db-primary', destination: 'anywhere' }, CALLER);
  await bed.migrations.detachAll('serve ends');
  const id = await starting.catch(() => undefined);
  expect(id).toBeTypeOf('string');
  await expect.poll(() => bed.live.get(id ?? '')?.writer).toBeUndefined();
  expect((await bed.migrations.get(id ?? '')).view.outcome).toMatchObject({ runsOn: expect.anything() });
});
