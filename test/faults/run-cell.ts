/**
 * Runs one cell of the fault matrix on a real pair of QEMUs, with the command line `switchover` as a black box.
 *
 * Who runs the guest is never taken from switchover. It is asked from both QEMUs by connections of the harness's own
 * (witness.ts, run-times.ts), and read from the guest's beats on both consoles (beats.ts). The course of a cell:
 *
 *   1. switchover migrates, over ways that the harness can cut (way.ts); a side that is to be killed is reached
 *      directly, because only then can anybody know that its process is dead
 *   2. the fault strikes at its moment (strike.ts)
 *   3. switchover ends, and the consoles tell who goes on: does its exit status tell the truth?
 *   4. the ways are whole again; the hand that exit status 6 names is carried out as it is written (hand.ts)
 *   5. exactly one console goes on, and that guest checks all its memory
 *   6. the guest is migrated once more, to a fresh destination: nothing may be left that forbids it
 *
 * To run cells by themselves, and to read a failure: `./dev bench faults --cells destination/lost/later-pass`. Each
 * cell's timeline, with all that switchover said, is the .log file that the bench names; problems are sentences of
 * judge.ts. A cell that "could not be run" (MissedError) is none of switchover's faults: the machine was too busy for the moment to be met.
 */
import type { Bed } from '../../lab/bed.ts';
import { askMonitor } from '../../lab/monitor.ts';
import type { Ran, Running } from '../../lab/switchover-process.ts';
import { longestSilenceMs, twoConsoles } from './beats.ts';
import { type Cell, isBrief, losesTheGuest, nameOf, type Phase, SIDES, type Side } from './cell.ts';
import { followingProblem } from './following.ts';
import { handIn } from './hand.ts';
import { type CellSeen, isUnderWay, problemsOf, type RunSeen } from './judge.ts';
import { MissedError } from './moments.ts';
import { knowsReconnectFor } from './options.ts';
import { overlapMs, runTimes } from './run-times.ts';
import { Scene } from './scene.ts';
import { Striker } from './strike.ts';

/** A switchover that has not ended so long after the fault never will. */
const END_TIMEOUT_MS = 60_000;

export interface CellResult {
  readonly name: string;
  readonly passed: boolean;
  readonly problems: readonly string[];
  readonly exitStatus: number | null;
  /** What switchover said of the end, as one sentence. */
  readonly reason: string;
  /** What was done at exit status 6; empty where nothing had to be. */
  readonly hand: string;
  /** Who ran the guest in the end. */
  readonly runsOn: Side | 'nobody' | 'both';
  /** The longest time between two beats of the guest. A hand that is lent only after a look around is part of it. */
  readonly stoodStillMs: number;
  readonly timeline: string;
  /** The pair can be used again: its guest is at work on the source, and a destination waits. */
  readonly reusable: boolean;
}

/**
 * @param bed with its guest at work on the source and a waiting destination, beating every 100 ms
 * @throws {MissedError} when the fault did not come at its moment
 */
export async function runCell(bed: Bed, cell: Cell): Promise<CellResult> {
  await using scene = await Scene.open(bed, cell.fault === 'killed' ? [cell.side] : []);
  const striker = new Striker(scene, cell);
  const running = scene.migrate(...(await argumentsFor(cell)));
  let migrate: RunSeen;
  try {
    await striker.strike(running);
    const ran = await endOf(running, scene);
    await striker.over();
    migrate = await seen('migrate', ran, scene);
  } catch (error) {
    // What had happened by then tells why.
    if (error instanceof MissedError) error.timeline = timelineOf(scene);
    throw error;
  } finally {
    running.process.kill('SIGKILL');
  }
  if (cell.fault === 'lost' || cell.fault === 'silent') await scene.ways[cell.side]?.restore();
  const hand = migrate.status === 6 ? await carryOut(migrate, scene) : undefined;
  const goesOnAtLast = await scene.goesOn();
  const untilMs = Date.now();
  const [onSource, onDestination] = [scene.witnesses.source, scene.witnesses.destination];
  const bothRanMs = overlapMs(runTimes(onSource, untilMs), runTimes(onDestination, untilMs));
  const consoles = twoConsoles(scene.beats.beats);
  const stoodStillMs = longestSilenceMs(scene.beats.beats);
  const diedWithTheGuest = cell.side === 'destination' && cell.fault === 'killed' && onDestination.ran;

  // It would end in the middle of the check of the memory, which keeps the guest from writing.
  const unwatched = await endUnwatched(scene);

  const [only] = goesOnAtLast;
  const whole = goesOnAtLast.length === 1 && bothRanMs === 0 && consoles === undefined;
  const memoryProblem = whole && only ? await memoryOf(bed, only) : undefined;
  const following =
    memoryProblem === undefined && (whole || losesTheGuest(cell) || diedWithTheGuest)
      ? await followingProblem(scene, whole ? only : undefined)
      : undefined;
  const facts: CellSeen = {
    cell,
    migrate,
    hand: hand?.seen,
    bothRanMs,
    twoConsoles: consoles,
    goesOnAtLast,
    diedWithTheGuest,
    unwatched,
    memoryProblem,
    followingProblem: following,
  };
  const problems = problemsOf(facts);
  for (const problem of problems) scene.timeline.note(`PROBLEM: ${problem}`);
  return {
    name: nameOf(cell),
    passed: problems.length === 0,
    problems,
    exitStatus: migrate.status,
    reason: reasonIn(running),
    hand: hand?.text ?? '',
    runsOn: goesOnAtLast.length === 2 ? 'both' : (only ?? 'nobody'),
    stoodStillMs,
    timeline: timelineOf(scene),
    reusable: whole && memoryProblem === undefined && following === undefined,
  };
}

function timelineOf(scene: Scene): string {
  for (const side of SIDES) {
    const own = scene.beats.beats.filter((beat) => beat.side === side);
    const [first, last] = [own[0], own.at(-1)];
    if (first) scene.timeline.note(`${side}: first beat ${first.number}`, first.atMs);
    if (last) scene.timeline.note(`${side}: last beat ${last.number}`, last.atMs);
  }
  return scene.timeline.text(SIDES.map((side) => scene.witnesses[side]));
}

/** What leads to the cell's moment: several passes, passes that never end, or the default, which stops early. */
const POLICIES: Partial<Record<Phase, string>> = { 'later-pass': 'mp', cancel: 'stock' };

async function argumentsFor(cell: Cell): Promise<string[]> {
  const policy = POLICIES[cell.phase];
  const impatient = !isBrief(cell) && (await knowsReconnectFor());
  return [
    // On a busy machine a link may look slow; no cell is about a migration that is given up for that.
    ...['--max-downtime', '15s'],
    ...(policy === undefined ? [] : ['--policy', policy]),
    ...(impatient ? ['--reconnect-for', '5s'] : []),
  ];
}

/** @returns with a null status when it had to be killed */
async function endOf(running: Running, scene: Scene): Promise<Ran> {
  const timer = setTimeout(() => {
    scene.timeline.note(`switchover has not ended in ${END_TIMEOUT_MS / 1000} s, and is killed`);
    running.process.kill('SIGKILL');
  }, END_TIMEOUT_MS);
  const ran = await running.ended;
  clearTimeout(timer);
  scene.timeline.note(`switchover ended with exit status ${ran.status}`);
  return ran;
}

async function seen(command: string, ran: Ran, scene: Scene): Promise<RunSeen> {
  const goesOn = await scene.goesOn();
  scene.timeline.note(`goes on after ${command}: ${goesOn.join(' and ') || 'nobody'}`);
  const { source } = scene.witnesses;
  return {
    command,
    status: ran.status,
    runsOn: documentIn(ran)?.runsOn,
    said: `${ran.stderr}\n${ran.stdout}`,
    goesOn,
    migration: source.endedAtMs === undefined ? source.migration : undefined,
    alive: scene.aliveSides(),
  };
}

/** @returns what was done, for the table, and what was seen of it */
async function carryOut(migrate: RunSeen, scene: Scene): Promise<{ text: string; seen: CellSeen['hand'] }> {
  const hand = handIn(migrate.said);
  if (hand === undefined) return { text: 'no hand named', seen: 'none-named' };
  if (hand.type === 'cont') {
    scene.timeline.note(`by hand: cont on the ${hand.side}`);
    // The witness holds the second monitor, and switchover has let go of the first.
    await askMonitor(scene.bed.pair[hand.side].qmpPath, 'cont').catch((error: Error) =>
      scene.timeline.note(`by hand: ${error.message}`),
    );
    return { text: `then \`cont\` on the ${hand.side}`, seen: 'cont' };
  }
  const running = scene.run(...hand.words, ...(hand.words.includes('--json') ? [] : ['--json']));
  const ran = await endOf(running, scene);
  return { text: `then \`attach\`, exit ${ran.status}`, seen: await seen('attach', ran, scene) };
}

/** @returns true when a migration went on, with no switchover to hold its limits */
async function endUnwatched(scene: Scene): Promise<boolean> {
  const { source } = scene.witnesses;
  if (source.endedAtMs !== undefined || !isUnderWay(source.migration)) return false;
  scene.timeline.note('the harness cancels a migration that nobody watches');
  await askMonitor(scene.bed.pair.source.qmpPath, 'migrate_cancel').catch((error: Error) =>
    scene.timeline.note(error.message),
  );
  return true;
}

async function memoryOf(bed: Bed, side: Side): Promise<string | undefined> {
  const { ok, reason } = await bed.arrival(side);
  return ok ? undefined : `memory on the ${side}: ${reason}`;
}

function documentIn({ stdout }: Pick<Ran, 'stdout'>): { runsOn: string; reason: string } | undefined {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

function reasonIn(running: Running): string {
  const own = running.stderr.split('\n').findLast((line) => line.startsWith('switchover: '));
  return documentIn(running)?.reason ?? own ?? '';
}
