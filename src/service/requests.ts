/** What can be asked for, checked. The OpenAPI document is generated from here. */
import { z } from '@hono/zod-openapi';
import { QEMU_LONGEST_DOWNTIME_MS } from '../model/qemu-constants.ts';
import { OWN_POLICY_NAMES } from '../policy/own-policy-words.ts';
import { PEER_NAMES } from '../policy/peers/peer-names.ts';
import { BRAKE_TIMES, OVER_BUDGET_ACTIONS } from '../policy/policy.ts';
import { REASON_CODES } from './migration-summary.ts';

const POLICY_NAMES = [...OWN_POLICY_NAMES, ...PEER_NAMES];

/** No address, name or reason is longer. */
const LONGEST_TEXT = 1024;
const LONGEST_WAIT_S = 600;

export const text = z.string().min(1).max(LONGEST_TEXT);
/** `exec:` runs a program as QEMU, and `file:` writes one: who may start migrations may not do that by them. */
export const streamUri = text.regex(
  /^(tcp|unix|vsock|rdma):/,
  'give tcp:, unix:, vsock: or rdma:; what runs a program or writes a file is for the command line',
);
const pauseMs = z.number().nonnegative().max(QEMU_LONGEST_DOWNTIME_MS);
export const maxPauseMs = z.number().positive().max(QEMU_LONGEST_DOWNTIME_MS);
const bytesPerSecond = z.number().positive().max(1e15);

const vm = text.describe("a libvirt domain's name, or the monitor of a QEMU: qmp:/run/vm1.sock");
const destination = text.describe('URI of the destination host, or the monitor of the QEMU that waits');
/** How a VM is to be migrated: what is left out is as it is configured. */
export const limitFields = {
  policy: z.enum(OWN_POLICY_NAMES).optional().describe('how to decide'),
  downtimeMs: pauseMs.optional().describe('the pause that is always fine'),
  maxDowntimeMs: maxPauseMs.optional().describe('the longest pause allowed'),
  timeoutMs: z
    .number()
    .positive()
    .max(2 ** 31)
    .optional()
    .describe('give up after this long'),
  stallTimeoutMs: z
    .number()
    .positive()
    .max(2 ** 31)
    .optional()
    .describe('give up when nothing moves for this long'),
  bandwidthBytesPerSecond: bytesPerSecond.optional().describe('cap of the passes'),
  lineRateBytesPerSecond: bytesPerSecond.optional().describe("the link's rate, which the last step runs at"),
  overBudget: z
    .enum(OVER_BUDGET_ACTIONS)
    .optional()
    .describe('when no pause within maxDowntimeMs is possible'),
  brake: z.enum(BRAKE_TIMES).optional().describe('when the guest may be slowed down'),
  brakeForMs: z
    .number()
    .positive()
    .max(2 ** 31)
    .optional()
    .describe('the longest that a brake may slow the guest down'),
  policyOptions: z
    .record(z.string().max(LONGEST_TEXT), z.string().max(LONGEST_TEXT))
    .optional()
    .describe('parameters of the policy, as on the command line'),
};

/** What a start and a plan have in common. */
const common = {
  connect: text
    .optional()
    .describe('URI of the source host, for a libvirt domain (default: the configured one)'),
  migrateUri: streamUri
    .optional()
    .describe('where the destination listens for the memory: tcp:10.77.0.2:4444'),
  listenUri: streamUri
    .optional()
    .describe('the same as the destination is told, where that is another address'),
  ...limitFields,
};

export const startRequestSchema = z
  .strictObject({
    vm,
    destination,
    ...common,
    reason: text.optional().describe('why, for the journal'),
    correlationId: text.optional().describe('your own number for it: a ticket, a request'),
  })
  .openapi('StartRequest', {
    example: {
      vm: 'vm1',
      destination: 'qemu+ssh://root@host2/system',
      maxDowntimeMs: 1000,
      reason: 'maintenance of host1',
    },
  });

export type StartRequest = z.infer<typeof startRequestSchema>;

export const planRequestSchema = z
  .strictObject({
    vm,
    destination: destination.optional().describe('left out: not chosen yet, so not checked'),
    ...common,
    whatIf: z.boolean().optional().describe('other lines and other pauses too'),
    probeMs: z.number().min(100).max(60_000).optional().describe('the longest of the probes (3000)'),
  })
  .openapi('PlanRequest', {
    example: { vm: 'vm1', lineRateBytesPerSecond: 1.25e9, maxDowntimeMs: 500 },
  });

export type PlanRequest = z.infer<typeof planRequestSchema>;

export const replayRequestSchema = z
  .strictObject({
    policies: z.array(z.enum(POLICY_NAMES)).min(1).max(50).optional().describe('left out: all'),
    downtimeMs: pauseMs.optional(),
    maxDowntimeMs: maxPauseMs.optional(),
  })
  .openapi('ReplayRequest', { example: { policies: ['mp', 'nova'], maxDowntimeMs: 500 } });

export type ReplayRequest = z.infer<typeof replayRequestSchema>;

/** Of an act that needs nothing more. */
export const reasonRequestSchema = z
  .strictObject({ reason: text.optional().describe('why, for the journal and the audit') })
  .openapi('ReasonRequest', { example: { reason: 'not today' } });

export const limitsRequestSchema = z
  .strictObject({
    downtimeMs: pauseMs.optional(),
    maxDowntimeMs: maxPauseMs.optional(),
    bandwidthBytesPerSecond: bytesPerSecond
      .nullable()
      .optional()
      .describe('cap of the passes from now on; null: none. What was set before is put back in the end'),
  })
  .refine((given) => Object.keys(given).length > 0, 'give at least one limit')
  .openapi('LimitsRequest', { example: { maxDowntimeMs: 2000 } });

export type LimitsRequest = z.infer<typeof limitsRequestSchema>;

export const listQuerySchema = z.strictObject({
  state: z.enum(['running', 'ended', 'all']).default('all'),
  q: z.string().max(LONGEST_TEXT).optional().describe("part of a VM's name, UUID, address, or of the reason"),
  outcome: z.enum(['completed', 'aborted', 'cancelled', 'failed', 'detached']).optional(),
  code: z.enum(REASON_CODES).optional().describe('of one of its reasons'),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  before: z.string().max(LONGEST_TEXT).optional().describe('the id of the last one of the page before'),
  documents: z
    .enum(['true', 'false'])
    .optional()
    .describe('true: each with the document that `switchover list --json` prints'),
});

export const waitQuerySchema = z.strictObject({
  wait: z
    .string()
    .regex(/^\d{1,3}s$/, 'write it like 60s')
    .transform((given) => Number(given.slice(0, -1)))
    .refine((s) => s <= LONGEST_WAIT_S, `at most ${LONGEST_WAIT_S}s`)
    .optional()
    .openapi({ description: 'answer when it is final, or after that time', example: '60s' }),
});

export const idParamSchema = z.object({
  id: z.string().max(LONGEST_TEXT).openapi({ example: '20261129T101500.123-vm1-505f' }),
});

export const ifMatchSchema = z.object({
  'if-match': z.string().max(200).optional().openapi({
    description: 'the ETag that was seen: nothing is done where the migration has changed since',
    example: '"42"',
  }),
});
