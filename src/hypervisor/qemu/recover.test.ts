import { expect, test } from 'vitest';
import type { Incident } from '../simulated/protocol/faults.ts';
import { SimulatedPair } from '../simulated/protocol/simulated-pair.ts';
import { BUSY_GUEST } from '../simulated/testing/small-guest.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { connectQmp, type QmpClient } from './qmp/client.ts';

const SOMEWHERE = { migrateUri: 'tcp:10.77.0.2:5555', listenUri: undefined };
const POST_COPY = { capabilities: [{ capability: 'postcopy-ram', state: true }] };

/** Somebody's migration, taken over in post-copy, or before that. */
async function takenOver({ postCopy = true } = {}) {
  const clock = new VirtualClock();
  const pair = new SimulatedPair({ clock, scenario: BUSY_GUEST });
  const monitor = async (vm: string): Promise<QmpClient> =>
    await clock.until(connectQmp(vm.replace('qmp:', ''), { clock, open: pair.open }));
  const [source, destination] = [await monitor(pair.vm), await monitor(pair.target.vm)];
  const uri = pair.target.migrateUri ?? '';
  await clock.until(destination.execute('migrate-set-capabilities', POST_COPY));
  await clock.until(destination.execute('migrate-incoming', { uri }));
  await clock.until(source.execute('migrate-set-capabilities', POST_COPY));
  await clock.until(source.execute('migrate', { uri }));
  await clock.pass(200);
  if (postCopy) await clock.until(source.execute('migrate-start-postcopy'));
  await clock.pass(100);
  expect((await clock.until(source.execute('query-migrate'))).status).toBe(
    postCopy ? 'postcopy-active' : 'active',
  );
  await clock.until(Promise.all([source.close(), destination.close()]));
  const hypervisor = pair.hypervisor({ clock });
  const attach = async () =>
    await clock.until(
      hypervisor.attach(pair.vm, {
        meant: undefined,
        destination: pair.target.vm,
        lineRateBytesPerSecond: undefined,
        brake: 'none',
        begunWithBrake: false,
        noticesLimit: false,
        inherited: undefined,
        remember: async () => {},
      }),
    );
  return { clock, pair, attach };
}

test.each<[string, Incident]>([
  ['its stream was reset', { do: 'link-reset' }],
  ['the link carries nothing, and nobody has noticed', { do: 'link-cut' }],
])('post-copy goes on over a new stream where %s', async (_, incident) => {
  const { clock, pair, attach } = await takenOver();
  pair.carryOut(incident);
  await clock.pass(100);
  const migration = await attach();
  const recovering = migration.recover?.(SOMEWHERE) ?? Promise.reject(new Error('it cannot'));
  recovering.catch(() => {});
  // Mended long after it is paused; the old stream's last words change nothing any more.
  await clock.pass(6500);
  pair.carryOut({ do: 'link-back' });
  const { did } = await clock.until(recovering);
  expect(did).toMatch(/migrate-recover on the destination, then migrate resume on the source$/);
  expect(did.startsWith('migrate-pause')).toBe(incident.do === 'link-cut');
  expect(await clock.until(migration.ended)).toMatchObject({
    result: 'completed',
    postCopyBegan: true,
    whereabouts: { source: 'handed-over', destination: 'running' },
  });
  expect(pair.truth.misdeeds).toEqual([]);
  await migration.detach();
});

test('a link that does not come back is told with QEMU’s words, and it can be tried again', async () => {
  const { clock, pair, attach } = await takenOver();
  pair.carryOut({ do: 'link-cut' });
  const migration = await attach();
  const tried = clock.until(migration.recover?.(SOMEWHERE) ?? Promise.resolve());
  await expect(tried).rejects.toThrow(/cannot reach tcp:10.77.0.2:5555: Failed to connect: No route to host/);
  pair.carryOut({ do: 'link-back' });
  await clock.until(migration.recover?.(SOMEWHERE) ?? Promise.resolve());
  expect(await clock.until(migration.ended)).toMatchObject({ result: 'completed' });
  await migration.detach();
});

test('one that goes on by itself is not touched', async () => {
  const { clock, pair, attach } = await takenOver();
  const migration = await attach();
  await expect(clock.until(migration.recover?.(SOMEWHERE) ?? Promise.resolve())).rejects.toThrow(
    /post-copy (goes on by itself|is over)|there is no post-copy/,
  );
  expect(pair.heard.map(({ command }) => command)).not.toContain('migrate-pause');
  await migration.detach();
});

test('there is none before it has begun', async () => {
  const { clock, pair, attach } = await takenOver({ postCopy: false });
  const migration = await attach();
  await expect(clock.until(migration.recover?.(SOMEWHERE) ?? Promise.resolve())).rejects.toThrow(
    'there is no post-copy to recover: the migration is active',
  );
  expect(pair.heard.map(({ command }) => command)).not.toContain('migrate-recover');
  await migration.detach();
});

test('a destination that never comes to a pause is told, and nothing is resumed', async () => {
  const { clock, pair, attach } = await takenOver();
  pair.carryOut({ do: 'link-cut' });
  const migration = await attach();
  pair.carryOut({ do: 'connection-silent', to: 'destination', ms: Number.POSITIVE_INFINITY });
  await expect(clock.until(migration.recover?.(SOMEWHERE) ?? Promise.resolve())).rejects.toThrow(
    /did not answer/,
  );
  expect(pair.heard.filter(({ command, args }) => command === 'migrate' && args['resume'])).toEqual([]);
  await migration.detach();
});
