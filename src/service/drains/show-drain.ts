/** Puts together how a drain stands, from its rows, from what it was expected to take, and from what its destinations say. Pure. */
import { failureClass, isOut } from '../../drain/failures.ts';
import type { HostLoad } from '../../fleet/drain-detail.ts';
import { type DrainShown, forecastEndOf, settingsOf } from '../../fleet/drain-forecast.ts';
import type { DrainRows, MoveRow } from '../../fleet/drain-rows.ts';
import { drainStatusOf } from '../../fleet/drain-status.ts';
import { holdsClaims, isAlone } from '../../fleet/move.ts';
import { WAS_UNKNOWN } from '../../fleet/next-step.ts';
import {
  type DestinationView,
  type DrainSummary,
  type DrainView,
  type DrainVmView,
  VM_STATES,
} from './drain-document.ts';

const GIB = 2 ** 30;

/** What a destination said last; a sentence: why it says nothing. */
export type Room =
  | { readonly freeBytes: number | undefined; readonly largestBytes: number }
  | string
  | undefined;

export type Shown = DrainShown;

export interface Around {
  readonly loads: ReadonlyMap<string, HostLoad>;
  roomOf(host: string): Room;
  /** Id of the migration of that move that the service knows. */
  migrationOf(move: MoveRow): string | null;
}

export function drainSummaryOf(shown: Shown): DrainSummary {
  const { rows, detail } = shown;
  const { vms, ...status } = drainStatusOf(rows);
  const { drain, moves } = rows;
  const isThere = new Map(
    vms.map(({ uuid, state }) => [uuid, state !== 'moved' && state !== 'gone' && state !== 'off']),
  );
  const bytesOf = (which: (vm: string) => boolean) =>
    moves.reduce((sum, { vm, memoryBytes }) => sum + (which(vm) ? memoryBytes : 0), 0);
  return {
    ...status,
    final: drain.state === 'ended',
    revision: detail.revision,
    waitsFor: status.words,
    reasons: reasonsOf(status.trouble, vms),
    actions: actionsOf(rows, status.state),
    endedAt: isoOf(detail.endedMs),
    forecastEnd: forecastOf(shown, status.state),
    emptySince: isoOf(detail.looksEmptySinceMs),
    counts: Object.fromEntries(
      VM_STATES.map((state) => [state, vms.filter((vm) => vm.state === state).length]),
    ) as DrainSummary['counts'],
    memoryBytes: { all: bytesOf(() => true), left: bytesOf((vm) => isThere.get(vm) === true) },
  };
}

export function drainViewOf(shown: Shown, around: Around): DrainView {
  const { rows, detail } = shown;
  const byVm = new Map(rows.moves.map((move) => [move.vm, move]));
  const isOver = rows.drain.state === 'ended' || rows.drain.intent === 'cancelled';
  return {
    ...drainSummaryOf(shown),
    vms: drainStatusOf(rows).vms.map((vm): DrainVmView => {
      const move = byVm.get(vm.uuid);
      const times = detail.moves.get(vm.uuid);
      return {
        ...vm,
        memoryBytes: move?.memoryBytes ?? 0,
        memoryIntensive: move !== undefined && isAlone(move),
        startedAt: isoOf(vm.state === 'queued' ? null : (times?.beginsMs ?? null)),
        endedAt: isoOf(times?.endedMs ?? null),
        migration: move ? around.migrationOf(move) : null,
        actions: isOver || !move ? [] : vmActionsOf(move, rows.drain.kind),
      };
    }),
    destinations: destinationsOf(rows, around),
  };
}

/** Told in the order of what a person has to do. */
function actionsOf({ drain, moves }: DrainRows, state: string): DrainSummary['actions'] {
  const mayReturn =
    drain.kind === 'drain' && drain.outcome !== 'returned' && isLeft(moves) ? (['return'] as const) : [];
  // Its host is not a destination again before that.
  if (drain.state === 'ended')
    return drain.outcome === 'expired' ? ['release', ...mayReturn] : [...mayReturn];
  const wasUnknown = moves.some((move) => move.state === 'held' && move.code === WAS_UNKNOWN);
  return [
    ...(drain.intent === 'go' && state !== 'empty' ? (['pause'] as const) : []),
    ...(drain.intent === 'paused' || (wasUnknown && drain.intent !== 'cancelled')
      ? (['resume'] as const)
      : []),
    ...(drain.intent === 'cancelled' || state === 'empty' ? [] : (['cancel'] as const)),
    'release',
    ...mayReturn,
  ];
}

/** Something has left by its doing, and nothing of it is on its way: that can be brought back. */
function isLeft(moves: readonly MoveRow[]): boolean {
  return (
    !moves.some(({ state }) => holdsClaims(state)) &&
    moves.some(({ state, way }) => state === 'moved' || (state === 'off' && way === 'shutdown-and-return'))
  );
}

/** Of one of which nobody knew where it ran: the drain is resumed, once a person has looked. */
function vmActionsOf({ state, code }: MoveRow, kind: 'drain' | 'return'): DrainVmView['actions'] {
  // What comes back is not shut down instead.
  const decide = kind === 'drain' ? (['decide'] as const) : [];
  if (state === 'left' || state === 'queued') return [...decide];
  if (state !== 'held' || code === WAS_UNKNOWN) return [];
  const isTooLong = code !== null && failureClass(code) === 'no-pause-fits';
  return [...(isTooLong ? (['allow-pause'] as const) : []), 'retry', ...decide];
}

function reasonsOf(
  trouble: string | null,
  vms: ReturnType<typeof drainStatusOf>['vms'],
): DrainSummary['reasons'] {
  const reasons: (Omit<DrainSummary['reasons'][number], 'vms'> & { readonly vms: string[] })[] =
    trouble === null ? [] : [{ code: 'host-silent', words: trouble, remedy: null, vms: [] }];
  for (const { name, reason, state } of vms) {
    if (!reason || state === 'moved' || state === 'gone') continue;
    const same = reasons.find(({ code, words }) => code === reason.code && words === reason.words);
    if (same) same.vms.push(name);
    else reasons.push({ ...reason, vms: [name] });
  }
  return reasons;
}

function destinationsOf({ drain, moves, hosts }: DrainRows, { loads, roomOf }: Around): DestinationView[] {
  const settings = settingsOf(drain.settings);
  return (settings?.to ?? []).map(({ uri }) => {
    const room = roomOf(uri);
    const { freeBytes, largestBytes } =
      typeof room === 'object' ? room : { freeBytes: undefined, largestBytes: undefined };
    const { promisedGib = 0, coming = 0, cordon } = loads.get(uri) ?? {};
    const record = hosts.get(uri);
    const isOutNow = record !== undefined && isOut(record.breaker, drain.nowMs);
    return {
      host: uri,
      problem: typeof room === 'string' ? room : room === undefined ? 'it was not asked yet' : null,
      freeBytes: freeBytes ?? null,
      promisedBytes: promisedGib * GIB,
      keptFreeBytes: settings?.reserveBytes ?? largestBytes ?? null,
      coming,
      arrived: moves.filter(({ state, destination }) => state === 'moved' && destination === uri).length,
      cordonedBy:
        cordon?.by ?? (record?.isDrained ? 'it is being emptied itself, or was and is not released' : null),
      outUntil: isOutNow ? isoOf(record.breaker.outUntilMs ?? null) : null,
    };
  });
}

function forecastOf(shown: Shown, state: string): DrainSummary['forecastEnd'] {
  const end = forecastEndOf(shown, state);
  if (!end) return null;
  const at = (ms: number) => new Date(ms).toISOString();
  return { low: at(end.low), likely: at(end.middle), high: at(end.high) };
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
