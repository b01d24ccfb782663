import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDrainSettings } from '../fleet/drain-settings.ts';
import { DrainBed } from '../fleet/testing/drain-bed.ts';
import { FleetServer } from '../fleet/testing/fleet-database.ts';
import { NO_CONFIG, SimulatedHosts } from '../fleet/testing/simulated-hosts.ts';
import { beginOrGoOn } from './drain-begin.ts';
import type { DrainOptions } from './drain-options.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

describe('the same command again', () => {
  test('is the same drain, at another width from then on, and with other destinations', async () => {
    await using bed = await drained('again');
    await again(bed, { atATime: 1, to: ['d'] });
    expect(parseDrainSettings((await bed.rows(bed.id)).drain.settings)).toMatchObject({
      ...{ atATime: 1, to: [{ uri: 'd' }], order: 'listed' },
    });
    const widths = await bed.database.query<{ key: string; units: number }>(
      'select key, units from fleet.capacity where key = any($1) order by key',
      [['a', 'from a', 'd', 'to d']],
    );
    expect(widths).toEqual(['a', 'd', 'from a', 'to d'].map((key) => ({ key, units: 1 })));
  });

  test('with what a drain that has begun does not change is refused, unless it says the same', async () => {
    await using bed = await drained('other');
    const before = await bed.rows(bed.id);
    await expect(again(bed, { order: 'hardest-first', atATime: 1 })).rejects.toThrow(
      'a is being drained in the order "listed": end that with `switchover drain release a`, then drain it again, or leave out --order',
    );
    await expect(again(bed, { apart: ['vm1,vm2'] })).rejects.toThrow(/: end that .* or leave out --apart$/);
    expect((await bed.rows(bed.id)).drain.settings).toEqual(before.drain.settings);
    await again(bed, { order: 'listed' });
  });
});

/** Two VMs that leave a, with nobody who moves them. */
async function drained(name: string) {
  const bed = await DrainBed.make(
    server,
    name,
    new SimulatedHosts({ a: [{ uuid: 'vm1' }, { uuid: 'vm2' }] }),
  );
  return Object.assign(bed, { id: await bed.drain('a') });
}

async function again(bed: DrainBed, options: DrainOptions) {
  const to = () => (options.to ?? []).map((uri) => ({ uri, migrateUri: undefined }));
  const wish = { host: 'a', deadlineInMs: () => undefined, to };
  return await beginOrGoOn(bed.database, wish, options, NO_CONFIG);
}
