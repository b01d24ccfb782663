/** Puts together how a drain stands, from its rows, from what it was expected to take, and from what its destinations say. Pure. */
import { failureClass, isOut } from '../../drain/failures.ts';
import type { DrainDetail, HostLoad } from '../../fleet/drain-detail.ts';
import type { DrainRows, MoveRow } from '../../fleet/drain-rows.ts';
import { type DrainSettings, parseDrainSettings } from '../../fleet/drain-settings.ts';
import { drainStatusOf } from '../../fleet/drain-status.ts';
import type { KeptPlan } from '../../fleet/kept-plan.ts';
import { WAS_UNKNOWN } from '../../fleet/next-step.ts';
import { type LeavingVm, timeLeftMs } from '../../fleet/time-left.ts';
import { Random } from '../../simulate/random.ts';
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

export interface Shown {
  readonly rows: DrainRows;
  readonly detail: DrainDetail;
  readonly plan: KeptPlan;
}

export interface Around {
  readonly loads: ReadonlyMap<string, HostLoad>;
  roomOf(host: string): Room;
  /** Id of the migration of that move that the service knows. */
  migrationOf(move: MoveRow): string | null;
}

export function drainSummaryOf({ rows, detail, plan }: Shown): DrainSummary {
  const { vms, ...status } = drainStatusOf(rows);
  const { drain, moves } = rows;
  const isThere = new Map(
    vms.map(({ uuid, state }) => [uuid, state !== 'moved' && state !== 'gone' && state !== 'off']),
  );
  const gibOf = (which: (vm: string) => boolean) =>
    moves.reduce((sum, { vm, memoryGib }) => sum + (which(vm) ? memoryGib : 0), 0);
  return {
    ...status,
    final: drain.state === 'ended',
    revision: detail.revision,
    waitsFor: status.words,
    reasons: reasonsOf(status.trouble, vms),
    actions: actionsOf(rows, status.state),
    endedAt: isoOf(detail.endedMs),
    forecastEnd: forecastEndOf({ rows, detail, plan }, status.state),
    emptySince: isoOf(detail.looksEmptySinceMs),
    counts: Object.fromEntries(
      VM_STATES.map((state) => [state, vms.filter((vm) => vm.state === state).length]),
    ) as DrainSummary['counts'],
    memoryBytes: { all: GIB * gibOf(() => true), left: GIB * gibOf((vm) => isThere.get(vm) === true) },
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
        memoryBytes: GIB * (move?.memoryGib ?? 0),
        memoryIntensive: move?.intensive ?? false,
        startedAt: isoOf(vm.state === 'queued' ? null : (times?.admittedMs ?? null)),
        endedAt: isoOf(times?.endedMs ?? null),
        migration: move ? around.migrationOf(move) : null,
        actions: isOver || !move ? [] : vmActionsOf(move),
      };
    }),
    destinations: destinationsOf(rows, around),
  };
}

/** Told in the order of what a person has to do. */
function actionsOf({ drain, moves }: DrainRows, state: string): DrainSummary['actions'] {
  // Its host is not a destination again before that.
  if (drain.state === 'ended') return drain.outcome === 'expired' ? ['release'] : [];
  const wasUnknown = moves.some((move) => move.state === 'held' && move.code === WAS_UNKNOWN);
  return [
    ...(drain.intent === 'go' && state !== 'empty' ? (['pause'] as const) : []),
    ...(drain.intent === 'paused' || (wasUnknown && drain.intent !== 'cancelled')
      ? (['resume'] as const)
      : []),
    ...(drain.intent === 'cancelled' || state === 'empty' ? [] : (['cancel'] as const)),
    'release',
  ];
}

/** Of one of which nobody knew where it ran: the drain is resumed, once a person has looked. */
function vmActionsOf({ state, code }: MoveRow): DrainVmView['actions'] {
  if (state !== 'held' || code === WAS_UNKNOWN) return [];
  return code !== null && failureClass(code) === 'no-pause-fits' ? ['allow-pause', 'retry'] : ['retry'];
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

function forecastEndOf({ rows, detail, plan }: Shown, state: string): DrainSummary['forecastEnd'] {
  const { drain, moves } = rows;
  const settings = settingsOf(drain.settings);
  if (!settings || (state !== 'draining' && state !== 'paused')) return null;
  const leaving: LeavingVm[] = [];
  for (const { vm, state: is, destination } of moves) {
    const runs = is === 'admitted' || is === 'starting' || is === 'moving';
    if (!runs && is !== 'queued') continue;
    if (is === 'queued' && drain.intent === 'cancelled') continue;
    const forecast = plan.get(vm);
    if (!forecast) return null;
    const admittedMs = detail.moves.get(vm)?.admittedMs ?? drain.nowMs;
    leaving.push({
      ...{ uuid: vm, forecast, to: runs ? (destination ?? undefined) : undefined },
      runningMs: runs ? Math.max(0, drain.nowMs - admittedMs) : undefined,
    });
  }
  if (leaving.length === 0) return null;
  // The same numbers each time: what is told moves with what happens only.
  const random = new Random(leaving.length);
  const { low, middle, high } = timeLeftMs(
    leaving,
    { host: drain.host, destinations: settings.to.map(({ uri }) => uri), atATime: settings.atATime },
    () => random.next(),
  );
  const at = (leftMs: number) => new Date(drain.nowMs + leftMs).toISOString();
  return { low: at(low), likely: at(middle), high: at(high) };
}

/** Undefined: a newer switchover wrote them. */
function settingsOf(settings: unknown): DrainSettings | undefined {
  try {
    return parseDrainSettings(settings);
  } catch {
    return undefined;
  }
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
