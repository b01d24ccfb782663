/** What commands take that can go through a service. Loaded for every `--help`, so it loads little. */
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Those that are done here even where the environment names a service, and would be about other migrations than are meant. */
const OF_THIS_MACHINE = ['attach', 'replay', 'prune'];
const GOING_THROUGH =
  'migrate, plan, follow, now, cancel, limits, list, explain and drain, drains, cordon and uncordon';

/** @param fallback the service where none is named; left out: the command does it itself */
export function addServerOptions(command: Command, fallback?: string): Command {
  const which = fallback ?? 'left out: switchover does it itself';
  return command
    .optionsGroup('Through a service')
    .addOption(
      new Option(
        '--server <address>',
        `have a \`switchover serve\` do it: https://HOST:PORT, http://127.0.0.1:8686 or unix:PATH (${which})`,
      ).env('SWITCHOVER_SERVER'),
    )
    .addOption(
      new Option('--server-ca <file>', 'trust what is in it (PEM) to have issued its certificate').env(
        'SWITCHOVER_SERVER_CA',
      ),
    )
    .addOption(
      new Option(
        '--token-file <file>',
        'has the token for it (default: the token itself in SWITCHOVER_TOKEN); none is needed by the unix socket',
      ).env('SWITCHOVER_TOKEN_FILE'),
    )
    .hook('preAction', async (_, acting) => {
      // In the environment an empty word stands for none.
      if (!acting.opts()['server']) {
        acting.setOptionValue('server', undefined);
        return;
      }
      const { assertGoesThrough } = await import('../by-server/goes-through.ts');
      assertGoesThrough(acting);
    });
}

/** Every command that has no such option says so in a sentence, where one is asked for. */
export function refuseServer(command: Command, argv: readonly string[], env: NodeJS.ProcessEnv): void {
  for (const each of command.commands) refuseServer(each, argv, env);
  const isGroup = command.commands.length > 0 && command.registeredArguments.length === 0;
  if (isGroup || command.options.some(({ long }) => long === '--server')) return;
  const sentence = `\`switchover ${nameOf(command)}\` goes through no service: ${GOING_THROUGH} do`;
  if (argv.some((each) => /^--server(=|$)/.test(each)))
    command.addOption(
      new Option('--server <address>').hideHelp().argParser(() => {
        throw new InvalidArgumentError(sentence);
      }),
    );
  if (env['SWITCHOVER_SERVER'] && OF_THIS_MACHINE.includes(command.name()))
    command.hook('preAction', async () => {
      const { UsageError } = await import('../usage-error.ts');
      throw new UsageError(`${sentence}; unset SWITCHOVER_SERVER to have it work on this machine`);
    });
}

function nameOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}
