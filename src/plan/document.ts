/**
 * The `--json` document of a plan, for programs. Its JSON Schema is `docs/plan.schema.json`, generated from here;
 * fields are only ever added.
 */
import { z } from 'zod';
import type { GuestFacts, RefusedError } from '../hypervisor/hypervisor.ts';
import type { Foreseen } from '../migration/foresee.ts';
import type { Limits } from '../policy/policy.ts';
import type { Plan } from './plan.ts';
import { changeInWords, verdictSentence } from './plan-words.ts';
import type { Rehearsal } from './rehearse.ts';

const figure = z.number().nonnegative();

const estimate = z.object({ low: figure, likely: figure, high: figure });

const rehearsal = z.object({
  policy: z.string(),
  end: z.enum(['completed', 'gives-up', 'never-ends']).describe('in the likely case'),
  completes: z
    .enum(['in-all-cases', 'in-some-cases', 'in-no-case'])
    .describe('of the cases that what is known allows'),
  totalMs: estimate.nullable().describe('null unless it completes'),
  sentBytes: estimate.nullable(),
  pauseMs: estimate.nullable().describe('how long the guest stands still'),
  remotePagesMs: estimate
    .nullable()
    .describe('how long the guest runs by post-copy on memory that is still on its way; null: it does not'),
  brownOut: z
    .object({ ms: figure, percent: figure })
    .nullable()
    .describe('how long the guest is slowed down before, and by how much of its time; null: it is not'),
  usedMeans: z.array(z.enum(['post-copy', 'suspend'])).describe('what else it takes'),
  neededPauseMs: figure
    .nullable()
    .describe('the pause that would have to be allowed, where it gives up for that'),
  reason: z.string(),
});

export const planDocumentSchema = z.object({
  schema: z.literal(1),
  vm: z.string().describe("the guest's name"),
  source: z.string(),
  destination: z.string().nullable().describe('null: not chosen, so not checked'),
  verdict: z
    .enum(['converges', 'memory-intensive', 'not-possible', 'not-known'])
    .describe(
      'converges: within the pause that is always fine; memory-intensive: by a longer one, or by other means; not-possible: not within the limits',
    ),
  sentence: z.string().describe('the verdict in words'),
  missing: z.enum(['link', 'guest']).nullable().describe('what has to be known for a plan and is not'),
  findings: z
    .array(z.object({ code: z.string(), message: z.string() }))
    .describe('what forbids the migration, as migrate --dry-run finds it'),
  notes: z.array(z.string()),
  guest: z.object({
    hypervisor: z.string(),
    accelerator: z.string(),
    state: z.string(),
    memoryBytes: figure,
    residentBytes: figure.nullable().describe("of it, what QEMU's process holds; null: not known"),
  }),
  knownBy: z.object({
    tookMs: figure,
    probes: z.array(z.object({ durationMs: figure, dirtiedBytes: figure })),
    probeRefusal: z.string().nullable(),
    earlierPasses: figure.describe("passes of this guest's earlier migrations"),
    earlierTransfers: figure.describe('passes and switchovers over this link'),
  }),
  prospects: z
    .object({
      payloadBytesPerSecond: estimate,
      firstPassBytes: estimate,
      fixedCostMs: estimate,
      hadPhases: z.boolean(),
    })
    .nullable(),
  chosen: rehearsal.nullable(),
  others: z.array(rehearsal),
  compressed: rehearsal
    .nullable()
    .describe('the chosen policy with --compress zstd; null: the pages cannot be read from here'),
  whatIf: z
    .object({
      lineRates: z.array(figure).describe('of memory, in bytes per second'),
      maxDowntimesMs: z.array(figure),
      cells: z
        .array(z.array(z.object({ totalMs: figure, pauseMs: figure }).nullable()))
        .describe('by line, then by pause; null: not possible'),
    })
    .nullable()
    .describe('other lines and other pauses, likely figures; null unless --table asked for it'),
  waysOut: z
    .array(z.object({ option: z.string(), rehearsal }))
    .describe('each would make possible what is not'),
  limits: z.object({
    downtimeMs: figure,
    maxDowntimeMs: figure,
    timeoutMs: figure.nullable(),
    bandwidthBytesPerSecond: figure.nullable(),
    lineRateBytesPerSecond: figure.nullable(),
    overBudget: z.string(),
    brake: z.string(),
    brakeForMs: figure,
  }),
});

export type PlanDocument = z.infer<typeof planDocumentSchema>;

/** All that a plan is shown from. */
export interface Planned {
  readonly guest: GuestFacts;
  readonly destination: string | undefined;
  readonly limits: Limits;
  readonly foreseen: Foreseen;
  readonly plan: Plan;
  readonly findings: readonly RefusedError[];
  readonly notes: readonly string[];
}

export function documentOf({
  guest,
  destination,
  limits,
  foreseen,
  plan,
  findings,
  notes,
}: Planned): PlanDocument {
  const { known } = foreseen;
  const { prospects } = plan;
  return {
    schema: 1,
    vm: guest.name,
    source: guest.vm,
    destination: destination ?? null,
    verdict: plan.verdict,
    sentence: verdictSentence(plan, limits),
    missing: plan.missing ?? null,
    findings: findings.map(({ code, message }) => ({ code, message })),
    notes: [...notes],
    guest: {
      hypervisor: guest.hypervisor,
      accelerator: guest.accelerator,
      state: guest.state,
      memoryBytes: guest.memoryBytes,
      residentBytes: known.residentBytes ?? null,
    },
    knownBy: {
      tookMs: foreseen.tookMs,
      probes: known.probes.map(({ durationMs, bytes }) => ({
        durationMs,
        dirtiedBytes: Math.round(bytes),
      })),
      probeRefusal: foreseen.probeRefusal ?? null,
      earlierPasses: known.earlierPasses.length,
      earlierTransfers: known.passTransfers.length + known.switchoverTransfers.length,
    },
    prospects: prospects
      ? {
          payloadBytesPerSecond: rounded(prospects.payloadRate),
          firstPassBytes: rounded(prospects.firstPassBytes),
          fixedCostMs: rounded(prospects.fixedCostMs),
          hadPhases: prospects.hadPhases,
        }
      : null,
    chosen: plan.chosen ? rehearsalOf(plan.chosen) : null,
    others: plan.others.map(rehearsalOf),
    compressed: plan.compressed ? rehearsalOf(plan.compressed) : null,
    whatIf: plan.whatIf
      ? {
          lineRates: plan.whatIf.lineRates.map(Math.round),
          maxDowntimesMs: [...plan.whatIf.maxDowntimesMs],
          cells: plan.whatIf.cells.map((row) =>
            row.map((cell) =>
              cell ? { totalMs: Math.round(cell.totalMs), pauseMs: Math.round(cell.pauseMs) } : null,
            ),
          ),
        }
      : null,
    waysOut: plan.waysOut.map((way) => ({
      option: changeInWords(way),
      rehearsal: rehearsalOf(way.rehearsal),
    })),
    limits: {
      downtimeMs: limits.downtimeMs,
      maxDowntimeMs: limits.maxDowntimeMs,
      timeoutMs: limits.timeoutMs ?? null,
      bandwidthBytesPerSecond: limits.bandwidthBytesPerSecond ?? null,
      lineRateBytesPerSecond: limits.lineRateBytesPerSecond ?? null,
      overBudget: limits.overBudget,
      brake: limits.brake,
      brakeForMs: limits.brakeForMs,
    },
  };
}

function rehearsalOf(rehearsal: Rehearsal): PlanDocument['others'][number] {
  const { policy, end, completes, figures, brownOut, usedMeans, neededPauseMs, reason } = rehearsal;
  return {
    ...{ policy, end, completes },
    totalMs: figures ? rounded(figures.totalMs) : null,
    sentBytes: figures ? rounded(figures.sentBytes) : null,
    pauseMs: figures ? rounded(figures.pauseMs) : null,
    remotePagesMs: figures?.remotePagesMs ? rounded(figures.remotePagesMs) : null,
    brownOut: brownOut ? { ms: Math.round(brownOut.ms), percent: brownOut.percent } : null,
    usedMeans: [...usedMeans],
    neededPauseMs: neededPauseMs === undefined ? null : Math.round(neededPauseMs),
    reason,
  };
}

function rounded({ low, middle, high }: { low: number; middle: number; high: number }) {
  return { low: Math.round(low), likely: Math.round(middle), high: Math.round(high) };
}
