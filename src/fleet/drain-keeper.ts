/**
 * Keeps drains true: asks each host that is being emptied what is there, and writes what the rules (`src/drain`) make of it.
 * Any controller does it; one at a time of a drain, since it writes down when it last looked.
 *
 * The rows are read before the host is asked. A VM that leaves in between is one that moves by what was read, and of such a
 * one a look says nothing.
 */

import type { Config } from '../config/config.ts';
import { beginNow } from '../drain/calm.ts';
import { reduce } from '../drain/reduce.ts';
import type { Drain } from '../drain/state.ts';
import { isDone, isEmpty, phaseOf } from '../drain/state.ts';
import type { Database } from '../postgres/database.ts';
import { boundOf, leftOf } from './calm-bound.ts';
import type { DrainHosts, HostSeen } from './drain-hosts.ts';
import { type DrainRow, type DrainRows, type MoveRow, readDrain } from './drain-rows.ts';
import { parseDrainSettings } from './drain-settings.ts';
import { viewOf } from './drain-view.ts';
import { keepWindow } from './drain-window.ts';
import { endDrain, type NewMove, queueMoves } from './drains.ts';
import { tell } from './events.ts';
import { dueHostHook, type HostHooks } from './host-hooks.ts';
import { HeldLooks, markOf, mayLookAgain, takeUpAgain } from './look-again.ts';
import { foundMoveOf } from './new-move.ts';
import { returnWished } from './return-drain.ts';
import { inTransaction } from './transaction.ts';

interface KeeperParts {
  readonly database: Database;
  readonly hosts: DrainHosts;
  config(): Config;
  readonly hostHooks: HostHooks;
  /** How often each host is asked. */
  readonly everyMs: number;
}

const LONGEST_MS = 15_000;

export class DrainKeeper {
  private readonly parts: KeeperParts;
  private readonly held = new HeldLooks();

  constructor(parts: KeeperParts) {
    this.parts = parts;
  }

  /** All whose time has come. @throws {StoreError} */
  async keep(): Promise<void> {
    const due = await this.parts.database.query<{ id: string }>(
      `update fleet.drain set looked = clock_timestamp()
       where ended is null and coalesce(looked < clock_timestamp() - $1 * interval '1 ms', true) returning id`,
      [this.parts.everyMs],
    );
    // One that does not answer holds up none of the others.
    await Promise.all(due.map(async ({ id }) => await this.keepOne(id)));
  }

  private async keepOne(id: string): Promise<void> {
    const { database, hosts } = this.parts;
    const rows = await readDrain(database, id);
    if (!rows || rows.drain.state === 'ended') return;
    await keepWindow(database, rows.drain, parseDrainSettings(rows.drain.settings));
    // What comes back is told by its moves alone.
    if (rows.drain.kind === 'return') {
      await this.settle(id);
      return;
    }
    let seen: HostSeen;
    try {
      seen = await hosts.look(rows.drain.host);
    } catch (error) {
      await this.trouble(rows.drain, error instanceof Error ? error.message : String(error));
      return;
    }
    await this.trouble(rows.drain, null);
    const before = viewOf(rows);
    const atMs = rows.drain.nowMs;
    // A name is asked for where it is news only.
    const running = seen.active.map((uuid) => ({ uuid, name: before.vms.get(uuid)?.name ?? uuid }));
    const after = reduce(before, { type: 'looked', atMs, running, migrations: 0 });
    await this.write(rows, before, after);
    await this.lookAgain(rows, seen);
    await this.noteEmptiness(id, seen.active.length === 0);
    const now = await readDrain(database, id);
    const due = now && dueHostHook(now.drain, isEmpty(viewOf(now)));
    if (now && due) await this.parts.hostHooks.ask(now.drain, due);
    await this.settle(id);
  }

  private async write({ drain, moves: rows }: DrainRows, before: Drain, after: Drain): Promise<void> {
    const { database } = this.parts;
    const changed = [...after.vms.values()].filter(
      ({ uuid, state }) => before.vms.get(uuid)?.state !== state,
    );
    const gone = changed.filter(({ state }) => state.is === 'gone').map(({ uuid }) => uuid);
    if (gone.length > 0)
      await inTransaction(database, LONGEST_MS, async (within) => {
        const moves = await within.query<{ id: string }>(
          `update fleet.move set state = 'gone', ended = clock_timestamp(), code = 'absent',
             words = 'it is off, or others moved it', remedy = null
           where drain = $1 and vm = any($2) and state in ('queued', 'held', 'left') returning id`,
          [drain.id, gone],
        );
        for (const { id } of moves) await tell(within, { kind: 'gone', drain: drain.id, move: id });
      });
    if (drain.intent === 'cancelled') return;
    const arrived = changed.filter(({ state }) => state.is === 'queued').map(({ uuid }) => uuid);
    const moves: NewMove[] = [];
    for (const uuid of arrived) moves.push(...(await this.newMove(drain, rows, uuid)));
    if (moves.length > 0) await queueMoves(database, drain.id, moves);
  }

  /** At what is held for something that may change. */
  private async lookAgain({ drain, moves }: DrainRows, { active }: HostSeen): Promise<void> {
    const { database, hosts, config } = this.parts;
    if (drain.intent !== 'go') return;
    const asked = parseDrainSettings(drain.settings);
    for (const move of moves.filter((each) => mayLookAgain(each) && active.includes(each.vm))) {
      const vm = await hosts.vm(move.source, move.vm).catch(() => undefined);
      if (!vm || !this.held.isDue(move, markOf(vm), drain.nowMs)) continue;
      const { vm: uuid, calmAmong } = move;
      await takeUpAgain(
        database,
        move,
        foundMoveOf(move.source, { ...vm, uuid, calmAmong }, config(), asked),
      );
    }
  }

  /** Nothing was rehearsed of it, so it has its link alone, and is looked at first where VMs wait for a calmer moment. */
  private async newMove(drain: DrainRow, moves: readonly MoveRow[], uuid: string): Promise<NewMove[]> {
    const { host, settings, nowMs, opensMs, deadlineMs } = drain;
    const vm = await this.parts.hosts.vm(host, uuid).catch(() => undefined);
    // A host lists what has just moved for a moment more: that does not run there again.
    if (!vm || (vm.hasLeft && moves.some((each) => each.vm === uuid))) return [];
    const asked = parseDrainSettings(settings);
    const move = foundMoveOf(host, { ...vm, uuid, calmAmong: 1 }, this.parts.config(), asked);
    if (asked.startWhen !== 'calm' || move.way !== 'move') return [move];
    const sinceMs = Math.max(nowMs, opensMs ?? 0);
    const untilMs = boundOf(asked, { deadlineMs, left: leftOf(moves) }, sinceMs);
    const calm = { since: new Date(sinceMs), until: new Date(untilMs), remedy: beginNow(vm.name) };
    return [{ ...move, calm: { ...calm, words: 'it is looked at first' } }];
  }

  /** At the deadline what is on its way is cancelled only where that was asked for. */
  private async abortRunning({ id, settings }: DrainRow): Promise<void> {
    if (!parseDrainSettings(settings).abortRunning) return;
    const moves = await this.parts.database.query<{ id: string }>(
      `update fleet.move set intent = 'cancel' where drain = $1 and intent = 'go' and state in ('admitted', 'starting', 'moving')
       returning id`,
      [id],
    );
    for (const move of moves) await tell(this.parts.database, { kind: 'too-late', drain: id, move: move.id });
  }

  private async trouble({ id, trouble }: DrainRow, words: string | null): Promise<void> {
    if (words === trouble) return;
    await this.parts.database.query('update fleet.drain set trouble = $2 where id = $1', [id, words]);
  }

  private async noteEmptiness(id: string, isEmpty: boolean): Promise<void> {
    await this.parts.database.query(
      isEmpty
        ? `update fleet.drain set empty_since = coalesce(empty_since, clock_timestamp()), empty_at = clock_timestamp()
           where id = $1`
        : `update fleet.drain set empty_since = null, empty_at = null, after_host = null
           where id = $1 and empty_since is not null`,
      [id],
    );
  }

  /** What the drain is now, for whoever reads the tables; and its end. */
  private async settle(id: string): Promise<void> {
    const { database } = this.parts;
    const rows = await readDrain(database, id);
    if (!rows || rows.drain.state === 'ended') return;
    const { drain } = rows;
    if (drain.deadlineMs !== null && drain.nowMs >= drain.deadlineMs) await this.abortRunning(drain);
    const view = reduce(viewOf(rows), { type: 'time', atMs: drain.nowMs });
    const isBack = drain.kind === 'return' && isDone(view);
    if (view.ended || isBack) {
      const outcome = drain.ending ?? view.ended ?? 'returned';
      if ((await endDrain(database, id, outcome)) && outcome === 'released')
        await returnWished(database, drain);
      return;
    }
    const phase = phaseOf(view, drain.nowMs);
    // That it is paused is a wish, and stands with the others.
    const state = phase === 'paused' || phase === 'ended' ? 'draining' : phase;
    if (state === drain.state) return;
    await inTransaction(database, LONGEST_MS, async (within) => {
      const changed = await within.query(
        'update fleet.drain set state = $2, revision = revision + 1 where id = $1 and ended is null and state <> $2 returning id',
        [id, state],
      );
      if (changed.length > 0) await tell(within, { kind: `drain-${state}`, drain: id });
    });
  }
}
