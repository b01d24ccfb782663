/** What the plan of one VM's move says to whoever waits for a calmer moment. Pure. */
import type { CalmLook, Reason } from '../drain/facts.ts';
import { formatDuration } from '../model/units.ts';
import type { Plan } from '../plan/plan.ts';
import { around, changeInWords, meansInShort, slowedDown, wayOutInWords } from '../plan/plan-words.ts';
import type { Limits } from '../policy/policy.ts';

/** QEMU's own last sync, the devices and the destination's start come on top of the pause that is always fine. */
const OVER_LIMIT_MS = 200;

/** @param unknown why it is not known, where it is not, a sentence; `passes`: it may be later */
export function calmLookOf(
  plan: Plan,
  limits: Limits,
  unknown: { readonly words: string; readonly passes: boolean },
): CalmLook {
  const { verdict, chosen, waysOut } = plan;
  if (verdict === 'not-possible')
    return {
      ...{ is: 'no-pause-fits', reason: noPauseFits(plan, limits) },
      totalMs: waysOut.find(({ rehearsal }) => rehearsal.figures)?.rehearsal.figures?.totalMs.high,
    };
  if (verdict === 'not-known' || !chosen?.figures) return { is: 'unknown', ...unknown };
  const { pauseMs, totalMs } = chosen.figures;
  const expected = { pauseMs: pauseMs.middle, totalMs: totalMs.high };
  const told = `now a pause of about ${around(pauseMs, formatDuration)} is to be expected`;
  if (verdict === 'converges') {
    const isSure = pauseMs.high <= limits.downtimeMs + OVER_LIMIT_MS;
    return { is: 'calm', ...expected, isSure, words: told };
  }
  const slowed = slowedDown(chosen);
  const costs = [...(slowed === undefined ? [] : [`the guest ${slowed}`]), ...meansInShort(chosen)];
  return {
    ...{ is: 'busy', ...expected },
    words: [`${told}, and ${formatDuration(limits.downtimeMs)} is what is always fine`, ...costs].join('; '),
  };
}

export function noPauseFits({ chosen, waysOut }: Plan, { maxDowntimeMs }: Limits): Reason {
  const needed = chosen?.neededPauseMs;
  const pause = needed === undefined ? '' : `, it needs one of ${formatDuration(needed)}`;
  const [way] = waysOut;
  return {
    code: 'no-pause-fits',
    words: `no pause within --max-downtime ${formatDuration(maxDowntimeMs)} is possible${pause}`,
    remedy: way && `with ${changeInWords(way)} it is (${wayOutInWords(way)})`,
  };
}

/** Why it is not known how its move would be. Nothing is known of the link until somebody says something of it. */
export function whyUnknown(plan: Plan, probeRefusal: string | undefined): { words: string; passes: boolean } {
  if (plan.missing === 'link')
    return {
      words: 'nothing is known of the link: state its rate, like --line-rate 10gbit',
      passes: false,
    };
  return {
    words: probeRefusal ?? 'nothing is known of how it uses its memory',
    passes: probeRefusal !== undefined,
  };
}
