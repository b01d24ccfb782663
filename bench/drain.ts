/**
 * In which order and how many at a time a host is best emptied, by simulation: drawn hosts over links of 1, 10 and 25 Gbit/s, each
 * drained in every order and width, guests that share a link slowing each other down, and held against the best of all that was
 * tried and of orders drawn at random. The plan of each drain, made from probes alone, is held against what then happened.
 */
import { type DrainPlan, planDrain } from '../src/drain/drain-plan.ts';
import type { Destination, DrainVm } from '../src/drain/facts.ts';
import { ORDERS, type Order } from '../src/drain/order.ts';
import { constantLink } from '../src/hypervisor/simulated/link.ts';
import { choosePolicy } from '../src/policy/policies.ts';
import { DEFAULT_LIMITS, type Limits } from '../src/policy/policy.ts';
import { forecastOf } from '../src/service/drain-forecast.ts';
import { Random } from '../src/simulate/random.ts';
import { foreseenBy, hostsFor } from '../src/simulate/run-one.ts';
import { type DrawnHost, drawHost } from './drain/hosts.ts';
import {
  drainTogether,
  type Ended,
  type SharedLink,
  type SharedMove,
  Simulations,
} from './drain/shared-link.ts';
import { atLeast, atMost, type BenchResult } from './goals.ts';

const GBIT = 1e9 / 8;
const RATES_GBIT = [1, 10, 25];
const WIDTHS = [1, 2, 4];
const HOSTS = 12;
const RANDOM_ORDERS = 3;

/** As `switchover drain` has it, unless it is told otherwise. */
const CHOSEN = { order: 'hardest-first' as Order, width: 4 };

/** So long that all can leave, also the largest over the slowest link: what differs is how long each stops. */
const LIMITS: Limits = { ...DEFAULT_LIMITS, maxDowntimeMs: 120_000 };

/** Deadlines to be judged, as parts of what the drain then took. */
const DEADLINES = [0.5, 0.7, 0.85, 1.15, 1.4, 2];

interface Arm {
  readonly order: Order;
  readonly width: number;
  /** Without the rule that memory-intensive ones have their link alone. */
  readonly free: boolean;
}

interface Drained {
  readonly makespanMs: number;
  /** By name. */
  readonly pausesMs: ReadonlyMap<string, number>;
  readonly left: number;
}

interface Case {
  readonly gbit: number;
  readonly mix: string;
  readonly guests: number;
  readonly bestMs: number;
  readonly arms: readonly (Arm & Drained)[];
  readonly vms: readonly DrainVm[];
  readonly plan: DrainPlan;
  /** Of memory-intensive guests, their pause in the chosen drain to that alone. */
  readonly pauseGrowth: readonly number[];
}

const ARMS: readonly Arm[] = [
  ...ORDERS.flatMap((order) => WIDTHS.map((width) => ({ order, width, free: false }))),
  ...WIDTHS.filter((width) => width > 1).map((width) => ({ order: CHOSEN.order, width, free: true })),
];

export async function run({ quick }: { readonly quick: boolean }): Promise<BenchResult> {
  const cases: Case[] = [];
  for (const gbit of RATES_GBIT)
    for (let seed = 0; seed < (quick ? 3 : HOSTS); seed += 1) {
      process.stderr.write(`bench: host ${seed + 1}, ${gbit} Gbit/s\n`);
      cases.push(await caseOf(drawHost(seed), gbit, seed));
    }
  const table = RATES_GBIT.flatMap((gbit) =>
    ARMS.map((arm) =>
      rowOf(
        cases.filter((each) => each.gbit === gbit),
        arm,
      ),
    ),
  );
  const chosen = cases.map((each) => ({ each, made: armIn(each, { ...CHOSEN, free: false }) }));
  const excess = chosen.map(({ each, made }) => made.makespanMs / each.bestMs);
  const told = chosen.map(({ each, made }) => toldOf(each, made.makespanMs));
  const verdicts = told.flatMap(({ right }) => right);
  const growth = cases.flatMap(({ pauseGrowth }) => pauseGrowth);
  const toOneByOne = chosen.map(
    ({ each, made }) =>
      made.makespanMs / armIn(each, { order: CHOSEN.order, width: 1, free: false }).makespanMs,
  );
  return {
    bench: 'drain',
    figures: { chosen: CHOSEN, drains: cases.length, table, told: told.map(({ right, ...each }) => each) },
    goals: [
      atMost(
        'makespan of the chosen order and width to the best in hindsight, median',
        quantile(excess, 0.5),
        'times',
        1.15,
      ),
      atMost('the same, 95th percentile', quantile(excess, 0.95), 'times', 1.15),
      atMost('makespan to one after the other, longest', Math.max(...toOneByOne), 'times', 1.02),
      atMost(
        'pause of memory-intensive ones to that alone, 95th percentile',
        quantile(growth, 0.95),
        'times',
        1.1,
      ),
      atMost(
        'forecast of the makespan, median error',
        100 *
          quantile(
            told.map(({ error }) => error),
            0.5,
          ),
        '%',
        15,
      ),
      atLeast(
        'makespan within the bounds that were told',
        (100 * told.filter(({ inside }) => inside).length) / told.length,
        '%',
        80,
      ),
      atLeast(
        'verdict on deadlines right',
        (100 * verdicts.filter(Boolean).length) / verdicts.length,
        '%',
        95,
      ),
    ],
  };
}

async function caseOf(host: DrawnHost, gbit: number, seed: number): Promise<Case> {
  const kind = choosePolicy('forecast');
  const stated = gbit * GBIT;
  const link: SharedLink = {
    ...{ kind, limits: LIMITS, handlingMs: host.handlingMs },
    bytesPerSecond: stated * host.payloadShare,
  };
  const simulations = new Simulations(link);
  const vms = await vmsOf(host, stated, link);
  const arms: (Arm & Drained)[] = [];
  for (const arm of ARMS)
    arms.push({ ...arm, ...(await drained(host, movesOf(vms, arm), arm.width, link, simulations)) });
  const random = new Random(seed);
  const tried: number[] = arms.filter(({ free }) => !free).map(({ makespanMs }) => makespanMs);
  for (const width of WIDTHS)
    for (let at = 0; at < RANDOM_ORDERS; at += 1) {
      const shuffled = shuffle(vms, random);
      const made = await drained(
        host,
        movesOf(shuffled, { order: 'listed', width, free: false }),
        width,
        link,
        simulations,
      );
      tried.push(made.makespanMs);
    }
  const plan = planned(vms, CHOSEN);
  return {
    ...{ gbit, mix: host.mix, guests: host.guests.length, arms, vms, plan },
    bestMs: Math.min(...tried),
    pauseGrowth: await growthOf(host, vms, link, simulations),
  };
}

/** What a plan knows of them: probes, and the stated rate of the line. */
async function vmsOf(
  { guests }: DrawnHost,
  statedRate: number,
  { kind, bytesPerSecond }: SharedLink,
): Promise<DrainVm[]> {
  const vms: DrainVm[] = [];
  const limits = { ...LIMITS, lineRateBytesPerSecond: statedRate };
  for (const { name, memoryBytes, memory, zeroPagesShare } of guests) {
    const scenario = {
      memoryBytes,
      memory,
      zeroPagesShare,
      zeroPlace: 'throughout',
      link: constantLink(bytesPerSecond),
    } as const;
    const look = { probesMs: [1000, 3000], resident: true };
    const known = await foreseenBy(hostsFor(scenario, kind, limits), limits, look);
    const migrant = { running: true, manager: 'libvirt' } as const;
    const { forecast } = await forecastOf({ known, migrant, kind, limits, atATime: Math.max(...WIDTHS) });
    vms.push({
      ...{ uuid: name, name, memoryBytes, apart: [], word: 'move', priority: 0 },
      ...{ obstacles: [], refusedBy: new Map(), forecast },
    });
  }
  return vms;
}

const DESTINATIONS: readonly Destination[] = ['east', 'west'].map((name) => ({
  ...{ name, link: name, freeBytes: undefined, largestVmBytes: 0, cordoned: false, apart: [] },
}));

function planned(
  vms: readonly DrainVm[],
  { order, width }: { order: Order; width: number },
  deadlineMs?: number,
): DrainPlan {
  const random = new Random(vms.length);
  return planDrain({
    ...{ link: 'source', vms, destinations: DESTINATIONS, order, atATime: width },
    ...{ reserveBytes: 0, deadlineMs, random: () => random.next() },
  });
}

function movesOf(
  vms: readonly DrainVm[],
  arm: Arm,
): { readonly name: string; readonly links: string[]; readonly calmAmong: number }[] {
  const { order, width, free } = arm;
  // In the order of the plan's table, which is that of the starts.
  return planned(vms, { order, width }).moves.map(({ vm, to }) => ({
    ...{ name: vm.name, links: ['from source', `to ${to.link}`] },
    calmAmong: free ? Number.POSITIVE_INFINITY : (vm.forecast?.calmAmong ?? 1),
  }));
}

async function drained(
  { guests }: DrawnHost,
  moves: ReturnType<typeof movesOf>,
  atATime: number,
  link: SharedLink,
  simulations: Simulations,
): Promise<Drained> {
  const shared = moves.flatMap(({ name, ...mover }): SharedMove[] => {
    const guest = guests.find((each) => each.name === name);
    return guest ? [{ ...mover, guest }] : [];
  });
  const ended = await drainTogether(shared, { atATime }, link, simulations);
  return {
    makespanMs: Math.max(...ended.map(({ endMs }) => endMs)),
    pausesMs: new Map(ended.map(({ guest, pauseMs }) => [guest.name, pauseMs])),
    left: ended.filter(({ outcome }: Ended) => outcome !== 'completed').length,
  };
}

async function growthOf(
  host: DrawnHost,
  vms: readonly DrainVm[],
  link: SharedLink,
  simulations: Simulations,
): Promise<number[]> {
  const moves = movesOf(vms, { order: CHOSEN.order, width: CHOSEN.width, free: false });
  const { pausesMs } = await drained(host, moves, CHOSEN.width, link, simulations);
  const alone = await drained(host, moves, 1, link, simulations);
  const hard = new Set(vms.filter(({ forecast }) => forecast?.calmAmong === 1).map(({ name }) => name));
  return moves.flatMap(({ name }) => {
    const [was, before] = [pausesMs.get(name), alone.pausesMs.get(name)];
    return hard.has(name) && was && before ? [was / before] : [];
  });
}

function toldOf({ plan, vms }: Case, makespanMs: number) {
  const { wholeMs } = plan;
  if (!wholeMs) throw new Error('a simulated drain has no forecast');
  const { low, middle, high } = wholeMs;
  const verdicts = DEADLINES.map((part) => {
    const { deadline } = planned(vms, CHOSEN, part * makespanMs);
    return { holds: part >= 1, said: deadline?.verdict };
  });
  return {
    likelyMs: Math.round(middle),
    wasMs: Math.round(makespanMs),
    error: Math.abs(middle / makespanMs - 1),
    inside: low <= makespanMs && makespanMs <= high,
    // One that is in doubt is neither.
    right: verdicts.flatMap(({ holds, said }) => (said === 'doubtful' ? [] : [(said === 'holds') === holds])),
  };
}

function armIn({ arms }: Case, { order, width, free }: Arm): Arm & Drained {
  const found = arms.find((each) => each.order === order && each.width === width && each.free === free);
  if (!found) throw new Error(`${order}, ${width} at a time was not tried`);
  return found;
}

function rowOf(cases: readonly Case[], arm: Arm) {
  const made = cases.map((each) => ({ each, arm: armIn(each, arm) }));
  const pauses = made.flatMap(({ arm: { pausesMs } }) => [...pausesMs.values()]);
  return {
    gbit: cases[0]?.gbit,
    order: arm.order,
    atATime: arm.width,
    alone: !arm.free,
    toBest: Number(
      quantile(
        made.map(({ each, arm: { makespanMs } }) => makespanMs / each.bestMs),
        0.5,
      ).toFixed(3),
    ),
    toBestWorst: Number(
      Math.max(...made.map(({ each, arm: { makespanMs } }) => makespanMs / each.bestMs)).toFixed(3),
    ),
    pauseMsSum: Math.round(pauses.reduce((sum, value) => sum + value, 0) / Math.max(1, made.length)),
    pauseMsLongest: Math.round(
      quantile(
        made.map(({ arm: { pausesMs } }) => Math.max(...pausesMs.values())),
        0.5,
      ),
    ),
    stayed: made.reduce((sum, { arm: { left } }) => sum + left, 0),
  };
}

function shuffle<T>(values: readonly T[], random: Random): T[] {
  return values
    .map((value) => ({ value, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
