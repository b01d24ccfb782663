/**
 * A thousand drains with faults: hosts in memory, a real PostgreSQL, and controllers in processes of their own, that are killed and
 * frozen. What each came to is held against the hosts' own record, never against what the engine believes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Drain, phaseOf } from '../src/drain/state.ts';
import { readDrain } from '../src/fleet/drain-rows.ts';
import { viewOf } from '../src/fleet/drain-view.ts';
import { releaseDrain } from '../src/fleet/drains.ts';
import { Fleet } from './fleet/fleet.ts';
import { Troubles } from './fleet/troubles.ts';
import { atLeast, atMost, type BenchResult, spread } from './goals.ts';

const AT_ONCE = 35;
const TROUBLE_EVERY_MS = 700;
const LOOK_EVERY_MS = 250;
/** Of one drain, with all that is tried again. */
const ENDS_WITHIN_MS = 120_000;
/** Until what others did is told. */
const NEWS_MS = 4000;
const TIMES = { leaseMs: 3000, roundMs: 200, reconcileMs: 500, keepMs: 300, lookMs: 500 };

interface Ended {
  readonly host: string;
  readonly phase: string;
  readonly tookMs: number;
  /** A sentence each. */
  readonly wrong: readonly string[];
}

export async function run({ quick }: { readonly quick: boolean }): Promise<BenchResult> {
  const wanted = quick ? 60 : 1000;
  await using fleet = await Fleet.make({ hosts: 120, vmsOfHost: 4, times: TIMES, seed: Date.now() });
  const troubles = new Troubles(fleet);
  await troubles.revive();
  const ended: Ended[] = [];
  const begunMs = new Map<string, number>();
  let troubleMs = performance.now();
  let toldMs = performance.now();
  while (ended.length < wanted) {
    for (const host of await fleet.drainUpTo(Math.min(AT_ONCE, wanted - ended.length), (each) =>
      troubles.prepare(each),
    ))
      begunMs.set(host, performance.now());
    if (performance.now() - troubleMs > TROUBLE_EVERY_MS) {
      troubleMs = performance.now();
      await troubles.next();
      await troubles.revive();
      await hurry(fleet);
    }
    for (const [host, id] of fleet.draining) {
      const end = await endOf(fleet, troubles, host, id, performance.now() - (begunMs.get(host) ?? 0));
      if (!end) continue;
      for (const words of end.wrong) process.stderr.write(`bench: ${host}: ${words}\n`);
      ended.push(end);
      await releaseDrain(fleet.database, id);
      fleet.draining.delete(host);
    }
    await sleep(LOOK_EVERY_MS);
    if (performance.now() - toldMs < 15_000) continue;
    toldMs = performance.now();
    process.stderr.write(`bench: ${ended.length} of ${wanted} drains have ended\n`);
  }
  const { world } = fleet;
  const claims = await untilFree(fleet);
  const phases = Object.groupBy(ended, ({ phase }) => phase);
  return {
    bench: 'drains',
    figures: {
      drains: ended.length,
      came: Object.fromEntries(Object.entries(phases).map(([phase, all = []]) => [phase, all.length])),
      moves: world.arrived,
      tookMs: spread(ended.map(({ tookMs }) => tookMs)),
      ...{ troubles: troubles.counts, refused: world.refused, mostOut: world.mostOut, mostIn: world.mostIn },
    },
    goals: [
      atLeast('drains', ended.length, '', wanted),
      atMost('drains that came to no true end', ended.filter(({ wrong }) => wrong.length > 0).length, '', 0),
      atMost('moves of a VM that was on its way already', world.refused.length, '', 0),
      atMost('moves out of a host at once', world.mostOut, '', 4),
      atMost('moves into a host at once', world.mostIn, '', 4),
      atMost('units that are still held once nothing runs', claims, '', 0),
    ],
  };
}

/** @returns undefined while it goes on */
async function endOf(
  fleet: Fleet,
  troubles: Troubles,
  host: string,
  id: string,
  tookMs: number,
): Promise<Ended | undefined> {
  // Connections are cut now and then.
  const rows = await readDrain(fleet.database, id).catch(() => undefined);
  if (!rows) return undefined;
  const view = viewOf(rows);
  const phase = phaseOf(view, rows.drain.nowMs);
  const isOld = (name: string) => performance.now() - (troubles.touchedMs.get(name) ?? 0) > NEWS_MS;
  if (tookMs > ENDS_WITHIN_MS) {
    const states = [...view.vms.values()].map(({ name, state }) => `${name} ${JSON.stringify(state)}`);
    return { host, phase, tookMs, wrong: [`it is ${phase} after two minutes: ${states.join(', ')}`] };
  }
  if ((phase !== 'empty' && phase !== 'blocked') || !isOld(host)) return undefined;
  if ([...view.vms.keys()].some((vm) => !isOld(vm))) return undefined;
  return { host, phase, tookMs, wrong: wrongIn(fleet, host, view, phase) };
}

function wrongIn({ world, hosts }: Fleet, host: string, view: Drain, phase: string): string[] {
  const there = world.on(host).map(({ uuid }) => uuid);
  const wrong = [...view.vms.values()].flatMap(({ uuid, state }) => {
    const at = world.hostOf(uuid);
    // One that has arrived may have gone on with another drain, and one that is gone may have come back with it.
    if (state.is === 'moved') return at === host && !there.includes(uuid) ? [`${uuid} is nowhere`] : [];
    if (state.is === 'held') return at === host ? [] : [`${uuid} is held there, and is at ${at}`];
    return [];
  });
  if (phase === 'empty' && there.length > 0) wrong.push(`it is empty, and has ${there.join(', ')}`);
  if (phase === 'blocked' && there.length === 0) wrong.push('it is blocked, and has no VM');
  const lost = [...view.vms.keys()].filter((vm) => {
    const at = world.hostOf(vm);
    return at !== undefined && !hosts.includes(at);
  });
  return [...wrong, ...lost.map((vm) => `${vm} is on no host`)];
}

/** What waits for its next try is tried now. */
async function hurry({ database }: Fleet): Promise<void> {
  await database
    .query(
      "update fleet.move set next_try = now() where state = 'queued' and next_try > now() + interval '2 s'",
    )
    .catch(() => []);
}

/** @returns how many units are held although nothing runs */
async function untilFree({ database, world }: Fleet): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    const rows = await database.query('select from fleet.claim').catch(() => [{}]);
    if (rows.length === 0 || (attempt > 80 && world.runningCount === 0)) return rows.length;
    await sleep(LOOK_EVERY_MS);
  }
}
