/** What one VM's move is to be expected to take, alone on its link and beside others that have as much of it. */
import type { MoveFigures, VmForecast } from '../drain/facts.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import type { Interval } from '../model/interval.ts';
import { LIKELY_CASE } from '../plan/case.ts';
import { type Plan, planOf, rehearsedOn } from '../plan/plan.ts';
import type { Migrant } from '../plan/prospects.ts';
import { onLineOf, type Rehearsal, type Rehearsed, rehearse, runCase } from '../plan/rehearse.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';

export interface ForecastWish {
  readonly known: Foreknowledge;
  readonly migrant: Migrant;
  readonly kind: PolicyKind;
  readonly limits: Limits;
  /** The most moves on its link, itself included, at least 1. */
  readonly atATime: number;
}

export interface Forecast {
  readonly plan: Plan;
  /** Undefined where the plan is not known, or not possible. */
  readonly forecast: VmForecast | undefined;
}

/** QEMU's own last sync, the devices and the destination's start come on top of the pause that is always fine. */
const OVER_LIMIT_MS = 200;

export async function forecastOf({ known, migrant, kind, limits, atATime }: ForecastWish): Promise<Forecast> {
  const plan = await planOf({ known, migrant, kind, limits, others: [] });
  const { prospects, chosen } = plan;
  if (!prospects || !chosen?.figures || plan.verdict === 'not-possible') return { plan, forecast: undefined };
  const alone = rehearsedOn(prospects, known);
  const besideOthers: [MoveFigures, ...MoveFigures[]] = [chosen.figures];
  // Beside one other at least: that tells whether it wants its link alone, however many there may be.
  while (plan.verdict === 'converges' && besideOthers.length < Math.max(2, atATime)) {
    const among = besideOthers.length + 1;
    const shared = sharing(limits, alone, among);
    const rehearsal = await rehearse(kind, shared.limits, shared.on);
    if (!rehearsal.figures || !isCalm(rehearsal, limits)) break;
    besideOthers.push(rehearsal.figures);
  }
  return {
    plan,
    forecast: {
      besideOthers,
      calmAmong: besideOthers.length,
      inCommonMs: await inCommon(kind, limits, alone, chosen.figures),
    },
  };
}

/** Each gets as much of the link, and knows it. */
function sharing(limits: Limits, on: Rehearsed, among: number): { limits: Limits; on: Rehearsed } {
  const { lineRateBytesPerSecond: stated } = limits;
  return {
    limits: stated === undefined ? limits : { ...limits, lineRateBytesPerSecond: stated / among },
    on: onLineOf(on, 1 / among),
  };
}

function isCalm(
  { figures, memoryIntensive, brownOut, usedMeans }: Rehearsal,
  { downtimeMs }: Limits,
): boolean {
  if (memoryIntensive || brownOut || usedMeans.length > 0) return false;
  return figures !== undefined && figures.pauseMs.middle <= downtimeMs + OVER_LIMIT_MS;
}

/**
 * Of a slower and a faster line, of hosts that take longer or shorter, and of how much of what QEMU holds has to be sent, which
 * the hosts' kernels decide by mapping memory in huge pages.
 */
async function inCommon(
  kind: PolicyKind,
  limits: Limits,
  on: Rehearsed,
  { totalMs }: MoveFigures,
): Promise<Interval> {
  const { handlingMs } = on.prospects;
  const likelyMs = totalMs.middle - handlingMs.middle;
  const slower = [handlingMs.high - handlingMs.middle];
  const faster = [handlingMs.middle - handlingMs.low];
  for (const uncertain of ['payloadRate', 'firstPassBytes'] as const) {
    const shifts = [0];
    for (const end of ['low', 'high'] as const) {
      const run = await runCase(kind, limits, on, { ...LIKELY_CASE, [uncertain]: end });
      if (run.outcome === 'completed') shifts.push(run.totalMs - likelyMs);
    }
    slower.push(Math.max(...shifts));
    faster.push(-Math.min(...shifts));
  }
  return {
    low: Math.max(0, totalMs.middle - Math.hypot(...faster)),
    high: totalMs.middle + Math.hypot(...slower),
  };
}
