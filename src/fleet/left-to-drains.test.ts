/** On a real PostgreSQL, and with this machine's own leases. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../postgres/database.ts';
import { isOnItsWay, leavingToDrains } from './left-to-drains.ts';
import { FleetServer } from './testing/fleet-database.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

test('what a drain has on its way no watch takes, whoever had it in his hands; all else it does', async () => {
  await using database = Database.at(await server.make('left_to_drains'));
  const [vm, others] = [randomUUID(), randomUUID()];
  const add = async (of: string, isForeign: boolean) =>
    await database.query(
      `insert into fleet.move (vm, name, source, link, memory_gib, state, is_foreign) values ($1, $1, 'a', 'l', 1, 'moving', $2)`,
      [of, isForeign],
    );
  await add(vm, false);
  await add(others, true);
  const take = leavingToDrains(async (of) => await isOnItsWay(database, of));
  const holder = { pid: process.pid, user: 'root', command: 'watch', since: new Date().toISOString() };
  await expect(take(vm, holder)).rejects.toMatchObject({
    code: 'held',
    message: /is on its way by a drain$/,
  });
  await (await take(others, holder)).release();
  await (await take(randomUUID(), holder)).release();

  await database.query("update fleet.move set state = 'moved', ended = now() where vm = $1", [vm]);
  await (await take(vm, holder)).release();
});
