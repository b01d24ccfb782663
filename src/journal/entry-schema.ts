/**
 * What a line of a journal must be to be believed. Each schema is checked by the compiler against the type of
 * `journal-entry.ts`; keys that are not known here are kept, since a journal may be of a newer switchover.
 *
 * JSON has neither NaN nor Infinity and writes both as null, and it leaves undefined out: {@link figure} and
 * {@link maybe} read them back.
 */
import { z } from 'zod';
import type { DirtyObservation } from '../model/dirty-curve.ts';
import type { FinishedSwitchover } from '../model/fixed-cost.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import type { EndedPass, MeasuredBoundary, Tick } from '../model/observation.ts';
import { SWITCHOVER_FIXED_COST_MS } from '../model/passes.ts';
import { COMPRESSIONS } from '../model/streams.ts';
import { BRAKE_TIMES, type Decision, type Limits, OVER_BUDGET_ACTIONS } from '../policy/policy.ts';
import type { Initiator } from './initiator.ts';
import { type GuestRecord, type Happening, INTENTS, type Settings } from './journal-entry.ts';
import type { Outcome, RemotePages } from './outcome.ts';

const figure = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

/** A key that may be missing, and whose type in the program is `T | undefined`. */
function maybe<T>(schema: z.ZodType<T>) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** Null where schema 1 had no such key. */
function since2<T>(schema: z.ZodType<T>) {
  return schema.nullish().transform((value) => value ?? null);
}

const side = z.enum(['source', 'destination']);
const anything = z.record(z.string(), z.unknown());

const limits: z.ZodType<Limits> = z.looseObject({
  downtimeMs: figure,
  maxDowntimeMs: figure,
  timeoutMs: maybe(z.number()),
  stallTimeoutMs: figure,
  bandwidthBytesPerSecond: maybe(z.number()),
  lineRateBytesPerSecond: maybe(z.number()),
  overBudget: z.enum(OVER_BUDGET_ACTIONS),
  brake: z.enum(BRAKE_TIMES).default('over-budget'),
  // Before there was a brake none was allowed.
  brakeForMs: z.number().default(0),
});

const guest: z.ZodType<GuestRecord> = z.looseObject({
  vm: z.string(),
  name: z.string(),
  hypervisor: z.string(),
  accelerator: z.enum(['kvm', 'tcg']),
  machineType: maybe(z.string()),
  memoryBytes: z.number(),
  vcpus: maybe(z.number()).optional(),
  state: z.string(),
  migrating: z.boolean(),
  losesWrites: maybe(z.string()),
});

const initiator: z.ZodType<Initiator> = z.looseObject({
  user: z.string(),
  uid: z.number(),
  host: z.string(),
  pid: z.number(),
  command: z.array(z.string()),
});

const observation: z.ZodType<DirtyObservation> = z.looseObject({
  durationMs: figure,
  bytes: figure,
  unsentBytes: z.number().exactOptional(),
});

const transfer = z.looseObject({ durationMs: figure, bytes: figure });

const finishedSwitchover: z.ZodType<FinishedSwitchover> = z.looseObject({
  pauseMs: figure,
  bytes: figure,
  lineRateBytesPerSecond: figure,
  guest: z
    .looseObject({
      isThis: z.boolean(),
      memoryBytes: maybe(z.number()),
      vcpus: maybe(z.number()).optional(),
    })
    .exactOptional(),
});

const known: z.ZodType<Foreknowledge> = z.looseObject({
  memoryBytes: maybe(z.number()),
  vcpus: maybe(z.number()).optional(),
  residentBytes: maybe(z.number()),
  probes: z.array(observation),
  earlierPasses: z.array(observation),
  firstPassBytes: maybe(z.number()),
  passTransfers: z.array(transfer),
  switchoverTransfers: z.array(transfer),
  wordMs: figure.exactOptional(),
  compressed: z.boolean().exactOptional(),
  written: z.looseObject({ left: z.number(), bytesPerSecond: z.number() }).exactOptional(),
  switchovers: z.array(finishedSwitchover),
});

const counters = {
  atMs: z.number(),
  pass: z.number(),
  sentBytes: figure,
  carriedBytes: figure.exactOptional(),
  remainingBytes: figure,
  totalBytes: figure,
};

const endedPass: z.ZodType<EndedPass> = z.looseObject({
  durationMs: figure,
  sentBytes: figure,
  carriedBytes: figure.exactOptional(),
  beganWithBytes: z.number().exactOptional(),
  bandwidthBytesPerSecond: figure,
  dirtyRateBytesPerSecond: figure,
});

const boundary: z.ZodType<MeasuredBoundary> = z.looseObject({
  kind: z.literal('boundary'),
  ...counters,
  throttlePercent: z.number().exactOptional(),
  ended: maybe(endedPass),
  lineRateBytesPerSecond: maybe(z.number()),
  pauseForecastMs: maybe(z.number()),
});

const tick: z.ZodType<Tick> = z.looseObject({
  kind: z.literal('tick'),
  ...counters,
  throttlePercent: figure,
});

const reasoned = { reason: z.string(), memoryIntensive: z.boolean().exactOptional() };

/** What a decision was made with; journals of schema 1 do not say, and it was the model's figure then. */
const reckonedWith = {
  lineRateBytesPerSecond: maybe(z.number()),
  perWireByte: z.number().exactOptional(),
  fixedCostMs: z.number().default(SWITCHOVER_FIXED_COST_MS),
};

const limitAsIs = z.looseObject({
  action: z.literal('set-downtime-limit'),
  downtimeLimitMs: figure,
  asIs: z.literal(true),
  ...reasoned,
});

const limit = z.looseObject({
  action: z.literal('set-downtime-limit'),
  downtimeLimitMs: figure,
  asIs: z.literal(false).exactOptional(),
  ...reckonedWith,
  ...reasoned,
});

const sparedPause = z.looseObject({ pauseMs: figure, exchangeRate: figure, brownOutPrice: figure });

const otherDecision = z.discriminatedUnion('action', [
  z.looseObject({ action: z.literal('continue'), ...reasoned }),
  z.looseObject({
    action: z.literal('switchover'),
    acceptedPauseMs: figure,
    ...reckonedWith,
    ...reasoned,
  }),
  z.looseObject({
    action: z.literal('throttle'),
    throttlePercent: figure,
    insteadOf: sparedPause.exactOptional(),
    fixedCostMs: figure.exactOptional(),
    ...reasoned,
  }),
  z.looseObject({ action: z.literal('suspend'), ...reasoned }),
  z.looseObject({ action: z.literal('post-copy'), ...reasoned }),
  z.looseObject({ action: z.literal('abort'), neededPauseMs: maybe(z.number()), ...reasoned }),
]);

const decision: z.ZodType<Decision> = z.union([limitAsIs, limit, otherDecision]);

const settings: z.ZodType<Settings> = z.looseObject({
  parameters: anything,
  capabilities: z.record(z.string(), z.boolean()),
  other: anything.optional(),
  made: z.array(z.string()).optional(),
});

const remotePages: z.ZodType<RemotePages> = z.looseObject({
  ms: z.number().nullable(),
  allBlockedMs: z.number().nullable(),
  vcpuBlockedMs: z.array(z.number()).nullable(),
  pageLatencyMs: z.number().nullable(),
});

const outcome: z.ZodType<Outcome> = z.looseObject({
  outcome: z.enum(['completed', 'aborted', 'cancelled', 'failed', 'detached']),
  runsOn: z.enum(['source', 'destination', 'nowhere', 'unknown']),
  reason: z.string(),
  pauseMs: z.number().nullable(),
  brownOut: z.looseObject({ ms: figure, percent: figure }).nullable().exactOptional(),
  totalMs: figure,
  sentBytes: figure,
  memoryIntensive: z.boolean().nullable(),
  neededPauseMs: z.number().nullable(),
  reportedDowntimeMs: z.number().nullable(),
  remotePages: remotePages.nullable().exactOptional(),
  encrypted: z.boolean().nullable().exactOptional(),
});

type Of<T extends Happening['type']> = Extract<Happening, { readonly type: T }>;

/** One schema for each kind of entry: the compiler misses one that is not here. */
export const HAPPENING_SCHEMAS: { readonly [T in Happening['type']]: z.ZodType<Of<T>> } = {
  opened: z.looseObject({
    type: z.literal('opened'),
    id: z.string(),
    origin: z.enum(['migrate', 'attach']),
    switchoverVersion: z.string(),
    vm: z.string(),
    vmUuid: since2(z.string()),
    destination: z.string().nullable(),
    migrateUri: z.string().nullable(),
    policy: z.string(),
    limits,
    guest,
    initiator: since2(initiator),
    reason: since2(z.string()),
    correlationId: since2(z.string()),
    continues: since2(z.string()),
    inherits: z.array(z.looseObject({ side, settings })).default([]),
    destinationWaits: z.boolean().default(false),
    streams: z
      .looseObject({ connections: figure, compression: z.enum(COMPRESSIONS) })
      .nullable()
      .default(null),
    encrypted: z.boolean().nullable().default(null),
  }),
  foreseen: z.looseObject({ type: z.literal('foreseen'), known, tookMs: figure }),
  probed: z.looseObject({ type: z.literal('probed'), probe: observation }),
  before: z.looseObject({ type: z.literal('before'), side, settings }),
  restored: z.looseObject({ type: z.literal('restored'), side, problem: z.string().nullable() }),
  intent: z.looseObject({ type: z.literal('intent'), intent: z.enum(INTENTS), side: side.nullable() }),
  state: z.looseObject({ type: z.literal('state'), from: z.string(), to: z.string() }),
  boundary: z.looseObject({ type: z.literal('boundary'), boundary }),
  tick: z.looseObject({ type: z.literal('tick'), tick }),
  limits: z.looseObject({ type: z.literal('limits'), limits, reason: z.string().nullable() }),
  decision: z.looseObject({ type: z.literal('decision'), pass: z.number(), decision }),
  effect: z.looseObject({ type: z.literal('effect'), did: z.string(), set: anything.optional() }),
  guest: z.looseObject({ type: z.literal('guest'), event: z.enum(['stopped', 'resumed']), side }),
  status: z.looseObject({ type: z.literal('status'), status: z.string() }),
  monitor: z.looseObject({
    type: z.literal('monitor'),
    side,
    state: z.enum(['lost', 'back', 'ended']),
    words: z.string(),
  }),
  located: z.looseObject({ type: z.literal('located'), source: z.string(), destination: z.string() }),
  warning: z.looseObject({ type: z.literal('warning'), message: z.string() }),
  ended: z.looseObject({ type: z.literal('ended'), outcome }),
};

/** What every entry has, whatever happened. */
export const STAMP_SCHEMA = z.looseObject({
  schema: z.int(),
  type: z.string(),
  atMs: z.number(),
  // A writer that goes on counts on from the last one.
  seq: z.int().nonnegative(),
  time: z.string(),
});
