/**
 * Many drains with faults: hosts in memory, a real PostgreSQL, and controllers in processes of their own. What is drawn comes from a
 * seed; which controller meets what is up to the machine, so a seed is not the same run again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readDrain } from '../../src/fleet/drain-rows.ts';
import { parseDrainSettings } from '../../src/fleet/drain-settings.ts';
import { releaseDrain } from '../../src/fleet/drains.ts';
import { beginReturn } from '../../src/fleet/return-drain.ts';
import { Fleet } from './fleet.ts';
import { type Ended, endOf } from './judge.ts';
import { patiently } from './patiently.ts';
import { Troubles } from './troubles.ts';

const AT_ONCE = 35;
const TROUBLE_EVERY_MS = 700;
const LOOK_EVERY_MS = 250;
const TELL_EVERY_MS = 15_000;
const TIMES = { leaseMs: 3000, roundMs: 200, reconcileMs: 500, keepMs: 300, lookMs: 500 };
const RETURNS_SHARE = 0.3;

export interface DrainsTask {
  readonly seed: number;
  /** So many drains are begun at the most. */
  readonly most: number;
  /** From then on none is begun. */
  isEnough(): boolean;
  /** How far it is, and what is wrong. */
  tell(words: string): void;
}

export interface DrainsFound {
  readonly ended: readonly Ended[];
  /** How many VMs arrived somewhere. */
  readonly moves: number;
  readonly troubles: Readonly<Record<string, number>>;
  /** What the hosts had to refuse: a sentence each. */
  readonly refused: readonly string[];
  /** Hosts of which two drains were there at once: a sentence each. */
  readonly twice: readonly string[];
  readonly mostOut: number;
  readonly mostIn: number;
  /** Units that are held although nothing runs any more. */
  readonly claims: number;
}

export async function exploreDrains(task: DrainsTask): Promise<DrainsFound> {
  await using fleet = await Fleet.make({ hosts: 120, vmsOfHost: 4, times: TIMES, seed: task.seed });
  const troubles = new Troubles(fleet);
  await troubles.revive();
  const ended: Ended[] = [];
  const begunMs = new Map<string, number>();
  let begun = 0;
  let [troubleMs, toldMs] = [performance.now(), performance.now()];
  for (;;) {
    const many = Math.min(AT_ONCE, fleet.draining.size + task.most - begun);
    if (!task.isEnough())
      for (const host of await fleet.drainUpTo(many, (each) => troubles.prepare(each))) {
        begunMs.set(host, performance.now());
        begun += 1;
      }
    if (fleet.draining.size === 0) break;
    if (performance.now() - troubleMs > TROUBLE_EVERY_MS) {
      troubleMs = performance.now();
      await troubles.next();
      await troubles.revive();
      await hurry(fleet);
    }
    for (const [host, drain] of fleet.draining) {
      const end = await endOf(fleet, troubles, host, drain, performance.now() - (begunMs.get(host) ?? 0));
      if (!end) continue;
      for (const words of end.wrong) task.tell(`${host}: ${words}\n${await storyOf(fleet, drain)}`);
      ended.push(end);
      fleet.draining.delete(host);
      const back = await settle(fleet, end);
      if (back === undefined) continue;
      fleet.draining.set(host, back);
      fleet.returning.add(back);
      begunMs.set(host, performance.now());
    }
    await sleep(LOOK_EVERY_MS);
    if (performance.now() - toldMs < TELL_EVERY_MS) continue;
    toldMs = performance.now();
    task.tell(`${ended.length} drains have ended, ${fleet.draining.size} go on`);
  }
  await troubles.over();
  const claims = await untilFree(fleet);
  const { arrived: moves, refused, mostOut, mostIn } = fleet.world;
  return { ended, moves, troubles: troubles.counts, refused, twice: troubles.twice, mostOut, mostIn, claims };
}

/** How many came to what, such as `drain empty`. */
export function cameTo(ended: readonly Ended[]): Readonly<Record<string, number>> {
  const phases = Object.groupBy(ended, ({ kind, phase }) => `${kind} ${phase}`);
  return Object.fromEntries(Object.entries(phases).map(([phase, all = []]) => [phase, all.length]));
}

/** Its host may be moved to again; what left an empty one may come back first. @returns the id of that */
async function settle(
  { database, random }: Fleet,
  { drain, kind, phase }: Ended,
): Promise<string | undefined> {
  const returns = kind === 'drain' && phase === 'empty' && random.next() < RETURNS_SHARE;
  const rows = returns ? await patiently(async () => await readDrain(database, drain)) : undefined;
  if (rows) {
    const settings = parseDrainSettings(rows.drain.settings);
    const back = await patiently(
      async () => await beginReturn(database, { ...rows.drain, settings }, { by: 'explore' }),
    );
    if (back) return back.id;
  }
  await patiently(async () => await releaseDrain(database, drain));
  return undefined;
}

/** What waits for its next try is tried now. */
async function hurry({ database }: Fleet): Promise<void> {
  await database
    .query(
      "update fleet.move set next_try = now() where state = 'queued' and next_try > now() + interval '2 s'",
    )
    .catch(() => []);
}

/** By the engine's own record, for a person who wants to know how it came about. */
async function storyOf({ database }: Fleet, drain: string): Promise<string> {
  const rows = await patiently(
    async () =>
      await database.query<{ line: string }>(
        `select to_char(event.at, 'HH24:MI:SS.MS') || ' ' || event.kind || coalesce(' ' || move.vm, '') || ' ' || event.data as line
         from fleet.event left join fleet.move on move.id = event.move
         where event.drain = $1 or move.drain = $1 order by event.id`,
        [drain],
      ),
  );
  return rows.map(({ line }) => `    ${line}`).join('\n');
}

/** @returns how many units are held although nothing runs */
async function untilFree({ database, world }: Fleet): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    const rows = await database.query('select from fleet.claim').catch(() => [{}]);
    if (rows.length === 0 || (attempt > 80 && world.runningCount === 0)) return rows.length;
    await sleep(LOOK_EVERY_MS);
  }
}
