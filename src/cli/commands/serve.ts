import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseBytes, parseDurationMs } from '../../model/units.ts';
import {
  configOption,
  databaseOption,
  dataDirOption,
  hostsOption,
  logFormOption,
  severalTimes,
  stateDirOption,
} from '../options.ts';

const DAY_MS = 24 * 3600e3;

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
    .addOption(
      new Option(
        '--tls-cert <file>',
        "certificate of its ports, in PEM form, with those that lead to its authority's; read again when it changes",
      ).env('SWITCHOVER_TLS_CERT'),
    )
    .addOption(new Option('--tls-key <file>', 'the key of that certificate').env('SWITCHOVER_TLS_KEY'))
    .addOption(
      new Option('--tls-client-ca <file>', 'whose certificates clients need, beside a token').env(
        'SWITCHOVER_TLS_CLIENT_CA',
      ),
    )
    .addOption(
      new Option('--webhooks <file>', 'who is told of migrations; docs/service.md has an example').env(
        'SWITCHOVER_WEBHOOKS',
      ),
    )
    .addOption(hostsOption())
    .addOption(new Option('--no-watch', 'follow no host: only what is started here'))
    .addOption(new Option('--demo', 'simulated guests that migrate to and fro, to look at; touches no host'))
    .addOption(
      new Option(
        '--guests <count>',
        'of the demonstration: so many, larger, migrating again and again, to see it at work under load (default: 4, which rest)',
      ).argParser(guestCount),
    )
    .addOption(
      databaseOption('embedded, or the address of your PostgreSQL: past migrations are kept there too'),
    )
    .addOption(dataDirOption())
    .addOption(
      new Option(
        '--keep-for <time>',
        'how long migrations are kept (default: a year in a database, 90d in the state folder)',
      )
        .env('SWITCHOVER_KEEP_FOR')
        .argParser(keepTime),
    )
    .addOption(
      new Option(
        '--keep-size <size>',
        'what their journals may take, the oldest go (default: 10GB in a database, 1GB in the state folder)',
      )
        .env('SWITCHOVER_KEEP_SIZE')
        .argParser(keepSize),
    )
    .addOption(configOption())
    .addOption(logFormOption())
    .addOption(stateDirOption())
    .addHelpText(
      'after',
      `
Examples:
  $ switchover serve --demo
  $ switchover serve --connect qemu:///system
  $ switchover serve --database embedded --keep-for 180d
  $ SWITCHOVER_DATABASE=postgres://switchover@db1/switchover switchover serve
  $ switchover token add ops --role operate
  $ switchover serve --listen 0.0.0.0:8686 --name switchover.example.org
  $ switchover serve --listen 0.0.0.0:8686 --name host1.example.org --tls-cert cert.pem --tls-key key.pem
  $ curl --silent http://127.0.0.1:8686/v1/migrations

Exit status: 0 told to end; 2 wrong usage or configuration; 3 it cannot listen, or there is no usable virsh.`,
    )
    .action(async (options) => {
      const { serve } = await import('../serve.ts');
      onStatus(await serve(options));
    });

  const webhook = root
    .command('webhook')
    .summary('who is told of migrations by `switchover serve --webhooks`');
  webhook
    .command('test <file>')
    .summary('send an example of an event to each webhook of the file')
    .option('--only <name>', 'to that one')
    .addHelpText(
      'after',
      `
Examples:
  $ switchover webhook test /etc/switchover/webhooks.toml
  $ switchover webhook test /etc/switchover/webhooks.toml --only ops

Exit status: 0 each has taken it; 2 the file is wrong; 3 one has not taken it.`,
    )
    .action(async (file, options) => {
      const { testWebhooks } = await import('../webhook.ts');
      onStatus(await testWebhooks(file, options));
    });

  const token = root.command('token').summary('who may use the API of `switchover serve`');
  const action = (which: 'add' | 'remove' | 'list') => async (first: unknown, second: unknown) => {
    const { tokens } = await import('../token.ts');
    onStatus(
      await (which === 'list'
        ? tokens(which, undefined, first as never)
        : tokens(which, first as string, second as never)),
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
    .addOption(
      new Option('--expires <time>', 'it lets nobody in after that: 12h, 30d (default: never)').argParser(
        parseExpiry,
      ),
    )
    .addOption(stateDirOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ switchover token add grafana\n  $ switchover token add ops --role operate --expires 30d',
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
    .summary('their names, their roles, and until when they hold')
    .option('--json', 'print them as a JSON array')
    .addOption(stateDirOption())
    .addHelpText('after', '\nExamples:\n  $ switchover token list')
    .action(action('list'));
}

/** @returns milliseconds */
function parseExpiry(text: string): number {
  const words = 'write it like 12h or 30d, from a minute to ten years';
  return within(text, parseDurationMs, 60e3, 3650 * DAY_MS, words);
}

/** @returns milliseconds. What has only just ended is what people look at. */
function keepTime(text: string): number {
  return within(text, parseDurationMs, DAY_MS, 36_500 * DAY_MS, 'write it like 30d, from a day to 36500d');
}

/** @returns bytes */
function keepSize(text: string): number {
  return within(text, parseBytes, 1e6, 1e15, 'write it like 500MB or 10GB, from 1MB to 1000TB');
}

/** @throws {InvalidArgumentError} with these words */
function within(
  text: string,
  parse: (text: string) => number,
  least: number,
  most: number,
  words: string,
): number {
  try {
    const value = parse(text);
    if (value >= least && value <= most) return value;
  } catch {
    // The same words.
  }
  throw new InvalidArgumentError(words);
}

const MOST_GUESTS = 1000;

function guestCount(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= MOST_GUESTS) return Number(text);
  throw new InvalidArgumentError(`it takes a whole number from 1 to ${MOST_GUESTS}`);
}
