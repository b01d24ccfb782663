import { transferMs } from '../model/transfer.ts';
import { costOf, type Expectation, expectedPauseMs, type Worth } from '../model/worthwhile.ts';

/** Boundaries before these say little of how the guest changes now. */
const KEPT_BOUNDARIES = 32;

export interface Calm {
  readonly pauseMs: number;
  /** How long it takes to come, if calms go on coming as often as they did. */
  readonly waitMs: number;
}

/**
 * What earlier boundaries found dirty. A guest with phases left less at some of them; if a share f of all
 * was as calm, the next such one is expected 1/f passes from now.
 */
export class CalmMemory {
  private rests: number[] = [];

  add(restBytes: number): void {
    this.rests = [...this.rests, restBytes].slice(-KEPT_BOUNDARIES);
  }

  /** The calm that is best to wait for; undefined where none is better than `restBytes` now. */
  worthWaitingFor(restBytes: number, expected: Expectation, worth: Worth): Calm | undefined {
    const passMs = transferMs(restBytes, expected.bytesPerSecond);
    let leastCost = costOf({ waitMs: 0, pauseMs: expectedPauseMs(restBytes, expected) }, worth);
    let best: Calm | undefined;
    const calmer = this.rests.filter((rest) => rest < restBytes).sort((a, b) => a - b);
    calmer.forEach((rest, index) => {
      const waitMs = (passMs * this.rests.length) / (index + 1);
      const calm = { waitMs, pauseMs: expectedPauseMs(rest, expected) };
      const cost = costOf(calm, worth);
      if (cost >= leastCost) return;
      leastCost = cost;
      best = calm;
    });
    return best;
  }
}
