/** The commands that are for the migrations of a service only. */
import { type Command, Option } from 'commander';
import { parseDowntimeMs, parseMaxDowntimeMs, parseTimeoutMs } from '../../config/values.ts';
import { parseRate } from '../../model/units.ts';
import { OUTPUTS, orInvalid, stateDirOption } from '../options.ts';
import { EXIT_HELP } from './help-texts.ts';
import { addServerOptions } from './server-options.ts';

const OWN = 'default: the one of this machine, by the socket in its state folder';

export function addByServerCommands(root: Command, onStatus: (status: number) => void): void {
  addServerOptions(
    root
      .command('follow <id>')
      .summary('follow a migration of a service to its end')
      .description(
        'Shows a migration that a service drives, from its beginning on, and ends with it, as `migrate` does. Ctrl-C ends the ' +
          'following only. The id may be shortened; `last` is the newest.',
      )
      .option('--json', 'print one JSON document at the end; short for --output json')
      .addOption(
        new Option('--output <form>', 'on standard output').choices(OUTPUTS).env('SWITCHOVER_OUTPUT'),
      )
      .option('-q, --quiet', 'no progress on standard error')
      .addOption(
        new Option(
          '--reconnect-for <time>',
          'how long a lost connection to the service is tried again (default: 60s)',
        ).argParser(orInvalid(parseTimeoutMs)),
      )
      .addOption(stateDirOption()),
    OWN,
  )
    .addHelpText(
      'after',
      `\nExamples:\n  $ switchover follow last\n  $ switchover follow 505f --server https://host1.example.org:8686 --token-file token\n${EXIT_HELP}`,
    )
    .action(async (id, options) => {
      const { follow } = await import('../by-server/acts.ts');
      onStatus(await follow(id, options));
    });

  addServerOptions(
    root
      .command('now <id>')
      .summary('have a migration of a service switch over now')
      .description(
        'Has a migration that a service drives pause its guest and move it as soon as the rest fits the longest pause allowed, ' +
          'even where another pass would make the pause shorter. Never over that limit: `limits` changes it. The id may be ' +
          'shortened; `last` is the newest. It does not wait for the end: `follow` does.',
      )
      .option('--reason <text>', 'why, for the journal and the audit')
      .option('--json', 'print the migration as the API answers it (docs/api.md)')
      .addOption(stateDirOption()),
    OWN,
  )
    .addHelpText(
      'after',
      `
Examples:
  $ switchover now last
  $ switchover now 505f --reason "end of the window" --server https://host1.example.org:8686

Exit status: 0 it is taken; 2 wrong usage; 3 the guest is stopped already, or it cannot be switched over here.`,
    )
    .action(async (id, options) => {
      const { switchOver } = await import('../by-server/acts.ts');
      onStatus(await switchOver(id, options));
    });

  addServerOptions(
    root
      .command('cancel <id>')
      .summary('cancel a migration of a service: the guest stays on the source')
      .description(
        'Cancels a migration that a service drives, and tells what became of it. The id may be shortened; `last` is the ' +
          'newest. One that a command drives is cancelled there, by Ctrl-C.',
      )
      .option('--reason <text>', 'why, for the journal and the audit')
      .option('--json', 'print the migration as one JSON document')
      .addOption(stateDirOption()),
    OWN,
  )
    .addHelpText(
      'after',
      `
Examples:
  $ switchover cancel last --reason "not today"
  $ SWITCHOVER_TOKEN=$(cat token) switchover cancel 505f --server https://host1.example.org:8686

Exit status: 0 it is cancelled; 2 wrong usage; 3 it cannot be cancelled any more, or not here.`,
    )
    .action(async (id, options) => {
      const { cancel } = await import('../by-server/acts.ts');
      onStatus(await cancel(id, options));
    });

  addServerOptions(
    root
      .command('limits <id>')
      .summary('change the limits of a migration of a service while it runs')
      .description(
        'Changes the pauses that a migration may have, from its next decision on, or the bandwidth of its passes, at once. The id may be shortened; `last` is the newest.',
      )
      .addOption(
        new Option('--downtime <time>', 'the pause that is always fine').argParser(
          orInvalid(parseDowntimeMs),
        ),
      )
      .addOption(
        new Option('--max-downtime <time>', 'the longest pause allowed').argParser(
          orInvalid(parseMaxDowntimeMs),
        ),
      )
      .addOption(
        new Option(
          '--bandwidth <rate|none>',
          'cap of the passes, which its last step does not have; what was set before is put back in the end',
        ).argParser(orInvalid((text) => (text === 'none' ? null : parseRate(text)))),
      )
      .option('--json', 'print the migration as the API answers it (docs/api.md)')
      .addOption(stateDirOption()),
    OWN,
  )
    .addHelpText(
      'after',
      `
Examples:
  $ switchover limits last --max-downtime 2s
  $ switchover limits last --bandwidth 2gbit

Exit status: 0 they hold; 2 wrong usage; 3 it has ended, or cannot be changed here.`,
    )
    .action(async (id, options) => {
      const { limits } = await import('../by-server/acts.ts');
      onStatus(await limits(id, options));
    });
}
