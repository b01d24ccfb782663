/** A drain as the API tells it: what `switchover drain show --json` prints, and what one needs to act on it from elsewhere. */
import { z } from '@hono/zod-openapi';
import { drainStatusSchema } from '../../fleet/drain-status.ts';

const bytes = z.number().nonnegative();
const time = z.iso.datetime();

/** What can be asked of a drain that there is, in its own place each. */
export const DRAIN_ACTS = ['pause', 'resume', 'cancel', 'release'] as const;
/** What can be asked for now: of the drain, and of one VM of it. A return is a drain of its own. */
const DRAIN_ACTIONS = [...DRAIN_ACTS, 'return'] as const;
const VM_ACTIONS = ['retry', 'allow-pause', 'decide'] as const;
export const VM_STATES = drainStatusSchema.shape.vms.element.shape.state.options;

const reasonSchema = z.object({
  code: z.string(),
  words: z.string(),
  remedy: z.string().nullable().describe('what would help, where the words do not say it'),
  vms: z.array(z.string()).describe('names of the VMs that it keeps there; none: the drain as a whole'),
});

const vmSchema = z.object({
  ...drainStatusSchema.shape.vms.element.shape,
  memoryBytes: bytes,
  memoryIntensive: z.boolean().describe('it has its links alone'),
  startedAt: time.nullable().describe('when its last move was let in'),
  endedAt: time.nullable(),
  migration: z
    .string()
    .nullable()
    .describe('the id of its migration, where this service follows or followed it'),
  actions: z.array(z.enum(VM_ACTIONS)),
});

const destinationSchema = z.object({
  host: z.string(),
  problem: z.string().nullable().describe('why nothing is known of it now'),
  freeBytes: bytes.nullable().describe('what new guests could get; null: not known'),
  promisedBytes: bytes.describe('of that, promised to VMs on their way there, of whichever drain'),
  keptFreeBytes: bytes.nullable().describe('of that, kept free by this drain; null: not known'),
  coming: z.int().nonnegative().describe('VMs on their way there, of whichever drain'),
  arrived: z.int().nonnegative().describe('VMs of this drain that have arrived'),
  cordonedBy: z.string().nullable().describe('by whose word nothing new is to come there'),
  outUntil: time.nullable().describe('left out until then, after three failures in a row'),
});

export const FORECAST_WORDS =
  'when those that can leave have left, by what each was expected to take, and by how long what has left took against that; null: over, or not known';

const endSchema = z.object({ low: time, likely: time, high: time });

const summaryShape = {
  ...drainStatusSchema.omit({ vms: true }).shape,
  final: z.boolean().describe('nothing of it changes any more by itself'),
  revision: z.int().describe('rises with what is wanted of it and with its state, for If-Match'),
  waitsFor: z.string().describe('in words: what it waits for; once it is final, how it ended'),
  reasons: z.array(reasonSchema).describe('what keeps VMs there'),
  actions: z.array(z.enum(DRAIN_ACTIONS)),
  endedAt: time.nullable(),
  forecastEnd: endSchema.nullable().describe(FORECAST_WORDS),
  emptySince: time.nullable().describe('since when its host has been seen without a VM'),
  counts: z
    .object(
      Object.fromEntries(VM_STATES.map((state) => [state, z.int()])) as Record<
        (typeof VM_STATES)[number],
        z.ZodInt
      >,
    )
    .describe('VMs by state'),
  memoryBytes: z.object({ all: bytes, left: bytes.describe('of VMs that are still there') }),
};

/** For the OpenAPI document, and for tests. */
export const EXAMPLE_DRAIN = {
  schema: 1 as const,
  id: '5b0f7a3c-9a1e-4f57-8d5b-6f1d1f3c11aa',
  host: 'qemu+ssh://root@host1/system',
  kind: 'drain' as const,
  state: 'draining' as const,
  words: 'draining: 3 VMs left, 1 on the way',
  outcome: null,
  exitStatus: 5,
  requestedBy: 'ops',
  reason: 'kernel update',
  priority: 0,
  begun: '2026-11-29T20:00:00.000Z',
  deadline: '2026-11-29T22:00:00.000Z',
  trouble: null,
  heldBy: null,
  final: false,
  revision: 3,
  waitsFor: 'draining: 3 VMs left, 1 on the way',
  reasons: [],
  actions: ['pause', 'cancel', 'release'] as (typeof DRAIN_ACTIONS)[number][],
  endedAt: null,
  forecastEnd: {
    low: '2026-11-29T20:21:00.000Z',
    likely: '2026-11-29T20:24:10.000Z',
    high: '2026-11-29T20:31:00.000Z',
  },
  emptySince: null,
  counts: { queued: 2, moving: 1, moved: 5, stopping: 0, off: 0, held: 0, left: 0, gone: 0, unknown: 0 },
  memoryBytes: { all: 68_719_476_736, left: 17_179_869_184 },
};

export const drainSummarySchema = z.object(summaryShape).openapi('DrainSummary', { example: EXAMPLE_DRAIN });

export const drainSchema = z
  .object({
    ...summaryShape,
    vms: z.array(vmSchema).describe('in the order in which they leave'),
    destinations: z.array(destinationSchema),
  })
  .openapi('Drain', { example: { ...EXAMPLE_DRAIN, vms: [], destinations: [] } });

export const drainsSchema = z
  .object({ drains: z.array(drainSummarySchema) })
  .openapi('Drains', { description: 'the newest first' });

export type DrainSummary = z.infer<typeof drainSummarySchema>;
export type DrainView = z.infer<typeof drainSchema>;
export type DrainState = DrainSummary['state'];
export type DrainVmView = z.infer<typeof vmSchema>;
export type DestinationView = z.infer<typeof destinationSchema>;
