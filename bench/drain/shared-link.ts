/**
 * Migrations that share a link, simulated together: each runs through the supervisor and on the simulated QEMU that production's
 * simulator has, over a link whose rate falls and rises as others begin and end. Whatever begins or ends later than now does not
 * change what was before, so each is run again from its start with the rates known by then.
 */

import { type Mover, type SlotRules, startsNow } from '../../src/drain/slots.ts';
import { type LinkStep, steppedLink } from '../../src/hypervisor/simulated/link.ts';
import type { Outcome } from '../../src/migration/outcome.ts';
import type { Limits, PolicyKind } from '../../src/policy/policy.ts';
import { runOne } from '../../src/simulate/run-one.ts';
import type { DrawnGuest } from './hosts.ts';

export interface SharedMove extends Mover {
  readonly guest: DrawnGuest;
}

export interface SharedLink {
  /** Of memory, of the whole link. */
  readonly bytesPerSecond: number;
  /** Before the first byte and again after the last, half each: slots are taken, the link is not. */
  readonly handlingMs: number;
  readonly kind: PolicyKind;
  readonly limits: Limits;
}

export interface Ended {
  readonly guest: DrawnGuest;
  readonly outcome: Outcome['outcome'];
  readonly pauseMs: number;
  readonly endMs: number;
}

interface Copying {
  readonly move: SharedMove;
  readonly fromMs: number;
  readonly steps: LinkStep[];
  run: { readonly outcome: Outcome['outcome']; readonly pauseMs: number; readonly totalMs: number };
}

/** Only the link's sharing makes two runs of a guest differ. */
export class Simulations {
  private readonly known = new Map<string, Copying['run']>();
  private readonly link: SharedLink;

  constructor(link: SharedLink) {
    this.link = link;
  }

  async of(guest: DrawnGuest, steps: readonly LinkStep[]): Promise<Copying['run']> {
    const key = `${guest.name} ${steps.map((step) => `${step.fromMs}:${step.bytesPerSecond}`).join(' ')}`;
    const before = this.known.get(key);
    if (before) return before;
    const { memoryBytes, memory, zeroPagesShare } = guest;
    const scenario = {
      ...{ memoryBytes, memory, zeroPagesShare, link: steppedLink(steps) },
      zeroPlace: 'throughout' as const,
      // What is decided is decided at boundaries; samples between them would cost most of the time.
      tickMs: Number.POSITIVE_INFINITY,
    };
    const { outcome, pauseMs, totalMs } = await runOne(scenario, this.link.kind, this.link.limits);
    const run = { outcome, pauseMs: pauseMs ?? 0, totalMs };
    this.known.set(key, run);
    return run;
  }
}

/** @param inOrder as they are to begin, as far as the slots let them */
export async function drainTogether(
  inOrder: readonly SharedMove[],
  rules: SlotRules,
  link: SharedLink,
  simulations: Simulations,
): Promise<readonly Ended[]> {
  const ended: Ended[] = [];
  let waiting = inOrder;
  /** Held slots, with the instant at which they go on to the next stage. */
  const preparing: { readonly move: SharedMove; readonly untilMs: number }[] = [];
  const copying: Copying[] = [];
  const clearing: { readonly move: SharedMove; readonly untilMs: number }[] = [];
  const half = link.handlingMs / 2;
  let nowMs = 0;
  while (waiting.length + preparing.length + copying.length + clearing.length > 0) {
    const slots = [...preparing, ...copying, ...clearing].map(({ move }) => move);
    const starts = startsNow(waiting, slots, rules);
    waiting = waiting.filter((move) => !starts.includes(move));
    preparing.push(...starts.map((move) => ({ move, untilMs: nowMs + half })));

    const ends = copying.map((each) => each.fromMs + each.run.totalMs);
    // Run again with a step at its very end, one may end a rounding earlier.
    nowMs = Math.max(nowMs, Math.min(...[...preparing, ...clearing].map(({ untilMs }) => untilMs), ...ends));
    let changed = false;
    take(clearing, ({ untilMs }) => untilMs <= nowMs);
    for (const { move } of take(preparing, ({ untilMs }) => untilMs <= nowMs)) {
      copying.push({ move, fromMs: nowMs, steps: [], run: { outcome: 'completed', pauseMs: 0, totalMs: 0 } });
      changed = true;
    }
    for (const each of take(
      copying,
      ({ steps, fromMs, run }) => steps.length > 0 && fromMs + run.totalMs <= nowMs,
    )) {
      const { guest } = each.move;
      ended.push({ guest, outcome: each.run.outcome, pauseMs: each.run.pauseMs, endMs: nowMs + half });
      clearing.push({ move: each.move, untilMs: nowMs + half });
      changed = true;
    }
    if (changed) await share(copying, nowMs, link, simulations);
  }
  return ended;
}

/** Each gets as much, from now on. */
async function share(
  copying: readonly Copying[],
  nowMs: number,
  link: SharedLink,
  simulations: Simulations,
): Promise<void> {
  for (const each of copying) {
    const among = Math.max(
      ...each.move.links.map((name) => copying.filter(({ move }) => move.links.includes(name)).length),
    );
    const bytesPerSecond = link.bytesPerSecond / among;
    const fromMs = nowMs - each.fromMs;
    const last = each.steps.at(-1);
    if (last?.bytesPerSecond === bytesPerSecond) continue;
    if (last && last.fromMs >= fromMs) each.steps.pop();
    each.steps.push({ fromMs, bytesPerSecond });
    each.run = await simulations.of(each.move.guest, each.steps);
  }
}

function take<T>(from: T[], which: (each: T) => boolean): T[] {
  const taken = from.filter(which);
  from.splice(0, from.length, ...from.filter((each) => !taken.includes(each)));
  return taken;
}
