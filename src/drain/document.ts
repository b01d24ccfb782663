/**
 * The `--json` document of a drain's plan, for programs. Its JSON Schema is `docs/drain-plan.schema.json`, generated from here;
 * fields are only ever added.
 */
import { z } from 'zod';
import type { Estimate } from '../model/interval.ts';
import type { DrainPlan, HeldVm, PlannedMove } from './drain-plan.ts';
import type { Reason } from './facts.ts';
import { ORDERS, type Order } from './order.ts';
import type { Refused } from './placement.ts';

const figure = z.number().nonnegative();

const estimate = z.object({ low: figure, likely: figure, high: figure });

const reason = z.object({
  code: z.string(),
  words: z.string(),
  remedy: z.string().nullable().describe('what would help, where the words do not say it'),
});

const refused = z.array(z.object({ destination: z.string(), reasons: z.array(reason) }));

const vm = { uuid: z.string(), name: z.string(), memoryBytes: figure };

export const drainDocumentSchema = z.object({
  schema: z.literal(1),
  host: z.string(),
  madeAt: z.iso.datetime().describe('when it was made, in UTC: all times of it are counted from then'),
  verdict: z
    .enum(['all-leave', 'some-stay', 'too-late', 'not-known'])
    .describe(
      'some-stay: not all can leave; too-late: all can, most likely not by the deadline, or not in the windows that there will be; not-known: all can, and how long it takes is not known',
    ),
  order: z.enum(ORDERS),
  atATime: figure.describe('the most VMs on a link at a time; memory-intensive ones have theirs alone'),
  windows: z.array(z.string()).describe('when moves may begin, as it was written; empty: at any time'),
  openings: z
    .array(
      z.object({
        opensMs: z.number().describe('after the drain begins; not above 0: it is open then'),
        closesMs: z.number().describe('nothing begins from then on until the next one opens'),
      }),
    )
    .describe('when those windows are open, from the first on until the last one has started'),
  held: z
    .array(
      z.object({
        ...vm,
        kind: z
          .enum(['permanent', 'capacity', 'transient', 'no-pause-fits', 'unknown-side'])
          .describe('what it takes: a change of the VM or the hosts, room, time, or a longer pause'),
        reasons: z.array(reason).describe('that hold whatever the destination'),
        refused: refused.describe('what each destination has against it'),
      }),
    )
    .describe('who cannot leave'),
  moves: z
    .array(
      z.object({
        ...vm,
        to: z.string(),
        refused: refused.describe('the other destinations that cannot have it, and why'),
        memoryIntensive: z.boolean().describe('it stops for longer than what is always fine'),
        among: figure.describe('the most VMs on its link at a time, itself included'),
        startsMs: estimate.nullable().describe('after the drain begins; null: not known, or it never begins'),
        endsMs: estimate.nullable(),
        totalMs: estimate.nullable(),
        pauseMs: estimate.nullable().describe('how long it stands still'),
        noticeMs: figure.describe(
          'before that, from when it starts on, its guest has its notice; 0: it has none',
        ),
        unknown: z.string().nullable().describe('why it has no times'),
      }),
    )
    .describe('in the order in which they start'),
  stopped: z
    .array(
      z.object({ ...vm, returns: z.boolean().describe('it is started again once its host is released') }),
    )
    .describe('who is shut down, by its own word'),
  wholeMs: estimate
    .nullable()
    .describe('until the last one has left, of those that can; null: not known, or some never begin'),
  deadline: z
    .object({
      ms: z.number().describe('from the start of the drain'),
      verdict: z.enum(['holds', 'doubtful', 'missed']),
      probability: z.number().nullable().describe('that all moves have arrived by then; null: not known'),
      startTooLate: z.array(z.string()).describe('VMs that would most likely not have begun by then'),
    })
    .nullable(),
  room: z.object({
    neededBytes: figure,
    freeBytes: figure.nullable().describe('of all destinations; null: one of them does not tell'),
    reservedBytes: figure.describe('of that, kept free'),
  }),
  unreachable: z.array(z.object({ destination: z.string(), words: z.string() })),
  shutOff: figure.describe('domains of the host that do not run, and stay'),
});

export type DrainDocument = z.infer<typeof drainDocumentSchema>;

/** All that a drain's plan is shown from. */
export interface PlannedDrain {
  readonly host: string;
  /** From when on the plan's times are counted, in ms since 1970. */
  readonly madeMs: number;
  readonly order: Order;
  readonly atATime: number;
  /** As they were written; undefined: moves begin at any time. */
  readonly windows?: readonly string[] | undefined;
  readonly plan: DrainPlan;
  /** Why the times of a VM are not known, by its UUID. */
  readonly unknown: ReadonlyMap<string, string>;
  /** Destinations that could not be asked, with what they say. */
  readonly unreachable: ReadonlyMap<string, string>;
  /** Domains that do not run, and stay. */
  readonly shutOff: number;
  /** Where VMs that are busy wait for a calmer moment; left out: they do not. */
  readonly calm?: { readonly withinMs: number | undefined } | undefined;
}

export function drainDocumentOf(planned: PlannedDrain): DrainDocument {
  const { host, order, atATime, plan, unreachable, shutOff } = planned;
  const { verdict, moves, held, stopped, wholeMs, deadline, room, openings } = plan;
  return {
    ...{ schema: 1, host, verdict, order, atATime, shutOff },
    madeAt: new Date(planned.madeMs).toISOString(),
    windows: [...(planned.windows ?? [])],
    openings: openings.map(({ opensMs, closesMs }) => ({
      ...{ opensMs: Math.round(opensMs), closesMs: Math.round(closesMs) },
    })),
    held: held.map(heldOf),
    moves: moves.map((move) => ({ ...moveOf(move), unknown: whyNoTimes(move, planned) ?? null })),
    stopped: stopped.map(({ uuid, name, memoryBytes, word }) => ({
      ...{ uuid, name, memoryBytes },
      returns: word === 'shutdown-and-return',
    })),
    wholeMs: rounded(wholeMs),
    deadline: deadline
      ? {
          ...{ ms: Math.round(deadline.ms), verdict: deadline.verdict },
          probability: deadline.probability ?? null,
          startTooLate: [...deadline.startTooLate],
        }
      : null,
    room: { ...room, freeBytes: room.freeBytes ?? null },
    unreachable: [...unreachable].map(([destination, words]) => ({ destination, words })),
  };
}

/** One sentence; undefined: it has some, or nobody knows. */
export function whyNoTimes(
  { vm }: PlannedMove,
  { plan, unknown }: Pick<PlannedDrain, 'plan' | 'unknown'>,
): string | undefined {
  const never = plan.neverBegin.includes(vm.name);
  return unknown.get(vm.uuid) ?? (never ? 'no window will open any more in which it could begin' : undefined);
}

function heldOf({ vm: { uuid, name, memoryBytes }, kind, reasons, refused: by }: HeldVm) {
  return { uuid, name, memoryBytes, kind, reasons: reasons.map(reasonOf), refused: by.map(refusedOf) };
}

function moveOf(move: PlannedMove) {
  const { uuid, name, memoryBytes } = move.vm;
  return {
    ...{
      uuid,
      name,
      memoryBytes,
      to: move.to.name,
      memoryIntensive: move.memoryIntensive,
      among: move.among,
    },
    refused: move.refused.map(refusedOf),
    startsMs: rounded(move.times?.startMs),
    endsMs: rounded(move.times?.endMs),
    totalMs: rounded(move.totalMs),
    pauseMs: rounded(move.pauseMs),
    noticeMs: move.vm.forecast?.noticeMs ?? 0,
  };
}

function refusedOf({ destination, reasons }: Refused) {
  return { destination, reasons: reasons.map(reasonOf) };
}

function reasonOf({ code, words, remedy }: Reason) {
  return { code, words, remedy: remedy ?? null };
}

function rounded(estimated: Estimate | undefined) {
  if (!estimated) return null;
  const { low, middle, high } = estimated;
  return { low: Math.round(low), likely: Math.round(middle), high: Math.round(high) };
}
