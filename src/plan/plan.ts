/**
 * What a migration would be like, before anything is touched: the chosen policy's rehearsal, what others would make of
 * the same guest, and where the limits forbid it, what would make it possible. Pure but for the time it takes.
 */
import type { Compressing } from '../model/compression.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import { QEMU_LONGEST_DOWNTIME_MS } from '../model/qemu-constants.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';
import { type Migrant, type Missing, type Prospects, prospectsOf } from './prospects.ts';
import { type Rehearsal, type Rehearsed, rehearse } from './rehearse.ts';
import { rehearseCompressed } from './rehearse-compressed.ts';
import { optionsFor, type WayOut } from './ways-out.ts';
import { type WhatIf, whatIf } from './what-if.ts';

export interface PlanRequest {
  readonly known: Foreknowledge;
  readonly migrant: Migrant;
  readonly kind: PolicyKind;
  readonly limits: Limits;
  /** Rules to compare with, ours and those of other systems. */
  readonly others: readonly PolicyKind[];
  /** What compressing would make of its pages; undefined: they cannot be read from here. */
  readonly compressing?: Compressing | undefined;
  /** Other lines and other pauses too. */
  readonly whatIf?: boolean | undefined;
}

/**
 * `converges`: it comes within the pause that is always fine. `memory-intensive`: only by a longer one, or by the
 * means that the user allows. `not-possible`: not within the limits. `not-known`: too little is known to say.
 */
export type Verdict = 'converges' | 'memory-intensive' | 'not-possible' | 'not-known';

export interface Plan {
  readonly verdict: Verdict;
  /** Undefined unless `not-known`. */
  readonly missing: Missing | undefined;
  /** Undefined where `not-known`. */
  readonly prospects: Prospects | undefined;
  readonly chosen: Rehearsal | undefined;
  readonly others: readonly Rehearsal[];
  /** The chosen policy with pages compressed; undefined where they cannot be read from here. */
  readonly compressed: Rehearsal | undefined;
  /** Undefined unless it was asked for. */
  readonly whatIf: WhatIf | undefined;
  /** Empty unless `not-possible`. */
  readonly waysOut: readonly WayOut[];
}

/** QEMU takes no longer pause. Other systems do not know our limits, so none of ours holds for their rules. */
const NO_LIMIT_MS = QEMU_LONGEST_DOWNTIME_MS;

/** As long as the one that a migration makes before it starts. */
const OWN_PROBE_MS = 300;

export async function planOf(request: PlanRequest): Promise<Plan> {
  const { known, migrant, kind, limits, others } = request;
  const prospects = prospectsOf(known, limits, migrant);
  if (typeof prospects === 'string')
    return {
      ...{ verdict: 'not-known', missing: prospects, prospects: undefined, chosen: undefined },
      ...{ others: [], compressed: undefined, whatIf: undefined, waysOut: [] },
    };
  const on = rehearsedOn(prospects, known);
  const chosen = await rehearse(kind, limits, on);
  const compared: Rehearsal[] = [];
  for (const other of others) {
    const theirs = other.polls ? { ...limits, maxDowntimeMs: NO_LIMIT_MS, timeoutMs: undefined } : limits;
    compared.push(await rehearse(other, theirs, on));
  }
  const verdict = verdictOf(chosen, limits);
  return {
    ...{ verdict, missing: undefined, prospects, chosen, others: compared },
    whatIf: request.whatIf ? await whatIf(kind, limits, on) : undefined,
    compressed: request.compressing && (await rehearseCompressed(kind, limits, on, request.compressing)),
    waysOut: verdict === 'not-possible' ? await optionsFor(kind, limits, on) : [],
  };
}

/** QEMU's own last sync, the devices and the destination's start come on top of the limit. */
const OVER_LIMIT_MS = 200;

function verdictOf(
  { figures, usedMeans, brownOut, memoryIntensive }: Rehearsal,
  { downtimeMs }: Limits,
): Verdict {
  if (!figures) return 'not-possible';
  const intensive = memoryIntensive ?? figures.pauseMs.middle > downtimeMs + OVER_LIMIT_MS;
  return intensive || usedMeans.length > 0 || brownOut ? 'memory-intensive' : 'converges';
}

/** The policy will have one short probe, where the plan has several and longer ones. */
export function rehearsedOn(prospects: Prospects, known: Foreknowledge): Rehearsed {
  const distance = (durationMs: number) => Math.abs(Math.log(durationMs / OWN_PROBE_MS));
  const [own] = [...known.probes].sort((a, b) => distance(a.durationMs) - distance(b.durationMs));
  return { prospects, known: { ...known, probes: own ? [own] : [] } };
}
