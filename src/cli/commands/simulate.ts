import { type Command, InvalidArgumentError, Option } from 'commander';
import { policiesOption } from '../options.ts';

export function addSimulateCommand(root: Command, onStatus: (status: number) => void): void {
  root
    .command('simulate <scenario>')
    .summary('try policies on guests that are only simulated')
    .description(
      "Runs the migrations of a TOML scenario on a virtual clock, by QEMU's rules and through the same supervisor as " +
        'in production, and compares policies: how many arrived, total time, data and pause (medians, and the 95th ' +
        'percentile). Where the scenario gives two values instead of one, each migration draws its own between them.',
    )
    .addOption(policiesOption('in place of those of the scenario, may be repeated', ['frs']))
    .addOption(
      new Option('--migrations <number>', 'how many for each policy').argParser(wholeNumber(1, 1_000_000)),
    )
    .addOption(
      new Option('--seed <number>', 'another seed, another fleet').argParser(wholeNumber(0, 0xffff_ffff)),
    )
    .option('--svg <file>', 'draw the comparison into that file')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  $ switchover simulate docs/examples/fleet.toml --svg fleet.svg
  $ switchover simulate docs/examples/loop.toml --policy mp --policy nova --json

A scenario:
  [guest]
  memory = "16GiB"
  zero-pages = "20%"
  writes = { kind = "uniform", working-set = ["512MiB", "8GiB"], rate = "400MB/s" }   # or cyclic, hot-cold, recorded
  [link]
  rate = "10gbit"
  [limits]
  max-downtime = "2s"
  [run]
  policies = ["stock", "mp", { name = "mp", min-shrink = "20%" }, "nova"]
  migrations = 1000`,
    )
    .action(async (scenario, options) => {
      const { simulate } = await import('../simulate.ts');
      onStatus(await simulate(scenario, options));
    });
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d{1,10}$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(`it takes a whole number from ${least} to ${most}`);
    return number;
  };
}
