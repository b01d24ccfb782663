/** Which migrations are those of a drain's moves: of this service, or of another one on the same database. */
import type { MoveRow } from '../../fleet/drain-rows.ts';
import type { LiveMigrations } from '../live-migrations.ts';
import type { Migrations } from '../migrations.ts';

interface Known {
  readonly live: Pick<LiveMigrations, 'all'>;
  readonly migrations: Pick<Migrations, 'ofMoves'>;
}

type Moved = Pick<MoveRow, 'id' | 'vm' | 'source' | 'isForeign' | 'tries'>;

/** By the move's id, the newest: one that is tried again has had one before, and a controller may have gone on with another's. */
export async function migrationsOf(
  moves: readonly Moved[],
  { live, migrations }: Known,
): Promise<ReadonlyMap<string, string>> {
  const begun = moves.filter(({ isForeign, tries }) => !isForeign && tries > 0);
  const elsewhere = await migrations.ofMoves(begun.map(({ id, vm }) => ({ vm, move: id })));
  const here = live.all();
  return new Map(
    moves.flatMap(({ id: move, vm, source, isForeign }) => {
      // Others that began one know nothing of ours.
      const ours = here.find(({ view }) =>
        isForeign ? view.vmUuid === vm && view.vm.startsWith(source) : view.correlationId === move,
      )?.view.id;
      const found = [ours, elsewhere.get(move)].filter((id) => id !== undefined);
      // Ids begin with the time at which their migrations did.
      const newest = found.toSorted().at(-1);
      return newest === undefined ? [] : [[move, newest]];
    }),
  );
}
