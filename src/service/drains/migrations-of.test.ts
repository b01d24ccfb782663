import { expect, test } from 'vitest';
import type { LiveMigrations } from '../live-migrations.ts';
import { migrationsOf } from './migrations-of.ts';

const [EARLY, LATE] = ['20261130T074000.000-web-aaaa', '20261130T074100.000-web-bbbb'];
const move = (id: string, more: object = {}) => ({
  ...{ id, vm: `vm of ${id}`, source: 'a', isForeign: false, tries: 1 },
  ...more,
});

function live(...views: readonly object[]): Pick<LiveMigrations, 'all'> {
  return { all: () => views.map((view) => ({ view })) as unknown as ReturnType<LiveMigrations['all']> };
}

test('of this service, or of another one on its database: whichever is the newest', async () => {
  const asked: string[] = [];
  const known = {
    live: live(
      { id: LATE, correlationId: 'gone on with here', vmUuid: 'v', vm: 'a#v' },
      { id: EARLY, correlationId: 'tried again elsewhere', vmUuid: 'w', vm: 'a#w' },
      { id: 'foreign', correlationId: null, vmUuid: 'vm of foreign', vm: 'a#x' },
    ),
    migrations: {
      ofMoves: async (moves: readonly { readonly move: string }[]) => {
        asked.push(...moves.map((each) => each.move));
        return new Map([
          ['gone on with here', EARLY],
          ['tried again elsewhere', LATE],
          ['elsewhere', EARLY],
        ]);
      },
    },
  };
  const moves = [
    ...['gone on with here', 'tried again elsewhere', 'elsewhere', 'nowhere'].map((id) => move(id)),
    move('waits', { tries: 0 }),
    move('foreign', { isForeign: true }),
  ];
  expect(Object.fromEntries(await migrationsOf(moves, known))).toEqual({
    'gone on with here': LATE,
    'tried again elsewhere': LATE,
    elsewhere: EARLY,
    foreign: 'foreign',
  });
  // Those that have not begun have none anywhere.
  expect(asked).toEqual(['gone on with here', 'tried again elsewhere', 'elsewhere', 'nowhere']);
});
