/** A migration in one line of a table: what is known of it now, and what can be done about it. */
import { z } from '@hono/zod-openapi';
import type { MigrationView } from '../journal/view.ts';
import type { Tick } from '../model/observation.ts';
import { roomyLimitMs } from '../model/roomy-limit.ts';
import { formatDuration, spellDuration } from '../model/units.ts';
import { forecastEndOf } from './forecast-end.ts';
import type { LiveMigration } from './live-migrations.ts';

const bytes = z.number().nonnegative();
const rate = z.number().nonnegative().nullable();
const ms = z.number().nonnegative();

/** All codes that a migration's reasons can have. */
export const REASON_CODES = [
  'needs-a-person',
  'needs-longer-pause',
  'pause-over-limit',
  'braked',
  'post-copy',
  'connection-lost',
  'warning',
] as const;

const reasonSchema = z.object({
  code: z.enum(REASON_CODES),
  words: z.string(),
  remedy: z.string().nullable().describe('what would help'),
});
type Reason = z.infer<typeof reasonSchema>;

/** What can be asked for now. */
export const ACTIONS = ['cancel', 'limits', 'switchover'] as const;

const EXAMPLE = {
  id: '20261129T101500.123-vm1-505f',
  vm: 'vm1',
  vmUuid: '1b4e28ba-2fa1-41d2-883f-0016d3cca427',
  source: 'qemu:///system#vm1',
  destination: 'qemu+ssh://root@host2/system#vm1',
  policy: 'forecast',
  origin: 'migrate',
  startedAt: '2026-11-29T10:15:00.123Z',
  updatedAt: '2026-11-29T10:15:03.402Z',
  revision: 12,
  state: 'copying',
  final: false,
  outcome: null,
  runsOn: null,
  followed: true,
  pass: 2,
  elapsedMs: 3279,
  memoryBytes: 536_870_912,
  remainingBytes: 145_000_000,
  sentBytes: 207_000_000,
  transferBytesPerSecond: 58_700_000,
  dirtyBytesPerSecond: 40_900_000,
  forecastPauseMs: 2510,
  forecastEndMs: { lowMs: 5900, likelyMs: 6200, highMs: 8000 },
  downtimeMs: 300,
  maxDowntimeMs: 5000,
  bandwidthBytesPerSecond: null,
  pauseMs: null,
  encrypted: false,
  braked: false,
  waitsFor: 'memory-intensive: 145 MB dirty; a pause of 2.51 s, within --max-downtime 5 s',
  requestedBy: 'ops',
  reason: 'maintenance of host1',
  correlationId: null,
  reasons: [],
  actions: ['cancel', 'limits'],
};

export const migrationSummarySchema = z
  .object({
    id: z.string(),
    vm: z.string().describe("the guest's name"),
    vmUuid: z.string().nullable(),
    source: z.string().describe('address of the VM on the source'),
    destination: z.string().nullable(),
    policy: z.string(),
    origin: z.enum(['migrate', 'attach']).describe('begun by switchover, or taken over'),
    startedAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    revision: z.int().nonnegative().describe('rises whenever something is new'),
    state: z.string().describe('copying, switching-over, post-copy, …; ended once it is final'),
    final: z.boolean().describe('nothing of it changes any more by itself'),
    outcome: z.enum(['completed', 'aborted', 'cancelled', 'failed', 'detached']).nullable(),
    runsOn: z.enum(['source', 'destination', 'nowhere', 'unknown']).nullable(),
    followed: z.boolean().describe('this service follows it: only then can it be acted on here'),
    pass: z.int().nullable(),
    elapsedMs: ms,
    memoryBytes: bytes,
    remainingBytes: bytes.nullable(),
    sentBytes: bytes,
    transferBytesPerSecond: rate,
    dirtyBytesPerSecond: rate.describe('found dirty over the last pass'),
    forecastPauseMs: ms
      .nullable()
      .describe(
        'how long the guest would pause if it were stopped at the last boundary; null: in its first pass, at whose beginning all of its memory remains',
      ),
    forecastEndMs: z
      .object({
        lowMs: ms.describe('at the earliest'),
        likelyMs: ms.nullable().describe('null: at which stop is not known'),
        highMs: ms.nullable().describe('at the latest; null: no end is certain'),
      })
      .nullable()
      .describe(
        'when the guest runs on the destination, counted from the start, as long as guest and link stay as they are; null: over, or not known yet',
      ),
    downtimeMs: ms,
    maxDowntimeMs: ms,
    bandwidthBytesPerSecond: rate.describe('cap of its passes; null: none is asked for'),
    pauseMs: ms.nullable().describe('how long the guest stood still, measured'),
    encrypted: z.boolean().nullable(),
    braked: z.boolean().describe('the guest is, or was, slowed down'),
    waitsFor: z.string().describe('in words: what it waits for; once it is final, what happened'),
    requestedBy: z.string().nullable(),
    reason: z.string().nullable(),
    correlationId: z.string().nullable(),
    reasons: z.array(reasonSchema),
    actions: z.array(z.enum(ACTIONS)),
  })
  .openapi('MigrationSummary', { example: EXAMPLE });

export type MigrationSummary = z.infer<typeof migrationSummarySchema>;

/** @param live as it is followed, or as it was read from its journal */
export function summaryOf(live: LiveMigration): MigrationSummary {
  const { view, ticks, writer } = live;
  const { outcome, limits } = view;
  const boundary = view.boundaries.at(-1);
  const tick = view.lastTick;
  const seen = tick && (!boundary || tick.atMs >= boundary.atMs) ? tick : boundary;
  const final = outcome !== undefined && writer === undefined;
  return {
    id: view.id,
    vm: view.guest.name,
    vmUuid: view.vmUuid,
    source: view.vm,
    destination: view.destination,
    policy: view.policy,
    origin: view.origin,
    startedAt: view.startedAt,
    updatedAt: live.updatedAt,
    // That nobody writes it any more is new too.
    revision: live.lastSeq + (writer === undefined ? 2 : 1),
    state: outcome === undefined ? view.state : 'ended',
    final,
    outcome: outcome?.outcome ?? null,
    runsOn: outcome?.runsOn ?? null,
    followed: writer !== undefined,
    pass: seen?.pass ?? null,
    elapsedMs: outcome?.totalMs ?? live.lastAtMs,
    memoryBytes: view.guest.memoryBytes,
    remainingBytes: seen?.remainingBytes ?? null,
    sentBytes: outcome?.sentBytes ?? seen?.sentBytes ?? 0,
    transferBytesPerSecond: transferRate(ticks) ?? boundary?.ended?.bandwidthBytesPerSecond ?? null,
    dirtyBytesPerSecond: boundary?.ended?.dirtyRateBytesPerSecond ?? null,
    // What a pause would be as the first pass begins, with all of the memory, foretells none.
    forecastPauseMs: boundary && endsAPass(boundary) ? (boundary.pauseForecastMs ?? null) : null,
    forecastEndMs: writer === undefined ? null : forecastEndOf(view, ticks, live.lastAtMs),
    downtimeMs: limits.downtimeMs,
    maxDowntimeMs: limits.maxDowntimeMs,
    bandwidthBytesPerSecond: limits.bandwidthBytesPerSecond ?? null,
    pauseMs: outcome?.pauseMs ?? null,
    encrypted: outcome?.encrypted ?? view.encrypted,
    braked: (tick?.throttlePercent ?? 0) > 0 || (outcome?.brownOut ?? null) !== null,
    waitsFor: outcome?.reason ?? view.decisions.at(-1)?.reason ?? 'the first pass over its memory',
    requestedBy: view.initiator?.user ?? null,
    reason: view.reason,
    correlationId: view.correlationId,
    reasons: reasonsOf(view),
    actions: writer === undefined || outcome !== undefined ? [] : actionsIn(view.state),
  };
}

function actionsIn(state: string): (typeof ACTIONS)[number][] {
  return ACTIONS.filter((action) => action !== 'switchover' || state === 'copying');
}

/** Over the last second or so of samples. */
function transferRate(ticks: readonly Tick[]): number | undefined {
  const last = ticks.at(-1);
  const before = last && ticks.findLast(({ atMs }) => last.atMs - atMs >= 900);
  if (!last || !before) return undefined;
  return Math.max(0, (1000 * (last.sentBytes - before.sentBytes)) / (last.atMs - before.atMs));
}

/** Codes stay the same when words change: they are searched by. */
export function reasonsOf(view: MigrationView): Reason[] {
  const { outcome, limits, warnings, monitorEvents } = view;
  const reasons: Reason[] = [];
  const add = (code: Reason['code'], words: string, remedy: string | null = null) => {
    reasons.push({ code, words, remedy });
  };
  if (outcome?.runsOn === 'unknown')
    add('needs-a-person', outcome.reason, 'find out which host has the guest');
  if (outcome && outcome.neededPauseMs !== null)
    add(
      'needs-longer-pause',
      `a pause of ${formatDuration(outcome.neededPauseMs)} would have been needed`,
      `allow ${spellDuration(roomyLimitMs(outcome.neededPauseMs))}, or a brake`,
    );
  if (outcome && (outcome.pauseMs ?? 0) > limits.maxDowntimeMs)
    add(
      'pause-over-limit',
      `the guest stood still for ${formatDuration(outcome.pauseMs ?? 0)}, over the ${formatDuration(limits.maxDowntimeMs)} that were allowed`,
    );
  if (outcome?.brownOut)
    add('braked', `the guest was slowed down for ${formatDuration(outcome.brownOut.ms)}`);
  if (view.postCopyBegan)
    add('post-copy', 'the guest ran on the destination before all of its memory was there');
  const lost = new Set(monitorEvents.filter(({ state }) => state === 'lost').map(({ side }) => side));
  for (const side of lost) add('connection-lost', `the connection to the ${side} was lost on the way`);
  for (const words of warnings) add('warning', words);
  return reasons;
}

function endsAPass({ pass, ended }: MigrationView['boundaries'][number]): boolean {
  return pass > 1 || ended !== undefined;
}
