/**
 * How a drain stands, for programs and for rendering. Its JSON Schema is `docs/drain.schema.json`, generated from here; fields
 * are only ever added.
 */
import { z } from 'zod';
import { WAYS } from '../drain/own-word.ts';
import { phaseOf, reasonOf } from '../drain/state.ts';
import { drainExitStatus, drainWords, vmWords } from '../drain/state-words.ts';
import type { DrainRows, MoveRow } from './drain-rows.ts';
import { viewOf } from './drain-view.ts';

const time = z.string().nullable().describe('in UTC, as ISO 8601');

const vmSchema = z.object({
  uuid: z.string(),
  name: z.string(),
  state: z
    .enum(['queued', 'moving', 'moved', 'stopping', 'off', 'held', 'left', 'gone', 'unknown'])
    .describe(
      "stopping: it was asked to shut down; off: it did; held: needs a person; left: it stays, by its own or a person's word; gone: off, or moved by others; unknown: it is not certain where it runs",
    ),
  way: z.enum(WAYS).describe('how it is to leave; start: it is started again'),
  decidedBy: z.string().nullable().describe('who decided that, whatever its own word is; null: nobody'),
  words: z.string().describe('the same as a sentence'),
  to: z.string().nullable().describe('where it goes, went, or was to go last'),
  reason: z
    .object({
      code: z.string(),
      words: z.string(),
      remedy: z.string().nullable().describe('what would help, where the words do not say it'),
    })
    .nullable(),
  tries: z.number(),
  nextTry: time,
  calmUntil: time.describe(
    'it waits for a calmer moment, until then at the latest, in UTC as ISO 8601; null: it does not',
  ),
  notice: z
    .object({
      until: z.string().describe('it is not moved before, in UTC, as ISO 8601'),
      unheard: z.string().nullable().describe('why its guest could not be told; null: it was'),
    })
    .nullable()
    .describe('what its guest was told of this try, by its own word; null: nothing'),
});

export const drainStatusSchema = z.object({
  schema: z.literal(1),
  id: z.string(),
  host: z.string(),
  kind: z.enum(['drain', 'return']).describe('return: what had left the host comes back to it'),
  state: z.enum(['waiting', 'draining', 'paused', 'blocked', 'empty', 'ended']),
  words: z.string(),
  outcome: z.enum(['released', 'returned', 'cancelled', 'expired']).nullable(),
  exitStatus: z
    .number()
    .describe(
      '0 no VM is left there; 3 refused, nothing was moved; 4 some remain after failures, by their own word, or for a person to decide; 5 some remain for the deadline, a pause limit or room; 6 a person has to look',
    ),
  requestedBy: z.string(),
  reason: z.string().nullable(),
  priority: z
    .number()
    .describe('moves of drains of a higher one begin first where they compete; 0 unless it was said'),
  begun: z.string(),
  deadline: time,
  heldBy: z
    .string()
    .nullable()
    .describe('what a program before or after said that does not let it go on; null: none did'),
  trouble: z.string().nullable().describe('what the host said where it did not answer; null: it answers'),
  vms: z.array(vmSchema).describe('in the order in which they leave'),
});

export type DrainStatus = z.infer<typeof drainStatusSchema>;

export function drainStatusOf(rows: DrainRows): DrainStatus {
  const { drain, moves } = rows;
  const view = viewOf(rows);
  const { nowMs } = drain;
  return {
    ...{ schema: 1, id: drain.id, host: drain.host, kind: drain.kind, outcome: drain.outcome },
    state: phaseOf(view, nowMs),
    words: drainWords(view, nowMs),
    exitStatus: drainExitStatus(view),
    ...{ requestedBy: drain.requestedBy, reason: drain.reason, trouble: drain.trouble },
    priority: drain.priority,
    heldBy: view.heldBy ?? null,
    begun: new Date(drain.createdMs).toISOString(),
    deadline: isoOf(drain.deadlineMs),
    vms: moves.flatMap((move) => {
      const { vm, tries, destination, nextTryMs, way, decidedBy } = move;
      const record = view.vms.get(vm);
      if (!record) return [];
      const { uuid, name, state } = record;
      const reason = reasonOf(state);
      return [
        {
          ...{ uuid, name, tries, state: state.is, to: destination, way, decidedBy },
          words: vmWords(record, nowMs),
          reason: reason ? { code: reason.code, words: reason.words, remedy: reason.remedy ?? null } : null,
          nextTry: state.is === 'queued' && state.waitsFor === 'retry' ? isoOf(nextTryMs) : null,
          calmUntil: state.is === 'queued' && state.waitsFor === 'calm' ? isoOf(state.untilMs) : null,
          notice: noticeOf(move),
        },
      ];
    }),
  };
}

function noticeOf({
  state,
  notice,
  noticeUntilMs,
  noticeWords,
}: Pick<MoveRow, 'state' | 'notice' | 'noticeUntilMs' | 'noticeWords'>) {
  if (noticeUntilMs === null || notice === 'giving') return null;
  // Its next try has another one.
  if (notice === 'over' && state !== 'moved') return null;
  return { until: new Date(noticeUntilMs).toISOString(), unheard: noticeWords };
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
