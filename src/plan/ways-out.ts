/** What would make a migration possible that is not within the limits: each found by rehearsing it so. */
import { QEMU_LONGEST_DOWNTIME_MS } from '../model/qemu-constants.ts';
import { limitOf, roomyLimitMs } from '../model/roomy-limit.ts';
import { forecast } from '../policy/forecast.ts';
import { type Limits, OVER_BUDGET_ACTIONS, type PolicyKind } from '../policy/policy.ts';
import { LIKELY_CASE } from './case.ts';
import { OWN_ERROR, onLineOf, type Rehearsal, type Rehearsed, rehearse, runCase } from './rehearse.ts';

export type Change =
  | { readonly option: 'policy'; readonly value: string }
  | { readonly option: 'over-budget'; readonly value: Limits['overBudget'] }
  | { readonly option: 'max-downtime'; readonly value: number }
  | { readonly option: 'timeout'; readonly value: number }
  /** No cap. */
  | { readonly option: 'bandwidth' }
  /** Not an option but another link, of that rate or more, in bytes per second. */
  | { readonly option: 'line'; readonly value: number };

export interface WayOut {
  readonly change: Change;
  readonly rehearsal: Rehearsal;
}

const NO_LIMIT_MS = QEMU_LONGEST_DOWNTIME_MS;

/** A limit this many times the likely pause is no advice, however little is known. */
const MUCH_LONGER = 1.5;

/** A line more than this many times as fast is no advice. */
const FASTEST_LINE = 64;
const BISECTIONS = 8;

export async function optionsFor(kind: PolicyKind, limits: Limits, on: Rehearsed): Promise<WayOut[]> {
  const found: WayOut[] = [];
  const attempt = async (change: Change, changed: Limits, by: PolicyKind = kind, where: Rehearsed = on) => {
    const rehearsal = await rehearse(by, changed, where);
    if (rehearsal.end === 'completed') found.push({ change, rehearsal });
    return rehearsal.end === 'completed';
  };

  const maxDowntimeMs = await neededLimitMs(kind, limits, on);
  if (maxDowntimeMs !== undefined && maxDowntimeMs > limits.maxDowntimeMs)
    await attempt({ option: 'max-downtime', value: maxDowntimeMs }, { ...limits, maxDowntimeMs });
  for (const overBudget of OVER_BUDGET_ACTIONS)
    if (overBudget !== 'leave' && overBudget !== limits.overBudget)
      await attempt({ option: 'over-budget', value: overBudget }, { ...limits, overBudget });
  if (limits.timeoutMs !== undefined) {
    const { totalMs, outcome } = await runCase(kind, { ...limits, timeoutMs: undefined }, on, LIKELY_CASE);
    const timeoutMs = roomyLimitMs(totalMs);
    if (outcome === 'completed')
      await attempt({ option: 'timeout', value: timeoutMs }, { ...limits, timeoutMs });
  }
  if (limits.bandwidthBytesPerSecond !== undefined && !on.prospects.lineUnknown)
    await attempt({ option: 'bandwidth' }, { ...limits, bandwidthBytesPerSecond: undefined });
  if (kind.name !== 'forecast') await attempt({ option: 'policy', value: 'forecast' }, limits, forecast());
  await tryFasterLine(kind, limits, on, attempt);
  return found;
}

/** The `--max-downtime` with which it is possible. */
async function neededLimitMs(kind: PolicyKind, limits: Limits, on: Rehearsed): Promise<number | undefined> {
  const free = await rehearse(kind, { ...limits, maxDowntimeMs: NO_LIMIT_MS }, on);
  if (!free.figures) return undefined;
  const { middle, high } = free.figures.pauseMs;
  return Math.max(roomyLimitMs(middle), limitOf(Math.min(high, MUCH_LONGER * middle)));
}

/** The slowest line on which the likely case is possible, and so much more as the likely case may be wrong by. */
async function tryFasterLine(
  kind: PolicyKind,
  limits: Limits,
  on: Rehearsed,
  attempt: (change: Change, limits: Limits, by: PolicyKind, where: Rehearsed) => Promise<boolean>,
): Promise<void> {
  const { prospects } = on;
  if (prospects.lineUnknown || limits.bandwidthBytesPerSecond !== undefined) return;
  const rate = limits.lineRateBytesPerSecond ?? prospects.payloadRate.middle;
  const at = (factor: number) => ({
    limits: { ...limits, ...(limits.lineRateBytesPerSecond && { lineRateBytesPerSecond: rate * factor }) },
    on: onLineOf(on, factor),
  });
  const possible = async (factor: number) => {
    const faster = at(factor);
    const { outcome, pauseMs } = await runCase(kind, faster.limits, faster.on, LIKELY_CASE);
    return outcome === 'completed' && (pauseMs ?? 0) <= limits.maxDowntimeMs;
  };
  if (!(await possible(FASTEST_LINE))) return;
  let low = 1;
  let high = FASTEST_LINE;
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = Math.sqrt(low * high);
    if (await possible(middle)) high = middle;
    else low = middle;
  }
  const factor = high * (1 + OWN_ERROR.relative);
  const faster = at(factor);
  await attempt({ option: 'line', value: rate * factor }, faster.limits, kind, faster.on);
}
