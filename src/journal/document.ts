/**
 * The `--json` document of a migration, for programs. Its JSON Schema is `docs/migration.schema.json`,
 * generated from here; fields are only ever added.
 */
import { z } from 'zod';
import type { Outcome } from './outcome.ts';
import type { MigrationView } from './view.ts';

const bytes = z.int().nonnegative();
const rate = z.number().nonnegative().nullable();
const ms = z.number().nonnegative();

export const migrationDocumentSchema = z.object({
  schema: z.literal(1),
  id: z.string(),
  vm: z.string().describe("the guest's name"),
  source: z.string().describe('address of the VM on the source'),
  destination: z
    .string()
    .nullable()
    .describe('address of the VM on the destination; null when it was not given'),
  vmUuid: z.string().nullable().describe('null where the hypervisor tells none, or an old journal kept none'),
  startedAt: z.iso.datetime(),
  initiator: z
    .object({
      user: z.string(),
      uid: z.int(),
      host: z.string(),
      pid: z.int(),
      command: z.array(z.string()),
    })
    .nullable()
    .describe('who asked for it; null in an old journal'),
  initiatorReason: z.string().nullable().describe('why, in the words of the initiator'),
  correlationId: z.string().nullable().describe("the initiator's own number for it"),
  continues: z.string().nullable().describe('id of the journal that this one goes on from'),
  policy: z.string(),
  outcome: z
    .enum(['completed', 'aborted', 'cancelled', 'failed', 'detached'])
    .nullable()
    .describe('null in the journal of a migration that switchover did not see to its end'),
  runsOn: z
    .enum(['source', 'destination', 'nowhere', 'unknown'])
    .describe('the side that has the guest now; nowhere: it ended by itself; unknown: an operator is needed'),
  pauseMs: ms
    .nullable()
    .describe('STOP on the source to RESUME (or the successful cont) on the side that runs it'),
  brownOut: z
    .object({ ms, percent: z.number().min(0).max(100) })
    .nullable()
    .describe(
      'how long the guest was slowed down before the pause, and by how much at most; null: it was not',
    ),
  remotePages: z
    .object({
      ms: ms
        .nullable()
        .describe(
          'from the guest running on the destination to the arrival of its last page; null: not seen from beginning to end',
        ),
      allBlockedMs: ms
        .nullable()
        .describe("of that, how long all vCPUs at once waited for pages, by QEMU's count; null: not counted"),
      vcpuBlockedMs: z
        .array(ms)
        .nullable()
        .describe("how long each vCPU waited for pages, by QEMU's count; null: not counted"),
      pageLatencyMs: ms
        .nullable()
        .describe('from asking for a page to having it, on average (QEMU 10.1); null: not counted'),
    })
    .nullable()
    .describe('what post-copy cost: the guest ran before all of its memory was there; null: it never did'),
  totalMs: ms,
  sentBytes: bytes,
  memoryIntensive: z.boolean().nullable().describe('null where the policy takes no view'),
  neededPauseMs: ms
    .nullable()
    .describe('the pause that would have been needed, where it was aborted for that'),
  reportedDowntimeMs: ms.nullable().describe("QEMU's own downtime figure, for comparison"),
  encrypted: z
    .boolean()
    .nullable()
    .describe(
      'whether the hypervisors encrypted the memory on its way (TLS); null: not known, as where somebody else began it',
    ),
  limits: z.object({
    downtimeMs: ms,
    maxDowntimeMs: ms,
    timeoutMs: ms.nullable(),
    stallTimeoutMs: ms,
    bandwidthBytesPerSecond: rate,
    lineRateBytesPerSecond: rate,
    overBudget: z.string(),
    brake: z.string(),
    brakeForMs: ms.nullable(),
  }),
  streams: z
    .object({ connections: z.int().positive(), compression: z.string() })
    .nullable()
    .describe(
      'over how many connections memory was sent, and how compressed; null: as the hypervisor was set',
    ),
  guest: z.object({ hypervisor: z.string(), accelerator: z.string(), memoryBytes: bytes }),
  foreseen: z
    .object({
      tookMs: ms.describe('how long finding out took, before the start'),
      probes: z.array(z.object({ durationMs: ms, dirtiedBytes: z.number().nonnegative() })),
      earlierPasses: z
        .int()
        .nonnegative()
        .describe("passes of this guest's earlier migrations that were used"),
    })
    .nullable()
    .describe(
      'what was known before the start and by a probe; null in journals of versions that did not ask for every policy',
    ),
  boundaries: z.array(
    z.object({
      pass: z.int().positive(),
      atMs: ms,
      sentBytes: bytes,
      remainingBytes: bytes,
      dirtyRateBytesPerSecond: rate,
      bandwidthBytesPerSecond: rate,
      pauseForecastMs: ms.nullable(),
    }),
  ),
  decisions: z.array(z.object({ atMs: ms, pass: z.int(), action: z.string(), reason: z.string() })),
  effects: z.array(
    z.object({
      atMs: ms,
      did: z.string(),
      set: z.record(z.string(), z.unknown()).nullable().describe('what was set, as data; null: nothing'),
    }),
  ),
  warnings: z.array(z.string()),
  reason: z.string().describe('one sentence: what happened, where the guest is, what to do'),
});

export type MigrationDocument = z.infer<typeof migrationDocumentSchema>;

export function documentOf(view: MigrationView): MigrationDocument {
  const { outcome, limits, guest } = view;
  const last = view.boundaries.at(-1);
  return {
    schema: 1,
    id: view.id,
    vm: guest.name,
    source: view.vm,
    destination: view.destination,
    vmUuid: view.vmUuid,
    startedAt: view.startedAt,
    initiator: view.initiator && {
      user: view.initiator.user,
      uid: view.initiator.uid,
      host: view.initiator.host,
      pid: view.initiator.pid,
      command: [...view.initiator.command],
    },
    initiatorReason: view.reason,
    correlationId: view.correlationId,
    continues: view.continues,
    policy: view.policy,
    outcome: outcome?.outcome ?? null,
    runsOn: outcome?.runsOn ?? 'unknown',
    pauseMs: outcome?.pauseMs ?? null,
    brownOut: outcome?.brownOut ?? null,
    remotePages: remotePagesOf(outcome),
    totalMs: outcome?.totalMs ?? view.lastTick?.atMs ?? last?.atMs ?? 0,
    sentBytes: outcome?.sentBytes ?? view.lastTick?.sentBytes ?? last?.sentBytes ?? 0,
    memoryIntensive: outcome?.memoryIntensive ?? null,
    neededPauseMs: outcome?.neededPauseMs ?? null,
    reportedDowntimeMs: outcome?.reportedDowntimeMs ?? null,
    encrypted: (outcome ? outcome.encrypted : view.encrypted) ?? null,
    limits: {
      downtimeMs: limits.downtimeMs,
      maxDowntimeMs: limits.maxDowntimeMs,
      timeoutMs: limits.timeoutMs ?? null,
      stallTimeoutMs: limits.stallTimeoutMs,
      bandwidthBytesPerSecond: limits.bandwidthBytesPerSecond ?? null,
      lineRateBytesPerSecond: limits.lineRateBytesPerSecond ?? null,
      overBudget: limits.overBudget,
      brake: limits.brake,
      // Journals of before there was a brake have no such limit.
      brakeForMs: limits.brakeForMs === 0 ? null : limits.brakeForMs,
    },
    streams: view.streams && { ...view.streams },
    guest: { hypervisor: guest.hypervisor, accelerator: guest.accelerator, memoryBytes: guest.memoryBytes },
    foreseen: view.foreseen
      ? {
          tookMs: view.foreseen.tookMs,
          probes: view.foreseen.known.probes.map(({ durationMs, bytes }) => ({
            durationMs,
            dirtiedBytes: bytes,
          })),
          earlierPasses: view.foreseen.known.earlierPasses.length,
        }
      : null,
    boundaries: view.boundaries.map((boundary) => ({
      pass: boundary.pass,
      atMs: boundary.atMs,
      sentBytes: boundary.sentBytes,
      remainingBytes: boundary.remainingBytes,
      dirtyRateBytesPerSecond: boundary.ended?.dirtyRateBytesPerSecond ?? null,
      bandwidthBytesPerSecond: boundary.ended?.bandwidthBytesPerSecond ?? null,
      pauseForecastMs: boundary.pauseForecastMs ?? null,
    })),
    decisions: view.decisions.map(({ atMs, pass, action, reason }) => ({ atMs, pass, action, reason })),
    effects: view.effects.map(({ atMs, did, set }) => ({ atMs, did, set: set ? { ...set } : null })),
    warnings: [...view.warnings],
    reason:
      outcome?.reason ??
      'switchover did not see the end of this migration; `switchover attach` finds out what became of it',
  };
}

function remotePagesOf(outcome: Outcome | undefined): MigrationDocument['remotePages'] {
  const { remotePages = null } = outcome ?? {};
  if (!remotePages) return null;
  const { ms, allBlockedMs, vcpuBlockedMs, pageLatencyMs } = remotePages;
  return { ms, allBlockedMs, vcpuBlockedMs: vcpuBlockedMs && [...vcpuBlockedMs], pageLatencyMs };
}
