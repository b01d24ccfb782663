/** What can be asked for of drains and hosts, checked. The OpenAPI document is generated from here. */
import { z } from '@hono/zod-openapi';
import { HIGHEST_PRIORITY } from '../../config/values.ts';
import { START_WHEN } from '../../drain/calm.ts';
import { ORDERS } from '../../drain/order.ts';
import { DECISIONS } from '../../drain/own-word.ts';
import { parseWindow } from '../../drain/window.ts';
import { UnitError } from '../../model/units.ts';
import { limitFields, maxPauseMs, streamUri, text } from '../requests.ts';
import type { DRAIN_ACTS } from './drain-document.ts';

const MOST_HOSTS = 200;
const MOST_GROUPS = 200;
const LONGEST_DRAIN_MS = 30 * 24 * 3600e3;

const host = text.describe("a host's libvirt URI, as the other hosts' are named too");

const windowText = text.superRefine((given, { addIssue }) => {
  try {
    parseWindow(given);
  } catch (error) {
    if (!(error instanceof UnitError)) throw error;
    addIssue(error.message);
  }
});

const planFields = {
  host: host.describe('the host that is to be emptied'),
  to: z
    .array(
      z.strictObject({
        host: host.describe('as the source host reaches it'),
        migrateUri: streamUri.optional().describe('where the memory is sent: tcp://10.77.0.2'),
      }),
    )
    .min(1)
    .max(MOST_HOSTS)
    .describe('the hosts that VMs may go to'),
  order: z.enum(ORDERS).optional(),
  atATime: z.int().min(1).max(64).optional().describe('the most calm VMs on a link at a time'),
  reserveBytes: z
    .number()
    .nonnegative()
    .max(2 ** 50)
    .optional()
    .describe('kept free on each destination (as much as the largest VM that runs there)'),
  linkBudgetBytesPerSecond: z
    .number()
    .positive()
    .max(1e12)
    .optional()
    .describe("what all VMs that are on their way may take of a host's link together (all of it)"),
  windows: z
    .array(windowText)
    .min(1)
    .max(20)
    .optional()
    .describe("times in which moves may begin, in the service's time (any)"),
  startWhen: z
    .enum(START_WHEN)
    .optional()
    .describe(
      'calm: a VM that would have to stand still for longer than is always fine, or that does not fit its limits, waits for a calmer moment (now)',
    ),
  calmWithinMs: z
    .number()
    .positive()
    .max(LONGEST_DRAIN_MS)
    .optional()
    .describe('how long each may wait for that; then it moves as it is, or is held (as the deadline allows)'),
  shutdownTimeoutMs: z
    .number()
    .positive()
    .max(LONGEST_DRAIN_MS)
    .optional()
    .describe('how long a VM that is shut down may take until it is off (300000)'),
  apart: z
    .array(z.array(text).min(2).max(MOST_HOSTS))
    .max(MOST_GROUPS)
    .optional()
    .describe('groups of VM names of which no two may be on one host'),
  deadline: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('nothing is begun after it; give this or withinMs, or neither'),
  withinMs: z.number().positive().max(LONGEST_DRAIN_MS).optional().describe('the same, from now on'),
  probeMs: z
    .number()
    .min(1000)
    .max(60_000)
    .optional()
    .describe('the longest of the probes of each VM (3000)'),
  ...limitFields,
};

const notBoth = ({ deadline, withinMs }: { deadline?: unknown; withinMs?: unknown }) =>
  deadline === undefined || withinMs === undefined;
const NOT_BOTH = 'deadline and withinMs mean the same: give one of them';
const EXAMPLE = {
  host: 'qemu+ssh://root@host1/system',
  to: [{ host: 'qemu+ssh://root@host2/system' }, { host: 'qemu+ssh://root@host3/system' }],
  withinMs: 7_200_000,
  lineRateBytesPerSecond: 1.25e9,
};

export const drainPlanRequestSchema = z
  .strictObject(planFields)
  .refine(notBoth, NOT_BOTH)
  .openapi('DrainPlanRequest', { example: EXAMPLE });

export type DrainPlanRequest = z.infer<typeof drainPlanRequestSchema>;

export const drainRequestSchema = z
  .strictObject({
    ...planFields,
    allOrNothing: z.boolean().optional().describe('none is moved where the plan says that not all can leave'),
    abortRunning: z
      .boolean()
      .optional()
      .describe('at the deadline what is on its way is cancelled, and stays; otherwise it arrives'),
    returns: z.boolean().optional().describe('once the host is released what left it comes back'),
    priority: z
      .int()
      .min(0)
      .max(HIGHEST_PRIORITY)
      .optional()
      .describe('of this drain among others: where they compete, what a higher one moves goes first (0)'),
    reason: text.optional().describe('why, for the drain and the audit'),
  })
  .refine(notBoth, NOT_BOTH)
  .openapi('DrainRequest', { example: { ...EXAMPLE, reason: 'kernel update' } });

export type DrainRequest = z.infer<typeof drainRequestSchema>;

export const cancelDrainRequestSchema = z
  .strictObject({
    reason: text.optional().describe('why, for the audit'),
    abortRunning: z
      .boolean()
      .optional()
      .describe('what is on its way is cancelled too, and stays; otherwise it arrives'),
  })
  .openapi('CancelDrainRequest', { example: { abortRunning: true, reason: 'the window is over' } });

export const returnRequestSchema = z
  .strictObject({
    to: z
      .strictObject({
        host: host.describe('the host, as those reach it that its VMs are on (as the drain names it)'),
        migrateUri: streamUri.optional().describe('where the memory is sent: tcp://10.77.0.1'),
      })
      .optional(),
    reason: text.optional().describe('why, for the audit'),
  })
  .openapi('ReturnRequest', { example: { reason: 'the new kernel runs' } });

export const decideRequestSchema = z
  .strictObject({
    decision: z
      .enum(DECISIONS)
      .describe(
        'move it; shut it down; shut it down, and start it again once its host is released; or leave it where it is',
      ),
    maxDowntimeMs: maxPauseMs.optional().describe('of a move: how long it may stand still, in this drain'),
    reason: text.optional().describe('why, for the audit'),
  })
  .refine(
    ({ decision, maxDowntimeMs }) => decision === 'move' || maxDowntimeMs === undefined,
    'maxDowntimeMs is of a move: leave it out',
  )
  .openapi('DecideRequest', {
    example: { decision: 'shutdown-and-return', reason: 'agreed with its owner' },
  });

export const allowPauseRequestSchema = z
  .strictObject({
    maxDowntimeMs: maxPauseMs.describe('how long this VM may stand still, in this drain'),
    reason: text.optional().describe('why, for the audit'),
  })
  .openapi('AllowPauseRequest', { example: { maxDowntimeMs: 2500, reason: 'agreed with its owner' } });

export const drainListQuerySchema = z.strictObject({
  state: z.enum(['running', 'ended', 'all']).default('all'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const drainIdSchema = z.object({
  id: z.string().max(100).openapi({ example: '5b0f7a3c-9a1e-4f57-8d5b-6f1d1f3c11aa' }),
});
export const drainVmSchema = drainIdSchema.extend({
  uuid: z
    .string()
    .max(200)
    .openapi({ description: "the VM's", example: '1b4e28ba-2fa1-41d2-883f-0016d3cca427' }),
});
export const hostParamSchema = z.object({
  host: text.openapi({
    description: "the host's libvirt URI, percent-encoded",
    example: 'qemu+ssh%3A%2F%2Froot%40host1%2Fsystem',
  }),
});

export type DrainAct = (typeof DRAIN_ACTS)[number];
export type ReturnRequest = z.infer<typeof returnRequestSchema>;
export type DecideRequest = z.infer<typeof decideRequestSchema>;
