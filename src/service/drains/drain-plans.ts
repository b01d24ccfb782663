/**
 * Plans of drains that were asked for lately. A plan looks at each VM for some seconds: who asks for the same while it is being made
 * gets that one, and a drain that is begun within minutes of its plan goes by it.
 */
import type { PlannedDrain } from '../../drain/document.ts';
import type { DrainPlanRequest } from './drain-requests.ts';

/** Asks the hosts, and touches nothing. @throws {Problem} */
export type PlanDrain = (request: DrainPlanRequest) => Promise<PlannedDrain>;

/** Each start asks its destination again, whatever the plan said. */
const HOLDS_FOR_MS = 5 * 60e3;
const MOST_KEPT = 50;

interface Kept {
  readonly planned: Promise<PlannedDrain>;
  /** Undefined while it is being made. */
  madeMs: number | undefined;
}

export class DrainPlans {
  private readonly plan: PlanDrain;
  private readonly kept = new Map<string, Kept>();

  constructor(plan: PlanDrain) {
    this.plan = plan;
  }

  /** As it is now. @throws {Problem} */
  async fresh(request: DrainPlanRequest): Promise<PlannedDrain> {
    const key = keyOf(request);
    const before = this.kept.get(key);
    if (before && before.madeMs === undefined) return await before.planned;
    return await this.make(key, request);
  }

  /** One of some minutes ago does. @throws {Problem} */
  async recent(request: DrainPlanRequest): Promise<PlannedDrain> {
    const before = this.kept.get(keyOf(request));
    const isRecent =
      before && (before.madeMs === undefined || performance.now() - before.madeMs < HOLDS_FOR_MS);
    return isRecent ? await before.planned : await this.fresh(request);
  }

  private async make(key: string, request: DrainPlanRequest): Promise<PlannedDrain> {
    const made: Kept = { planned: this.plan(request), madeMs: undefined };
    // The newest last.
    this.kept.delete(key);
    this.kept.set(key, made);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
    try {
      const planned = await made.planned;
      made.madeMs = performance.now();
      return planned;
    } catch (error) {
      if (this.kept.get(key) === made) this.kept.delete(key);
      throw error;
    }
  }
}

/** By when it is to be over, why, and what goes before it, is nothing of who can leave. */
function keyOf({ deadline, withinMs, ...wish }: DrainPlanRequest): string {
  const { reason, allOrNothing, priority, ...known } = wish as Record<string, unknown>;
  return JSON.stringify(Object.entries(known).sort(([a], [b]) => (a < b ? -1 : 1)));
}
