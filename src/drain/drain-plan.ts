/** What a drain would be like: who goes where and when, for how long each stands still, who cannot leave, and by when it is over. */
import type { Estimate } from '../model/interval.ts';
import { type Destination, type DrainVm, expectedMs, isMemoryIntensive, type Reason } from './facts.ts';
import { classOfAll, type FailureClass } from './failures.ts';
import type { Opening } from './opening.ts';
import { type Openings, openingsUntil } from './openings.ts';
import { inOrder, type Order } from './order.ts';
import { type ForecastMove, type Outlook, outlookOf, type Times } from './outlook.ts';
import { stops, wayOfWord } from './own-word.ts';
import { type Placement, type PlacementRules, placeAll, type Refused, reserveOf } from './placement.ts';
import { schedule } from './schedule.ts';

export interface DrainRequest {
  /** The link of the host that is drained. */
  readonly link: string;
  readonly vms: readonly DrainVm[];
  readonly destinations: readonly Destination[];
  readonly order: Order;
  readonly atATime: number;
  /** As in `PlacementRules`. */
  readonly reserveBytes: number | undefined;
  /** From the start of the drain, in milliseconds; undefined: whenever. */
  readonly deadlineMs: number | undefined;
  /** In which moves begin, in milliseconds from the start of the drain; undefined: they do at any time. */
  readonly openings?: Openings | undefined;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export interface PlannedMove {
  readonly vm: DrainVm;
  readonly to: Destination;
  /** The other destinations, and why not. */
  readonly refused: readonly Refused[];
  /** Undefined: not known, of this VM or of one that goes before it; or it never begins. */
  readonly times: Times | undefined;
  /** With as many on its link as there would be. */
  readonly totalMs: Estimate | undefined;
  readonly pauseMs: Estimate | undefined;
  readonly memoryIntensive: boolean;
  /** The most moves on its link at a time, itself included. */
  readonly among: number;
}

export interface HeldVm {
  readonly vm: DrainVm;
  readonly kind: FailureClass;
  /** That hold whatever the destination; else each destination has its own. */
  readonly reasons: readonly Reason[];
  readonly refused: readonly Refused[];
}

/** `holds` and `missed`: most likely so; `doubtful`: neither is. */
export type DeadlineVerdict = 'holds' | 'doubtful' | 'missed';

export interface Deadline {
  readonly ms: number;
  readonly verdict: DeadlineVerdict;
  /** That all of them have left by then, if each move arrives; undefined: not known. */
  readonly probability: number | undefined;
  /** Of VMs that would probably not have begun: nothing starts after it. */
  readonly startTooLate: readonly string[];
}

export interface DrainPlan {
  /** `too-late`: for the deadline, or for the last window; `not-known`: all could leave, and how long it takes is not known. */
  readonly verdict: 'all-leave' | 'some-stay' | 'too-late' | 'not-known';
  /** In the order in which they start. */
  readonly moves: readonly PlannedMove[];
  readonly held: readonly HeldVm[];
  /** That are shut down, by their own word, in the order in which they are. */
  readonly stopped: readonly DrainVm[];
  /** Of the moves, what they wait for windows included; undefined: not known, or some never begin. */
  readonly wholeMs: Estimate | undefined;
  /** Where the drain has windows: those until the last one starts, the first one in any case. From the start, in milliseconds. */
  readonly openings: readonly Opening[];
  /** VMs for which no window will open any more. */
  readonly neverBegin: readonly string[];
  readonly deadline: Deadline | undefined;
  readonly room: Room;
}

/** Whether all that is to leave fits into what the destinations have. */
export interface Room {
  readonly neededBytes: number;
  /** Undefined: of one of them it is not known. */
  readonly freeBytes: number | undefined;
  readonly reservedBytes: number;
}

/** A deadline that holds in fewer of the draws does not hold. */
const HOLDS_FROM = 0.9;
const MISSED_BELOW = 0.5;

export function planDrain(request: DrainRequest): DrainPlan {
  const { vms, destinations, order, atATime, deadlineMs, openings } = request;
  const rules: PlacementRules = { reserveBytes: request.reserveBytes };
  const free = vms.filter(({ obstacles }) => obstacles.length === 0);
  const stopped = inOrder(free.filter(isStopped), order);
  const mobile = free.filter((vm) => !isStopped(vm));
  const placements = placeAll(mobile, destinations, rules);
  const held = vms.flatMap((vm) => (stopped.includes(vm) ? [] : heldOf(vm, placements.get(vm.uuid))));
  const leaving = inOrder(
    mobile.flatMap((vm) => {
      const { to, refused = [] } = placements.get(vm.uuid) ?? {};
      return to ? [{ ...vm, vm, to, refused }] : [];
    }),
    order,
  );
  const moves = leaving.flatMap(({ vm, to }) => moveOf(vm, to, request) ?? []);
  const known = moves.length === leaving.length;
  const made = known ? schedule(moves, { atATime, openings }) : [];
  const outlook = known ? outlookOf(moves, { atATime, openings }, request.random) : undefined;
  const planned = leaving.map(({ vm, to, refused }): PlannedMove => {
    const among = made.find(({ move }) => move.uuid === vm.uuid)?.among ?? 1;
    const figures = vm.forecast && figuresAmong(vm.forecast, among);
    return {
      ...{ vm, to, refused, among },
      times: outlook?.times.get(vm.uuid),
      totalMs: figures?.totalMs,
      pauseMs: figures?.pauseMs,
      memoryIntensive: isMemoryIntensive(vm),
    };
  });
  const deadline = deadlineMs === undefined ? undefined : deadlineOf(deadlineMs, planned, outlook);
  const neverBegin = known ? planned.flatMap(({ vm, times }) => (times ? [] : [vm.name])) : [];
  return {
    verdict: verdictOf(held, known, neverBegin.length > 0 || deadline?.verdict === 'missed'),
    moves: planned.toSorted((a, b) => Math.sign(startOf(a) - startOf(b)) || 0),
    held,
    stopped,
    wholeMs: outlook?.wholeMs,
    ...{ openings: openings ? openingsUntil(lastStartOf(planned), openings) : [], neverBegin, deadline },
    room: roomOf(mobile, destinations, rules),
  };
}

function isStopped({ word }: DrainVm): boolean {
  return stops(wayOfWord(word));
}

function startOf({ times }: PlannedMove): number {
  return times?.startMs.middle ?? Number.POSITIVE_INFINITY;
}

function lastStartOf(moves: readonly PlannedMove[]): number {
  return Math.max(0, ...moves.map(({ times }) => times?.startMs.middle ?? 0));
}

/** @returns undefined where too little is known of it */
function moveOf(
  { uuid, forecast }: DrainVm,
  to: Destination,
  { link, atATime }: DrainRequest,
): ForecastMove | undefined {
  if (!forecast) return undefined;
  return {
    ...{ uuid, forecast },
    links: [`from ${link}`, `to ${to.link}`],
    calmAmong: forecast.calmAmong,
    noticeMs: forecast.noticeMs,
    expectsMs: expectedMs(forecast, atATime),
    durationMs: (among) => figuresAmong(forecast, among).totalMs.middle,
  };
}

/** Where it was not rehearsed among so many, the last figures are taken in proportion. */
export function figuresAmong({ besideOthers }: DrainVm['forecast'] & object, among: number) {
  const figures = besideOthers[among - 1];
  if (figures) return figures;
  const last = besideOthers.at(-1) ?? besideOthers[0];
  const factor = among / besideOthers.length;
  const { low, middle, high } = last.totalMs;
  return { ...last, totalMs: { low: low * factor, middle: middle * factor, high: high * factor } };
}

function heldOf(vm: DrainVm, placement: Placement | undefined): HeldVm[] {
  if (placement?.to) return [];
  const refused = placement?.refused ?? [];
  // Of several destinations the one that has the least against it says what it waits for.
  const codes =
    vm.obstacles.length > 0
      ? [vm.obstacles.map(({ code }) => code)]
      : refused.map(({ reasons }) => reasons.map(({ code }) => code));
  const kinds = codes.map(classOfAll);
  const mildestFirst = ['transient', 'capacity', 'no-pause-fits', 'permanent', 'unknown-side'] as const;
  const kind = mildestFirst.find((each) => kinds.includes(each)) ?? 'permanent';
  return [{ vm, kind, reasons: vm.obstacles, refused }];
}

function deadlineOf(ms: number, moves: readonly PlannedMove[], outlook: Outlook | undefined): Deadline {
  if (!outlook) return { ms, verdict: 'doubtful', probability: undefined, startTooLate: [] };
  const probability = outlook.within(ms);
  return {
    ...{ ms, probability },
    verdict: probability >= HOLDS_FROM ? 'holds' : probability < MISSED_BELOW ? 'missed' : 'doubtful',
    startTooLate: moves.filter((move) => startOf(move) >= ms).map(({ vm }) => vm.name),
  };
}

function verdictOf(held: readonly HeldVm[], known: boolean, isLate: boolean): DrainPlan['verdict'] {
  if (held.length > 0) return 'some-stay';
  if (!known) return 'not-known';
  return isLate ? 'too-late' : 'all-leave';
}

function roomOf(vms: readonly DrainVm[], destinations: readonly Destination[], rules: PlacementRules): Room {
  const open = destinations.filter(({ cordoned }) => !cordoned);
  const free = open.flatMap(({ freeBytes }) => freeBytes ?? []);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    neededBytes: sum(vms.map(({ memoryBytes }) => memoryBytes)),
    freeBytes: free.length === open.length ? sum(free) : undefined,
    reservedBytes: sum(open.map((each) => reserveOf(each, rules))),
  };
}
