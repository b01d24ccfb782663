/** A database on a PostgreSQL of the test's own, whose connections are cut. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from './database.ts';
import { EmbeddedServer } from './embedded-server.ts';

let folder: string;
let server: EmbeddedServer;
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-database-'));
  server = await EmbeddedServer.start(path.join(folder, 'store'));
}, 120_000);
afterAll(async () => {
  await server.close();
  fs.rmSync(folder, { recursive: true });
});

const CUT =
  'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename = current_user';

test('a connection that is cut in the very moment in which it is handed on ends no process', async () => {
  await using database = Database.of(server);
  await using other = Database.of(server);
  const uncaught: unknown[] = [];
  const hear = (error: unknown) => void uncaught.push(error);
  process.on('uncaughtException', hear);
  try {
    for (let time = 0; time < 15; time += 1) {
      // More than there are connections: each is handed on as soon as it is free, with whatever came along with its last answer.
      const asked = Array.from({ length: 40 }, () => [
        database.query('select count(*) from generate_series(1, 20000)').catch(() => {}),
        database.transaction(async (within) => await within.query('select 1')).catch(() => {}),
      ]);
      await other.query(CUT).catch(() => {});
      await Promise.all(asked.flat());
    }
    expect(uncaught).toEqual([]);
  } finally {
    process.off('uncaughtException', hear);
  }
});
