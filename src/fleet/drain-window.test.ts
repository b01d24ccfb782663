/** The rule of windows is written in SQL too, for admission: both say the same, whatever the times. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mayBegin } from '../drain/openings.ts';
import { Database } from '../postgres/database.ts';
import { WINDOW_LETS } from './drain-window.ts';
import { FleetServer } from './testing/fleet-database.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

const LETS = `
select ${WINDOW_LETS} as lets from jsonb_to_recordset($1) as given (nth int, opens float8, closes float8, expects float8)
cross join lateral (
  select now() + opens * interval '1 ms' as opens, now() + closes * interval '1 ms' as closes
) as drain
cross join lateral (select expects as expects_ms) as move order by nth`;

/** Around now, so that they often meet exactly. */
const drawn = fc.record({
  opens: fc.integer({ min: -4, max: 4 }),
  lasts: fc.integer({ min: 1, max: 6 }),
  expects: fc.option(fc.integer({ min: 1, max: 8 })),
});

test('admission lets moves begin that the plan has begin', async () => {
  await using database = Database.at(await server.make('windows'));
  const all = fc.sample(drawn, 600).map(({ opens, lasts, expects }, nth) => ({
    ...{ nth, opens: 1000 * opens, closes: 1000 * (opens + lasts) },
    expects: expects === null ? null : 1000 * expects,
  }));
  const rows = await database.query<{ lets: boolean }>(LETS, [JSON.stringify(all)]);
  const said = all.map(({ opens: opensMs, closes: closesMs, expects }) =>
    mayBegin({ opensMs, closesMs }, expects ?? undefined, 0),
  );
  expect(rows.map(({ lets }) => lets)).toEqual(said);
  for (const each of [true, false]) expect(said.filter((lets) => lets === each).length).toBeGreaterThan(50);
});
