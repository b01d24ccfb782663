/** What a cell must show, as sentences about what it did not. Pure. */
import { isUnderWay as goesOn, isPaused } from '../../src/model/migration-status.ts';
import { type Cell, isBrief, isCancel, losesTheGuest, type Side } from './cell.ts';

/** A switchover that has ended, and who was seen to run the guest then. */
export interface RunSeen {
  /** For the sentences: `migrate`, `attach`. */
  readonly command: string;
  /** Null: it did not end, and was killed. */
  readonly status: number | null;
  /** What its document says; undefined where it printed none. */
  readonly runsOn: string | undefined;
  /** All that it said. */
  readonly said: string;
  /** The consoles that went on afterwards. */
  readonly goesOn: readonly Side[];
  /** query-migrate of the source afterwards; undefined when its QEMU is gone. */
  readonly migration: string | undefined;
  /** The sides whose QEMU lived all along. */
  readonly alive: readonly Side[];
}

export interface CellSeen {
  readonly cell: Cell;
  readonly migrate: RunSeen;
  /** What was done because exit status 6 said so. */
  readonly hand: RunSeen | 'cont' | 'none-named' | undefined;
  /** How long both QEMUs said that they ran the guest. */
  readonly bothRanMs: number;
  /** What the consoles show of two running guests. */
  readonly twoConsoles: string | undefined;
  readonly goesOnAtLast: readonly Side[];
  /** The destination ran the guest before its QEMU was killed, so that nobody has it whole any more. */
  readonly diedWithTheGuest: boolean;
  /** A migration was still under way when all was done that switchover asks for. */
  readonly unwatched: boolean;
  /** Undefined where the memory is right, or nobody has it any more. */
  readonly memoryProblem: string | undefined;
  /** Undefined where the next command did what it should. */
  readonly followingProblem: string | undefined;
}

/** @param migration a status of query-migrate */
export function isUnderWay(migration: string): boolean {
  // One that is paused goes on only by somebody's hand.
  return goesOn(migration) && !isPaused(migration);
}

export function problemsOf(seen: CellSeen): string[] {
  const { cell, migrate, hand } = seen;
  const nobodyCan = losesTheGuest(cell) || seen.diedWithTheGuest;
  const problems = [
    seen.bothRanMs > 0 && `both QEMUs ran the guest at once, for ${Math.round(seen.bothRanMs)} ms`,
    seen.twoConsoles,
    ...untruths(migrate),
    ...(typeof hand === 'object' ? untruths(hand) : []),
    hand === 'none-named' && !nobodyCan && 'exit status 6 names no hand that can be carried out',
    ...endProblems(seen, nobodyCan),
    seen.unwatched && 'a migration goes on that nobody watches',
    nobodyCan && migrate.status !== 6 && `exit status ${migrate.status} for a guest that is lost`,
    isBrief(cell) && migrate.status === 6 && 'the fault was over soon, and switchover asks for an operator',
    isBrief(cell) &&
      !isCancel(cell) &&
      migrate.status !== 0 &&
      `the fault was over soon, and the migration ended with exit status ${migrate.status}`,
    seen.memoryProblem,
    seen.followingProblem,
  ];
  return problems.filter((problem) => typeof problem === 'string');
}

function endProblems({ goesOnAtLast, cell, diedWithTheGuest }: CellSeen, nobodyCan: boolean): string[] {
  if (nobodyCan) {
    const stale = goesOnAtLast.length > 0;
    const whose = diedWithTheGuest ? 'an old state of it' : 'a part of it';
    return stale ? [`the guest died with the ${cell.side}, and ${whose} runs on the ${goesOnAtLast[0]}`] : [];
  }
  if (goesOnAtLast.length === 1) return [];
  return [goesOnAtLast.length === 0 ? 'nobody runs the guest in the end' : 'both run the guest in the end'];
}

/** What a switchover has said with its exit status and its document, against what was seen. */
function untruths({ command, status, runsOn, said, goesOn, migration, alive }: RunSeen): string[] {
  const problems: string[] = [];
  const on = goesOn.length === 0 ? 'nobody' : goesOn.map((side) => `the ${side}`).join(' and ');
  const expectEnd = (side: Side) => {
    if (goesOn.length !== 1 || goesOn[0] !== side)
      problems.push(
        `${command} ended with exit status ${status} (runs on the ${side}), and ${on} runs the guest`,
      );
    if (runsOn !== undefined && runsOn !== side)
      problems.push(`${command} says runsOn ${runsOn} with exit status ${status}`);
  };
  switch (status) {
    case null:
      problems.push(`${command} did not end`);
      break;
    case 0:
      expectEnd('destination');
      break;
    case 4:
    case 5:
      expectEnd('source');
      if (migration !== undefined && isUnderWay(migration))
        problems.push(`${command} ended with exit status ${status}, and the migration goes on`);
      break;
    case 6:
      if (runsOn !== undefined && runsOn !== 'unknown')
        problems.push(`${command} says runsOn ${runsOn} with exit status 6`);
      break;
    default:
      problems.push(`${command} ended with exit status ${status}`);
  }
  for (const side of alive)
    if (new RegExp(`the ${side}('s)? (QEMU |process )?(process )?has (ended|exited|died)`).test(said))
      problems.push(`${command} says that the ${side}'s process has ended, and it lives`);
  if (/unexpected error|^\s+at .*:\d+:\d+\)?$/m.test(said))
    problems.push(`${command} shows a stack or an unexpected error`);
  return problems;
}
