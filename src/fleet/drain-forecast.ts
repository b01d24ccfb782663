/** When those that can leave will have left, from a drain's rows, from its plan, and from how what has ended compared to it. Pure. */
import { expectedMs } from '../drain/facts.ts';
import type { Openings } from '../drain/openings.ts';
import type { Estimate } from '../model/interval.ts';
import { UnitError } from '../model/units.ts';
import { Random } from '../simulate/random.ts';
import type { DrainDetail } from './drain-detail.ts';
import type { DrainRow, DrainRows, MoveRow } from './drain-rows.ts';
import { type DrainSettings, parseDrainSettings } from './drain-settings.ts';
import { openingsOf } from './drain-window.ts';
import type { KeptPlan } from './kept-plan.ts';
import { atPace, paceOf, type Ride } from './pace.ts';
import { type LeavingVm, timeLeftMs } from './time-left.ts';

export interface DrainShown {
  readonly rows: DrainRows;
  readonly detail: DrainDetail;
  readonly plan: KeptPlan;
  /** In which it begins moves, in milliseconds from `rows.drain.nowMs`; undefined: it does at any time. */
  readonly openings: Openings | undefined;
}

/** By what is written down of it, and what follows. @returns undefined: it begins moves at any time */
export async function openingsOn({
  opensMs,
  closesMs,
  nowMs,
  settings,
}: Pick<DrainRow, 'opensMs' | 'closesMs' | 'nowMs' | 'settings'>): Promise<Openings | undefined> {
  // What comes back does so at any time, whatever windows it left in.
  if (opensMs === null || closesMs === null) return undefined;
  const written = { opensMs, closesMs };
  try {
    return await openingsOf(settingsOf(settings)?.windows ?? [], nowMs, written);
  } catch (error) {
    // A newer switchover wrote them: of that it is known which is written down.
    if (error instanceof UnitError) return await openingsOf([], nowMs, written);
    throw error;
  }
}

/**
 * @param state of the drain, as it is told
 * @returns instants of the database's clock, in milliseconds since 1970; undefined: it is over, or not known
 */
export function forecastEndOf(shown: DrainShown, state: string): Estimate | undefined {
  const { rows, detail, plan, openings } = shown;
  const { drain, moves } = rows;
  const settings = settingsOf(drain.settings);
  // Of what waits for a program nobody knows for how long; a window says when it opens.
  const isTimed =
    state === 'draining' || state === 'paused' || (state === 'waiting' && isBeforeWindow(drain));
  if (!settings || !isTimed) return undefined;
  const pace = paceOf(ridesOf(shown), drain.nowMs);
  const leaving: LeavingVm[] = [];
  let calmUntilMs = 0;
  let calmSoonestMs = 0;
  for (const move of moves) {
    const { vm, state: is, destination, waitsCalm, calmUntilMs: untilMs, expectsMs } = move;
    const runs = is === 'admitted' || is === 'starting' || is === 'moving';
    if (!runs && is !== 'queued') continue;
    if (is === 'queued' && drain.intent === 'cancelled') continue;
    const forecast = plan.get(vm);
    // It may begin as its time is over only, and what it takes then comes on top.
    if (is === 'queued' && waitsCalm) {
      const lastMs = forecast ? expectedMs(forecast, 1) : expectsMs;
      if (lastMs === null || untilMs === null) return undefined;
      calmUntilMs = Math.max(calmUntilMs, untilMs) + lastMs;
      calmSoonestMs += lastMs;
      if (!forecast) continue;
    }
    if (!forecast) return undefined;
    const beginsMs = detail.moves.get(vm)?.beginsMs ?? drain.nowMs;
    leaving.push({
      ...{ uuid: vm, forecast: atPace(forecast, pace), to: runs ? (destination ?? undefined) : undefined },
      expectsMs: expectedMs(forecast, settings.atATime),
      noticeMs: runs ? noticeLeftMs(move, drain) : forecast.noticeMs,
      runningMs: runs ? Math.max(0, drain.nowMs - beginsMs) : undefined,
    });
  }
  if (leaving.length === 0)
    return calmUntilMs === 0
      ? undefined
      : { low: Math.min(drain.nowMs + calmSoonestMs, calmUntilMs), middle: calmUntilMs, high: calmUntilMs };
  // The same numbers each time: what is told moves with what happens only.
  const random = new Random(leaving.length);
  const destinations = settings.to.map(({ uri }) => uri);
  const left = timeLeftMs(
    leaving,
    { host: drain.host, destinations, atATime: settings.atATime, openings },
    () => random.next(),
  );
  if (!left) return undefined;
  const { low, middle, high } = left;
  return {
    low: drain.nowMs + low,
    middle: Math.max(drain.nowMs + middle, calmUntilMs),
    high: Math.max(drain.nowMs + high, calmUntilMs),
  };
}

function noticeLeftMs({ noticeUntilMs }: MoveRow, { nowMs }: DrainRow): number {
  return noticeUntilMs === null ? 0 : Math.max(0, noticeUntilMs - nowMs);
}

function isBeforeWindow({ opensMs, nowMs }: DrainRow): boolean {
  return opensMs !== null && nowMs < opensMs;
}

/** What is to be thought of a deadline by such an end: `doubtful` where it lies within its bounds. */
export function deadlineVerdict(
  { middle, high }: Estimate,
  deadlineMs: number,
): 'holds' | 'doubtful' | 'missed' {
  if (middle > deadlineMs) return 'missed';
  return high > deadlineMs ? 'doubtful' : 'holds';
}

/** Of what had to be tried again the last try alone is known, and one that failed says nothing of the others. */
function ridesOf({ rows, detail, plan }: Pick<DrainShown, 'rows' | 'detail' | 'plan'>): Ride[] {
  return rows.moves.flatMap(({ vm, state, way, isForeign }) => {
    const { beginsMs = null, endedMs = null } = detail.moves.get(vm) ?? {};
    const forecast = plan.get(vm);
    const isRide = state === 'moved' || state === 'starting' || state === 'moving';
    if (!isRide || way !== 'move' || isForeign || !forecast || beginsMs === null) return [];
    return [{ forecast, fromMs: beginsMs, toMs: state === 'moved' ? (endedMs ?? undefined) : undefined }];
  });
}

/** Undefined: a newer switchover wrote them. */
export function settingsOf(settings: unknown): DrainSettings | undefined {
  try {
    return parseDrainSettings(settings);
  } catch {
    return undefined;
  }
}
