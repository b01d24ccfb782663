/**
 * Somebody else steers the same migration: the manager that began it sets its downtime limit too. Whose limit holds is
 * decided by what he sets. One who raises his limit step by step (OpenStack Nova, oVirt) says nothing of the longest pause
 * that is bearable, he only goes the way by which he hopes that it will end; one who sets it once, or lowers it, means it.
 */
import { formatDuration } from '../model/units.ts';
import type { Limits } from '../policy/policy.ts';

/** `true`: the configured limits hold against his. `false`: his always do. Undefined: as he shows himself. */
export type Insist = boolean | undefined;

/** The limits that depend on it. */
export type Pauses = Pick<Limits, 'downtimeMs' | 'maxDowntimeMs' | 'overBudget'>;

export interface OtherHandParts {
  /** What holds where his limit does not. */
  readonly configured: Pauses;
  /** The same with a limit that he means. */
  underHis(limitMs: number): Pauses;
  readonly insist: Insist;
  /** A manager that is known to raise its limit by steps, by its name. */
  readonly ramps: string | undefined;
  /** His limit when the migration was come upon; undefined: he had set none. */
  readonly foundMs: number | undefined;
}

export interface Reaction {
  /** What holds from now on. */
  readonly limits: Pauses;
  /** A limit of ours that is longer than his is to be put back. */
  readonly insists: boolean;
  /** Why, behind a colon. */
  readonly words: string;
}

export class OtherHand {
  private readonly parts: OtherHandParts;
  private lastMs: number | undefined;
  /** He has lowered his limit: it holds for good. */
  private meant = false;
  private raised = false;

  constructor(parts: OtherHandParts) {
    this.parts = parts;
    this.lastMs = parts.foundMs;
  }

  /** What holds before he sets anything more. */
  get limits(): Pauses {
    const { foundMs, configured } = this.parts;
    return this.insists || foundMs === undefined ? configured : this.parts.underHis(foundMs);
  }

  /** He has set it, after us. */
  sees(limitMs: number): Reaction {
    const { configured, underHis, insist, ramps } = this.parts;
    const lastMs = this.lastMs;
    this.lastMs = limitMs;
    if (lastMs !== undefined && limitMs < lastMs) this.meant = true;
    if (lastMs !== undefined && limitMs > lastMs) this.raised = true;
    const heeds = { limits: underHis(limitMs), insists: false };
    if (this.meant) return { ...heeds, words: 'he lowers it, so it is meant, and holds' };
    if (insist === false) return { ...heeds, words: 'it holds, as configured' };
    if (!this.insists) return { ...heeds, words: 'it holds, unless he raises it step by step' };
    const why = insist
      ? 'as configured'
      : ramps
        ? `${ramps} only raises it step by step`
        : 'he only raises it step by step';
    const longest = formatDuration(configured.maxDowntimeMs);
    return { limits: configured, insists: true, words: `${why}, so ${longest} stays the longest allowed` };
  }

  private get insists(): boolean {
    const { insist, ramps } = this.parts;
    return !this.meant && (insist ?? (ramps !== undefined || this.raised));
  }
}
