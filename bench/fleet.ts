/**
 * Drains of many hosts at once: hosts in memory, a real PostgreSQL, and controllers in processes of their own, as an operator
 * would run them. First hosts are emptied in turn, 50 at a time, by moves of a second or so: as fast as it goes, which fills a small
 * machine. Then by moves of some 5 s, a load below that, which is when waiting times tell something; real moves take longer
 * still. Then moves are long, a controller is killed, and its moves are to be in other hands; then one alone has 300 in its hands.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fleet } from '../explore/drains/fleet.ts';
import { atLeast, atMost, type BenchResult, spread } from './goals.ts';
import { memoryBytesOf } from './service/machine-memory.ts';

const CONTROLLERS = ['one', 'two', 'three', 'four'];
const VMS_OF_HOST = 20;
/** Of the moves whose admissions have a goal: 1.5 to 7.5 s each. */
const SLOWER = 3;
const LOOK_EVERY_MS = 200;
/** Longer than what is looked at then. */
const LONG_MS = 90_000;
const WITHIN_MS = 60_000;

export async function run({ quick }: { readonly quick: boolean }): Promise<BenchResult> {
  const [hosts, drains, wanted, most] = quick ? [100, 20, 500, 60] : [1000, 50, 20_000, 300];
  const flatOutMoves = wanted / 5;
  await using fleet = await Fleet.make({ hosts, vmsOfHost: VMS_OF_HOST });
  for (const name of CONTROLLERS) await fleet.start(name);
  const flatOut = await emptyInTurn(fleet, drains, flatOutMoves);
  fleet.world.slower = SLOWER;
  const emptied = await emptyInTurn(fleet, drains, wanted);
  const database = await fleet.databaseFigures();
  const pickedUpMs = await killOne(fleet, drains);
  const memory = await oneAlone(fleet, most);
  const { world } = fleet;
  const moves = flatOut.moves + emptied.moves;
  const pickUp = spread(pickedUpMs);
  return {
    bench: 'fleet',
    figures: {
      ...{ hosts, vms: VMS_OF_HOST * hosts, drains, controllers: CONTROLLERS.length },
      flatOut,
      emptied,
      database: {
        connections: database.connections,
        transactionsPerMove: Number((database.transactions / moves).toFixed(1)),
        eventsPerMove: Number((database.events / moves).toFixed(1)),
        bytesPerMove: Math.round(database.bytes / moves),
      },
      ...{ pickUpMs: pickUp, memory, mostOut: world.mostOut, mostIn: world.mostIn, refused: world.refused },
    },
    goals: [
      atLeast('moves', emptied.moves, '', wanted),
      atMost('admission of a move, p99', emptied.admission.perMoveMs.p99, 'ms', 50),
      atMost('in other hands after kill -9, the last', pickUp.max, 'ms', 6000),
      atLeast('moves in the hands of one controller', memory.inHands, '', most),
      atMost('memory of that controller', memory.bytes / 1e6, 'MB', 300),
      atMost('moves that the hosts had to refuse', world.refused.length, '', 0),
      atMost('moves out of a host at once', world.mostOut, '', 4),
      atMost('moves into a host at once', world.mostIn, '', 4),
    ],
  };
}

async function emptyInTurn(fleet: Fleet, drains: number, wanted: number) {
  const { world } = fleet;
  const before = { arrived: world.arrived, admissions: fleet.admissions.length };
  const startedMs = performance.now();
  let toldAtMs = startedMs;
  while (world.arrived < before.arrived + wanted) {
    await fleet.drainUpTo(drains);
    await sleep(LOOK_EVERY_MS);
    await fleet.releaseEmpty();
    if (performance.now() - toldAtMs < 15_000) continue;
    toldAtMs = performance.now();
    process.stderr.write(
      `bench: ${world.arrived - before.arrived} of ${wanted} have arrived, ${world.runningCount} run\n`,
    );
  }
  const tookMs = performance.now() - startedMs;
  const moves = world.arrived - before.arrived;
  const admissions = fleet.admissions.slice(before.admissions);
  return {
    moves,
    tookMs: Math.round(tookMs),
    perSecond: Math.round((1000 * moves) / tookMs),
    admission: {
      perMoveMs: spread(admissions.flatMap(({ moves, tookMs }) => Array(moves).fill(tookMs / moves))),
      transactionMs: spread(admissions.map(({ tookMs }) => tookMs)),
    },
  };
}

/** Of the one that has the most. @returns for each VM that was in its hands, when it was in others' */
async function killOne(fleet: Fleet, drains: number): Promise<number[]> {
  const { world } = fleet;
  world.lastsMs = LONG_MS;
  await until(fleet, drains, () => world.runningCount >= drains);
  const [victim = ''] = fleet.names.toSorted((a, b) => world.inHandsOf(b).length - world.inHandsOf(a).length);
  const inHands = world.inHandsOf(victim);
  // They may be in other hands before its end is known here.
  const killedMs = performance.now();
  await fleet.end(victim, 'SIGKILL');
  const takenMs = (vm: string) =>
    world.watched.find((each) => each.vm === vm && each.by !== victim && each.atMs > killedMs)?.atMs;
  // One that arrives meanwhile needs nobody.
  await until(fleet, drains, () => inHands.every((vm) => takenMs(vm) !== undefined || !world.isMoving(vm)));
  return inHands.flatMap((vm) => takenMs(vm) ?? []).map((atMs) => atMs - killedMs);
}

async function oneAlone(
  fleet: Fleet,
  most: number,
): Promise<{ readonly inHands: number; readonly bytes: number }> {
  const [last = '', ...others] = fleet.names;
  for (const name of others) await fleet.end(name, 'SIGTERM');
  // As many leave a host at a time as may.
  await until(fleet, most / 2, () => fleet.world.inHandsOf(last).length >= most);
  await sleep(5000);
  return { inHands: fleet.world.inHandsOf(last).length, bytes: memoryBytesOf(fleet.pidOf(last)) };
}

/** @throws {Error} where it does not come about */
async function until(fleet: Fleet, drains: number, isSo: () => boolean): Promise<void> {
  const lastMs = performance.now() + WITHIN_MS;
  while (!isSo()) {
    if (performance.now() > lastMs)
      throw new Error(
        `it did not come about within a minute: ${fleet.world.runningCount} run, ${fleet.names.map((name) => fleet.world.inHandsOf(name).length).join(', ')} of them in the hands of each controller`,
      );
    await fleet.releaseEmpty();
    await fleet.drainUpTo(drains);
    await sleep(LOOK_EVERY_MS);
  }
}
