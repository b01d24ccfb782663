import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseBytes, parseDurationMs } from '../../model/units.ts';
import { stateDirOption } from '../options.ts';

export function addPruneCommand(root: Command, onStatus: (status: number) => void): void {
  addPruneLimits(root.command('prune').summary('remove old journals').description(RULES), {
    olderThan: '90d',
    maxSize: '1GB',
  })
    .addOption(stateDirOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ switchover prune --dry-run\n  $ switchover prune --older-than 30d --max-size 200MB',
    )
    .action(async (options) => {
      const { prune } = await import('../prune.ts');
      onStatus(await prune(options));
    });
}

const RULES =
  'Removes journals to which nothing was written for long, then finished ones, the oldest first, until the rest ' +
  'takes no more than it may. The newest journal of a VM whose migration switchover did not see to its end ' +
  'stays: it says what has to be put back.';

/** @param defaults as they are written */
export function addPruneLimits(
  command: Command,
  defaults: { readonly olderThan: string; readonly maxSize: string },
): Command {
  const { olderThan, maxSize } = defaults;
  return command
    .addOption(
      limitOption('--older-than <time>', `what is older goes (default: ${olderThan})`, parseDurationMs),
    )
    .addOption(
      limitOption('--max-size <size>', `what all journals may take (default: ${maxSize})`, parseBytes),
    )
    .option('--dry-run', 'remove nothing, and tell what would go')
    .option('--json', 'print one JSON document, with every journal that goes');
}

function limitOption(flags: string, text: string, parse: (text: string) => number): Option {
  return new Option(flags, text).argParser((value: string) => {
    try {
      const limit = parse(value);
      if (Number.isFinite(limit)) return limit;
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
    throw new InvalidArgumentError('it is too large');
  });
}
