import type { Command } from 'commander';
import { configOption } from '../options.ts';

const CONFIG_EXAMPLES = `
Examples:
  $ switchover config check
  $ switchover config check packaging/switchover.toml
  $ switchover config show --domain db-1
  $ switchover config show --domain db-1 --class batch --json`;

export function addConfigCommands(root: Command, onStatus: (status: number) => void): void {
  const config = root
    .command('config')
    .summary('check the configuration, or show what holds and why')
    .description(
      'The configuration is one TOML file for all commands: --config, SWITCHOVER_CONFIG, ' +
        '~/.config/switchover/switchover.toml or /etc/switchover/switchover.toml, the first that there is. ' +
        "Flags go before the environment, that before a domain's metadata, its [[domain]] entries, [defaults] and " +
        'what is built in.',
    )
    .addHelpText('after', CONFIG_EXAMPLES);

  config
    .command('check [file]')
    .summary('tell everything that is wrong in the file')
    .description('Tells everything that is wrong in the configuration; exit 2 when anything is.')
    .addOption(configOption())
    .addHelpText('after', CONFIG_EXAMPLES)
    .action(async (file, options) => {
      const { configCheck } = await import('../config-check.ts');
      onStatus(configCheck(file, options));
    });

  config
    .command('show')
    .summary('show the settings in force and where each comes from')
    .description(
      "Shows the settings that a migration would have, and where each comes from. The domain's own metadata is not " +
        'read; --class says what its class is.',
    )
    .option('--domain <name>', 'for this libvirt domain')
    .option('--class <class>', "as if the domain's metadata said this class")
    .option('--json', 'print one JSON document, times in ms and rates in bytes a second')
    .addOption(configOption())
    .addHelpText('after', CONFIG_EXAMPLES)
    .action(async (options) => {
      const { configShow } = await import('../config-show.ts');
      onStatus(configShow(options));
    });
}
