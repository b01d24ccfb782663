import { type Command, Option } from 'commander';
import {
  configOption,
  databaseOption,
  dataDirOption,
  hostsOption,
  logFormOption,
  severalTimes,
  stateDirOption,
} from '../options.ts';

export function addServeCommands(root: Command, onStatus: (status: number) => void): void {
  root
    .command('serve')
    .summary('watch hosts, and serve the API')
    .description(
      'Follows the hosts of the configuration as `switchover watch` does, and serves an HTTP API on this machine by which ' +
        'migrations are started, followed, cancelled and understood; docs/service.md tells more. SIGTERM ends the service ' +
        'only: migrations go on, and the next service on this machine goes on with them.',
    )
    .addOption(
      severalTimes(
        new Option(
          '--listen <place>',
          'an address and port, or unix:PATH; may be repeated (default: 127.0.0.1:8686 and a socket in the state folder)',
        ),
      ),
    )
    .addOption(severalTimes(new Option('--name <host>', 'by which name it is called too; may be repeated')))
    .addOption(hostsOption())
    .addOption(new Option('--no-watch', 'follow no host: only what is started here'))
    .addOption(new Option('--demo', 'simulated guests that migrate to and fro, to look at; touches no host'))
    .addOption(
      databaseOption('embedded, or the address of your PostgreSQL: past migrations are kept there too'),
    )
    .addOption(dataDirOption())
    .addOption(configOption())
    .addOption(logFormOption())
    .addOption(stateDirOption())
    .addHelpText(
      'after',
      `
Examples:
  $ switchover serve --demo
  $ switchover serve --connect qemu:///system
  $ switchover serve --database embedded
  $ SWITCHOVER_DATABASE=postgres://switchover@db1/switchover switchover serve
  $ switchover token add ops --role operate
  $ switchover serve --listen 0.0.0.0:8686 --name switchover.example.org
  $ curl --silent http://127.0.0.1:8686/v1/migrations

Exit status: 0 told to end; 2 wrong usage or configuration; 3 it cannot listen, or there is no usable virsh.`,
    )
    .action(async (options) => {
      const { serve } = await import('../serve.ts');
      onStatus(await serve(options));
    });

  const token = root.command('token').summary('who may use the API of `switchover serve`');
  const action = (which: 'add' | 'remove' | 'list') => async (first: unknown, second: unknown) => {
    const { tokens } = await import('../token.ts');
    onStatus(
      which === 'list'
        ? tokens(which, undefined, first as never)
        : tokens(which, first as string, second as never),
    );
  };
  token
    .command('add <name>')
    .summary('make one, and print it; it is kept nowhere')
    .addOption(
      new Option('--role <role>', 'view, operate (start, cancel, limits) or admin')
        .choices(['view', 'operate', 'admin'])
        .default('view'),
    )
    .addOption(stateDirOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ switchover token add grafana\n  $ switchover token add ops --role operate',
    )
    .action(action('add'));
  token
    .command('remove <name>')
    .summary('it lets nobody in any more, from now on')
    .addOption(stateDirOption())
    .addHelpText('after', '\nExamples:\n  $ switchover token remove ops')
    .action(action('remove'));
  token
    .command('list')
    .summary('their names and roles')
    .option('--json', 'print them as a JSON array')
    .addOption(stateDirOption())
    .addHelpText('after', '\nExamples:\n  $ switchover token list')
    .action(action('list'));
}
