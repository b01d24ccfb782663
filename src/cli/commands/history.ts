/** The commands that tell of migrations from their journals. */
import type { Command } from 'commander';
import { stateDirOption } from '../options.ts';
import { addServerOptions } from './server-options.ts';

export function addHistoryCommands(root: Command, onStatus: (status: number) => void): void {
  addServerOptions(
    root
      .command('explain <id>')
      .summary('tell what happened in a migration, with each decision and its figures')
      .description(
        'Tells the story of one migration from its journal. The id may be shortened; `last` is the newest.',
      )
      .option('--json', 'print the migration as one JSON document')
      .addOption(stateDirOption()),
  )
    .addHelpText('after', '\nExamples:\n  $ switchover explain last\n  $ switchover explain 3f2a --json')
    .action(async (id, options) => {
      const { explain } = await import('../explain.ts');
      onStatus(await explain(id, options));
    });

  addServerOptions(
    root
      .command('list')
      .summary('list the migrations that have a journal')
      .option('--json', 'print them as a JSON array of documents')
      .addOption(stateDirOption()),
  )
    .addHelpText('after', '\nExamples:\n  $ switchover list\n  $ switchover list --json | jq ".[].pauseMs"')
    .action(async (options) => {
      const { list } = await import('../list.ts');
      onStatus(await list(options));
    });
}
