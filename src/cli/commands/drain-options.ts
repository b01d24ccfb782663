/** Options of the commands that empty hosts. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { MOST_AT_A_TIME, parsePriority, parseReserveBytes } from '../../config/values.ts';
import { START_WHEN } from '../../drain/calm.ts';
import { ORDERS } from '../../drain/order.ts';
import { USUAL } from '../../drain/usual.ts';
import { parseWindow } from '../../drain/window.ts';
import { parseRate } from '../../model/units.ts';
import {
  databaseOption,
  dataDirOption,
  durationBetween,
  orInvalid,
  severalTimes,
  stateDirOption,
} from '../options.ts';

export const SHORTEST_MS = 1000;
export const LONGEST_MS = 30 * 24 * 3600e3;

export const DATABASE =
  'where drains are kept: embedded (the default), or your PostgreSQL, such as postgres://user@host/name';

/** Where VMs may be put. */
export function addPlacementOptions(command: Command): Command {
  return command
    .addOption(
      severalTimes(
        new Option(
          '--apart <names>',
          'VMs of which no two may be on one host, like db1,db2; may be repeated',
        ),
      ),
    )
    .addOption(
      new Option(
        '--reserve <size>',
        'memory kept free on each destination (default: as much as the largest VM that runs there)',
      ).argParser(sizeOf),
    )
    .option('--force', 'although guests may lose memory, or have host devices');
}

/** How a host is emptied. */
export function addMannerOptions(command: Command): Command {
  return command
    .optionsGroup('How')
    .addOption(new Option('--order <order>', `who goes first (default: ${USUAL.order})`).choices(ORDERS))
    .addOption(
      new Option(
        '--priority <number>',
        'of this drain among others, 0 to 1000: where they compete, what is moved by a higher one goes first (default: 0)',
      ).argParser(orInvalid(parsePriority)),
    )
    .addOption(
      new Option(
        '--at-a-time <number>',
        `the most calm VMs on a link at a time; a memory-intensive one has it alone (default: ${USUAL.atATime})`,
      ).argParser(countOf),
    )
    .addOption(
      new Option(
        '--link-budget <rate>',
        "what all VMs that are on their way may take of a host's link together, like 5gbit (default: all of it)",
      ).argParser(orInvalid(parseRate)),
    )
    .addOption(
      severalTimes(
        new Option(
          '--window <times>',
          'when moves may begin, like 22:00-04:00, "sat,sun 08:00-18:00" or "FREQ=MONTHLY;BYDAY=1SU;BYHOUR=2 for 4h", in the time of this machine; may be repeated (default: at any time)',
        ),
        (text) => parseWindow(text).text,
      ),
    )
    .addOption(
      new Option(
        '--start-when <moment>',
        'when each VM begins: now, or calm: one that would have to stand still for longer than is always fine, or that does not fit its limits, waits for a calmer moment (default: now)',
      ).choices(START_WHEN),
    )
    .addOption(
      new Option(
        '--calm-within <time>',
        'how long each may wait for that, like 2h; then it moves as it is, or is held (default: as the deadline allows)',
      ).argParser(durationBetween(SHORTEST_MS, LONGEST_MS)),
    )
    .option('--before-host <program>', 'a program that is asked before anything is moved')
    .option('--after-host <program>', 'one that is asked once no VM runs there any more')
    .option(
      '--before-vm <program>',
      'one that is asked before each VM: exit status 0 go on, 70 leave it, others hold it',
    )
    .option(
      '--after-vm <program>',
      'one that is asked after each VM: exit status 0 go on, others pause the drain',
    )
    .addOption(
      new Option(
        '--shutdown-timeout <time>',
        'how long a VM that is shut down, by its own word, may take until it is off (default: 5min)',
      ).argParser(durationBetween(SHORTEST_MS, 24 * 3600e3)),
    )
    .addOption(
      new Option('--probe <time>', 'the longest probe of each VM (default: 3s)').argParser(
        durationBetween(1000, 60_000),
      ),
    )
    .option('--reason <text>', 'why, for whoever looks at it later');
}

export function withStore(command: Command): Command {
  return command.addOption(databaseOption(DATABASE)).addOption(dataDirOption()).addOption(stateDirOption());
}

function countOf(text: string): number {
  if (/^[1-9]$/.test(text) && Number(text) <= MOST_AT_A_TIME) return Number(text);
  throw new InvalidArgumentError(`it takes a number from 1 to ${MOST_AT_A_TIME}`);
}

function sizeOf(text: string): number {
  try {
    return parseReserveBytes(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
