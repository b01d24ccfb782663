import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseBytes, parseDurationMs } from '../../model/units.ts';
import { stateDirOption } from '../options.ts';

export function addPruneCommand(root: Command, onStatus: (status: number) => void): void {
  root
    .command('prune')
    .summary('remove old journals')
    .description(
      'Removes journals to which nothing was written for long, then finished ones, the oldest first, until the rest ' +
        'takes no more than it may. The newest journal of a VM whose migration switchover did not see to its end ' +
        'stays: it says what has to be put back.',
    )
    .addOption(limitOption('--older-than <time>', 'what is older goes (default: 90d)', parseDurationMs))
    .addOption(limitOption('--max-size <size>', 'what all journals may take (default: 1GB)', parseBytes))
    .option('--dry-run', 'remove nothing, and tell what would go')
    .option('--json', 'print one JSON document, with every journal that goes')
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
