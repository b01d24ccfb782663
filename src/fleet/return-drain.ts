/**
 * What left a host comes back: a drain of its own kind, from wherever its VMs are now, by the same engine, limits and pre-flights.
 * What somebody has moved since stays where it is. What was shut down to return is started again.
 */
import { DrainError } from '../drain/reduce.ts';
import type { Stage } from '../drain/stages.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { setWidths } from './begin-drain.ts';
import type { DrainRow } from './drain-rows.ts';
import { type DrainSettings, linkFrom, parseDrainSettings } from './drain-settings.ts';
import { queue } from './drains.ts';
import { tell } from './events.ts';
import { ACTIVE_STATES, MOVE_COLUMNS, type Move } from './move.ts';
import { inTransaction, lockClaims } from './transaction.ts';

export interface WantedReturn {
  readonly by: string;
  /** The host, as those reach it that its VMs are on; left out: by the drain's own name for it. */
  readonly to?: DrainSettings['to'][number];
  /** Stages of which whoever carries it out has to have a program; left out: none, whatever the drain needed. */
  readonly hooks?: readonly Stage[];
  /** Only what was shut down is started again, and nothing is moved. */
  readonly onlyStart?: boolean;
}

const LONGEST_MS = 15_000;

/** Of each VM what became of it last, where it did leave and has not come back yet. */
const LEFT = `
select move.* from (
  select distinct on (vm) * from fleet.move where drain = $1 order by vm, created desc
) as move
where (state = 'moved' or (state = 'off' and way = 'shutdown-and-return')) and not exists (
  select from fleet.move as back join fleet.drain on drain.id = back.drain
  where drain.returns_of = $1 and back.vm = move.vm and back.state = 'moved'
)`;

interface LeftRow extends Move {
  readonly priority: number;
}

/**
 * Ends the drain, too, if it has not ended. One that is returning already is gone on with.
 * @returns undefined where there is nothing to bring back; then nothing is changed
 * @throws {DrainError} while VMs of it are on their way @throws {StoreError}
 */
export async function beginReturn(
  database: Database,
  { id: drain, host, settings, priority }: Pick<DrainRow, 'id' | 'host' | 'settings' | 'priority'>,
  wish: WantedReturn,
): Promise<{ readonly id: string; readonly isNew: boolean } | undefined> {
  const asked = parseDrainSettings(settings);
  const to = [wish.to ?? { uri: host }];
  const hooks = (wish.hooks ?? []).filter((stage) => stage.endsWith('-vm'));
  const returning: DrainSettings = { ...asked, to, hooks, returns: false, isReturn: true };
  const { begun, sources } = await inTransaction(database, LONGEST_MS, async (within) => {
    await lockClaims(within);
    const [running] = await within.query<{ id: string }>(
      "select id from fleet.drain where host = $1 and kind = 'return' and ended is null",
      [host],
    );
    if (running) return { begun: { id: running.id, isNew: false }, sources: [] };
    const active = await within.query(
      `select from fleet.move where drain = $1 and state in (${ACTIVE_STATES})`,
      [drain],
    );
    if (active.length > 0)
      throw new DrainError(
        `${active.length === 1 ? '1 VM is' : `${active.length} VMs are`} on the way still: wait for that, or \`switchover drain cancel ${host} --abort-running\``,
      );
    const left = (await leftOf(within, drain)).filter(({ way }) => !wish.onlyStart || way !== 'move');
    if (left.length === 0) return { begun: undefined, sources: [] };
    await endFor(within, drain, wish.onlyStart === true);
    const [made] = await within.query<{ id: string }>(
      `insert into fleet.drain (host, kind, returns_of, requested_by, settings, priority)
       values ($1, 'return', $2, $3, $4, $5) returning id`,
      [host, drain, wish.by, JSON.stringify(returning), priority],
    );
    const { id } = made as { id: string };
    await tell(within, { kind: 'return-begun', drain: id, data: { host, of: drain, by: wish.by } });
    const moves = left.map((move) => backOf(move));
    await queue(within, id, moves);
    return { begun: { id, isNew: true }, sources: moves.map(({ source }) => source) };
  });
  for (const source of new Set(sources)) await setWidths(database, source, returning);
  return begun;
}

/** What a release means for what left: what was shut down to return is started; the rest comes back where that was asked for. */
export async function returnWished(
  database: Database,
  drain: Pick<DrainRow, 'id' | 'host' | 'settings' | 'priority' | 'requestedBy'>,
): Promise<{ readonly id: string } | undefined> {
  const { returns = false } = parseDrainSettings(drain.settings);
  return await beginReturn(database, drain, { by: drain.requestedBy, onlyStart: !returns });
}

async function leftOf(within: Queryable, drain: string): Promise<readonly LeftRow[]> {
  const rows = await within.query<{ id: string; priority: number }>(
    `select id, priority from (${LEFT}) as gone order by priority desc, position`,
    [drain],
  );
  const moves = await within.query<Move>(`select ${MOVE_COLUMNS} from fleet.move where id = any($1)`, [
    rows.map(({ id }) => id),
  ]);
  const byId = new Map(moves.map((move) => [move.id, move]));
  return rows.flatMap(({ id, priority }) => {
    const move = byId.get(id);
    return move ? [{ ...move, priority }] : [];
  });
}

function backOf(move: LeftRow) {
  const { vm, name, memoryBytes, calmAmong, cluster, priority, apart, stated, decidedBy } = move;
  const isOff = move.state === 'off';
  const source = isOff ? move.source : (move.destination ?? move.source);
  return {
    ...{ vm, name, memoryBytes, calmAmong, cluster, priority, apart, stated, decidedBy, source },
    link: linkFrom(source),
    way: isOff ? ('start' as const) : ('move' as const),
  };
}

/** The drain is over: what still waited in it is let go of. */
async function endFor(within: Queryable, drain: string, isRelease: boolean): Promise<void> {
  await within.query(
    `update fleet.move set state = 'cancelled', ended = clock_timestamp() where drain = $1 and state in ('queued', 'held')`,
    [drain],
  );
  await within.query(
    `update fleet.drain set state = 'ended', outcome = case when $2 and outcome is not null then outcome
         when $2 then 'released' else 'returned' end, ended = coalesce(ended, clock_timestamp()), revision = revision + 1
     where id = $1`,
    [drain, isRelease],
  );
}
