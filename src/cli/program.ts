/**
 * The command line. Commands are loaded when they run, so that `--help` stays quick. Standard output carries
 * data, standard error progress; what the exit statuses mean is in `exit-status.ts`.
 */
import tab from '@bomb.sh/tab/commander';
import { Command, CommanderError, Option } from 'commander';
import { POLICIES } from '../policy/policies.ts';
import { VERSION } from '../version.ts';
import { EXIT } from './exit-status.ts';
import { addMigrationOptions, bandwidthOption, stateDirOption } from './migration-options.ts';

const EXIT_HELP = `
Exit status:
  0    the guest runs on the destination
  1    unexpected error
  2    wrong usage or configuration
  3    refused before anything was touched
  4    failed; the guest still runs on the source
  5    cancelled, timed out or not possible within the limits; the guest still runs on the source
  6    an operator is needed: it is not certain that exactly one side runs the guest
  130  interrupted: detached, the migration goes on by itself`;

function program(onStatus: (status: number) => void): Command {
  const root = new Command('switchover')
    .description('Makes every live migration of a KVM virtual machine finish, within a pause that you state.')
    .version(VERSION, '-V, --version')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
Examples:
  $ switchover migrate qmp:/run/vm1.sock qmp:/run/vm1-dest.sock --migrate-uri tcp:10.77.0.2:4444
  $ switchover attach qmp:/run/vm1.sock --to qmp:/run/vm1-dest.sock
  $ switchover explain last
  $ source <(switchover complete bash)
${EXIT_HELP}`,
    )
    .exitOverride();

  addMigrationOptions(
    root
      .command('migrate <vm> <destination>')
      .summary('migrate a running guest to a QEMU that waits for it')
      .description(
        'Migrates the guest of one QEMU to another, both named by their QMP sockets. The destination was started ' +
          'with the same machine and memory, and with -incoming defer or an open incoming port.',
      )
      .addOption(
        new Option('--migrate-uri <uri>', 'where the destination listens for the memory').env(
          'SWITCHOVER_MIGRATE_URI',
        ),
      )
      .option(
        '--listen-uri <uri>',
        'what the destination binds, when that is not the migrate URI (tcp:0.0.0.0:4444)',
      )
      .option('--dry-run', 'check both ends, touch nothing')
      .option('--force', 'migrate although the guest may lose memory (TCG on a QEMU before 9.0)')
      .addOption(bandwidthOption()),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ switchover migrate qmp:/run/vm1.sock qmp:/run/vm1-dest.sock --migrate-uri tcp:10.77.0.2:4444
  $ switchover migrate qmp:a.sock qmp:b.sock --migrate-uri tcp:10.77.0.2:4444 --max-downtime 1s --timeout 10m
  $ switchover migrate qmp:a.sock qmp:b.sock --migrate-uri unix:/run/mig.sock --policy mp --policy-option min-shrink=10%
  $ switchover migrate qmp:a.sock qmp:b.sock --migrate-uri tcp:10.77.0.2:4444 --json > result.json

Policies:
${policyHelp()}

Sizes are written like 512MiB or 64MB, rates like 480mbit or 60MB/s, times like 300ms, 5s or 10m.
Where it says so an option can be set in the environment (SWITCHOVER_MAX_DOWNTIME=1s); a flag goes before it.
Ctrl-C cancels and the guest stays on the source; a second one within a second detaches and QEMU goes on alone.
${EXIT_HELP}`,
    )
    .action(async (vm, destination, options) => {
      const { migrate } = await import('./migrate.ts');
      onStatus(await migrate(vm, destination, options));
    });

  addMigrationOptions(
    root
      .command('attach <vm>')
      .summary('take over a migration that is already under way')
      .description(
        'Takes over a migration that somebody else began, or that switchover left when it was killed. ' +
          'Without --to the destination is taken from the journal that was left; without any, the pause cannot be measured.',
      )
      .option('--to <destination>', "the destination's monitor, like qmp:/run/vm1-dest.sock"),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ switchover attach qmp:/run/vm1.sock --to qmp:/run/vm1-dest.sock
  $ switchover attach qmp:/run/vm1.sock --max-downtime 2s
${EXIT_HELP}`,
    )
    .action(async (vm, options) => {
      const { attach } = await import('./attach.ts');
      onStatus(await attach(vm, options));
    });

  root
    .command('explain <id>')
    .summary('tell what happened in a migration, with each decision and its figures')
    .description(
      'Tells the story of one migration from its journal. The id may be shortened; `last` is the newest.',
    )
    .option('--json', 'print the migration as one JSON document')
    .addOption(stateDirOption())
    .addHelpText('after', '\nExamples:\n  $ switchover explain last\n  $ switchover explain 3f2a --json')
    .action(async (id, options) => {
      const { explain } = await import('./explain.ts');
      onStatus(explain(id, options));
    });

  root
    .command('list')
    .summary('list the migrations that have a journal')
    .option('--json', 'print them as a JSON array of documents')
    .addOption(stateDirOption())
    .addHelpText('after', '\nExamples:\n  $ switchover list\n  $ switchover list --json | jq ".[].pauseMs"')
    .action(async (options) => {
      const { list } = await import('./list.ts');
      onStatus(list(options));
    });

  for (const command of root.commands)
    command.exitOverride().showHelpAfterError(`(switchover ${command.name()} --help shows examples)`);
  addCompletion(root);
  return root;
}

function policyHelp(): string {
  return Object.entries(POLICIES)
    .map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`)
    .join('\n');
}

/** `switchover complete bash|zsh|fish` prints the script; values come from the options' own choices. */
function addCompletion(root: Command): void {
  const completion = tab(root);
  for (const command of root.commands)
    for (const option of command.options) {
      const choices = option.argChoices;
      const completed = completion.commands.get(command.name())?.options.get(option.name());
      if (choices && completed)
        completed.handler = (complete) => {
          for (const choice of choices) complete(choice, '');
        };
    }
}

/** Runs the command line. @returns the exit status */
export async function run(argv: readonly string[]): Promise<number> {
  let status: number = EXIT.unexpected;
  try {
    await program((value) => {
      status = value;
    }).parseAsync(argv);
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
    return await statusOfError(error);
  }
}

async function statusOfError(error: unknown): Promise<number> {
  const [{ RefusedError }, { JournalError }, { UsageError }] = await Promise.all([
    import('../hypervisor/hypervisor.ts'),
    import('../migration/journal-file.ts'),
    import('./usage-error.ts'),
  ]);
  const words = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) return complain(words, EXIT.usage);
  if (error instanceof JournalError) return complain(words, EXIT.refused);
  if (error instanceof RefusedError) {
    for (const sentence of words.split('\n')) complain(`refused: ${sentence}`, EXIT.refused);
    return EXIT.refused;
  }
  process.stderr.write(`switchover: unexpected error: ${error instanceof Error ? error.stack : words}\n`);
  return EXIT.unexpected;
}

function complain(sentence: string, status: number): number {
  process.stderr.write(`switchover: ${sentence}\n`);
  return status;
}
