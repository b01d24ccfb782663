/** When those that can leave will have left, from a drain's rows, from its plan, and from how what has ended compared to it. Pure. */
import type { Estimate } from '../model/interval.ts';
import { Random } from '../simulate/random.ts';
import type { DrainDetail } from './drain-detail.ts';
import type { DrainRows } from './drain-rows.ts';
import { type DrainSettings, parseDrainSettings } from './drain-settings.ts';
import type { KeptPlan } from './kept-plan.ts';
import { atPace, paceOf, type Ride } from './pace.ts';
import { type LeavingVm, timeLeftMs } from './time-left.ts';

export interface DrainShown {
  readonly rows: DrainRows;
  readonly detail: DrainDetail;
  readonly plan: KeptPlan;
}

/**
 * @param state of the drain, as it is told
 * @returns instants of the database's clock, in milliseconds since 1970; undefined: it is over, or not known
 */
export function forecastEndOf({ rows, detail, plan }: DrainShown, state: string): Estimate | undefined {
  const { drain, moves } = rows;
  const settings = settingsOf(drain.settings);
  if (!settings || (state !== 'draining' && state !== 'paused')) return undefined;
  const pace = paceOf(ridesOf({ rows, detail, plan }), drain.nowMs);
  const leaving: LeavingVm[] = [];
  for (const { vm, state: is, destination, noticeUntilMs } of moves) {
    // While its guest has its notice it has its place, and nothing of it has begun.
    const waits = is === 'queued' || (is === 'admitted' && noticeUntilMs !== null);
    const runs = !waits && (is === 'admitted' || is === 'starting' || is === 'moving');
    if (!runs && !waits) continue;
    if (is === 'queued' && drain.intent === 'cancelled') continue;
    const forecast = plan.get(vm);
    if (!forecast) return undefined;
    const beginsMs = detail.moves.get(vm)?.beginsMs ?? drain.nowMs;
    leaving.push({
      ...{ uuid: vm, forecast: atPace(forecast, pace), to: runs ? (destination ?? undefined) : undefined },
      runningMs: runs ? Math.max(0, drain.nowMs - beginsMs) : undefined,
    });
  }
  if (leaving.length === 0) return undefined;
  // The same numbers each time: what is told moves with what happens only.
  const random = new Random(leaving.length);
  const { low, middle, high } = timeLeftMs(
    leaving,
    { host: drain.host, destinations: settings.to.map(({ uri }) => uri), atATime: settings.atATime },
    () => random.next(),
  );
  return { low: drain.nowMs + low, middle: drain.nowMs + middle, high: drain.nowMs + high };
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
function ridesOf({ rows, detail, plan }: DrainShown): Ride[] {
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
