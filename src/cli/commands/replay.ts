import type { Command } from 'commander';
import { policiesOption, stateDirOption } from '../options.ts';

export function addReplayCommand(root: Command, onStatus: (status: number) => void): void {
  root
    .command('replay <id>')
    .summary('tell what other policies would have done on a recorded migration')
    .description(
      'Shows the observations of a recorded migration to policies, and tells at which pass each would have acted, with ' +
        'the limits of that migration. What would have come after that nobody saw, so it is not told. The id may be ' +
        'shortened; `last` is the newest.',
    )
    .addOption(policiesOption('the policies to ask, may be repeated (default: all)'))
    .option('--json', 'print one JSON document, with the reasons')
    .addOption(stateDirOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ switchover replay last\n  $ switchover replay 3f2a --policy mp --policy nova --json',
    )
    .action(async (id, options) => {
      const { replay } = await import('../replay.ts');
      onStatus(await replay(id, options));
    });
}
