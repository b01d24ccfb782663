/** What a drain came to, held against the hosts' own record, never against what the engine believes. */
import { type Drain, type Phase, phaseOf } from '../../src/drain/state.ts';
import { readDrain } from '../../src/fleet/drain-rows.ts';
import { viewOf } from '../../src/fleet/drain-view.ts';
import type { Fleet } from './fleet.ts';
import type { Troubles } from './troubles.ts';

/** Of one drain, with all that is tried again, on a machine that has other things to do as well. */
const ENDS_WITHIN_MS = 300_000;
/** Until what others did is told. */
const NEWS_MS = 4000;

export interface Ended {
  readonly host: string;
  readonly drain: string;
  readonly kind: Drain['kind'];
  readonly phase: Phase;
  readonly tookMs: number;
  /** A sentence each. */
  readonly wrong: readonly string[];
}

/** @returns undefined while it goes on */
export async function endOf(
  fleet: Fleet,
  troubles: Troubles,
  host: string,
  drain: string,
  tookMs: number,
): Promise<Ended | undefined> {
  // Connections are cut now and then.
  const rows = await readDrain(fleet.database, drain).catch(() => undefined);
  if (!rows) return undefined;
  const view = viewOf(rows);
  const phase = phaseOf(view, rows.drain.nowMs);
  const ended = { host, drain, kind: view.kind, phase, tookMs };
  if (tookMs > ENDS_WITHIN_MS) {
    const states = [...view.vms.values()].map(({ name, state }) => `${name} ${JSON.stringify(state)}`);
    return { ...ended, wrong: [`it is ${phase} after five minutes: ${states.join(', ')}`] };
  }
  if (phase !== 'empty' && phase !== 'blocked' && phase !== 'ended') return undefined;
  const isOld = (name: string) => performance.now() - (troubles.touchedMs.get(name) ?? 0) > NEWS_MS;
  if (phase !== 'ended' && ![host, ...view.vms.keys()].every(isOld)) return undefined;
  return { ...ended, wrong: wrongIn(fleet, host, view, phase) };
}

function wrongIn({ world, hosts }: Fleet, host: string, view: Drain, phase: Phase): string[] {
  const there = world.on(host).map(({ uuid }) => uuid);
  const wrong = [...view.vms.values()].flatMap(({ uuid, state }) => {
    const at = world.hostOf(uuid);
    if (at !== undefined && !hosts.includes(at)) return [`${uuid} is on no host`];
    // What is to come back is somewhere else, and once a drain has ended others move its VMs.
    if (view.kind === 'return' || phase === 'ended') return [];
    // One that has arrived may have gone on with another drain, and one that is gone may have come back with it.
    if (state.is === 'moved') return at === host && !there.includes(uuid) ? [`${uuid} is nowhere`] : [];
    if (state.is === 'held' || state.is === 'left')
      return at === host ? [] : [`${uuid} is ${state.is} there, and is at ${at}`];
    return [];
  });
  const moving = [...view.vms.values()].filter(({ state }) => state.is === 'moving');
  if (phase === 'ended' && moving.length > 0) wrong.push('it has ended, and VMs of it are on their way');
  if (phase === 'empty' && there.length > 0) wrong.push(`it is empty, and has ${there.join(', ')}`);
  if (view.kind === 'drain' && phase === 'blocked' && there.length === 0)
    wrong.push('it is blocked, and has no VM');
  return wrong;
}
