/**
 * The command line. Commands are loaded when they run, so that `--help` stays quick. Standard output carries
 * data, standard error progress; what the exit statuses mean is in `exit-status.ts`.
 */
import { Command, CommanderError } from 'commander';
import { shown, shownLines } from '../model/shown.ts';
import { OWN_POLICY_NAMES } from '../policy/own-policy-words.ts';
import { VERSION } from '../version.ts';
import { addAttachCommand } from './commands/attach.ts';
import { addByServerCommands } from './commands/by-server.ts';
import { addConfigCommands } from './commands/config.ts';
import { addDrainCommand } from './commands/drain.ts';
import { EXIT_HELP } from './commands/help-texts.ts';
import { addHistoryCommands } from './commands/history.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addPruneCommand } from './commands/prune.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addRollCommand } from './commands/roll.ts';
import { addServeCommands } from './commands/serve.ts';
import { refuseServer } from './commands/server-options.ts';
import { addSimulateCommand } from './commands/simulate.ts';
import { addStoreCommands } from './commands/store.ts';
import { addWatchCommand } from './commands/watch.ts';
import { EXIT } from './exit-status.ts';
import { standardError } from './output/standard.ts';
import { refusedWords } from './refused-words.ts';

/** The commands, as `--help` and the man pages show them. */
export async function program(
  argv: readonly string[],
  onStatus: (status: number) => void,
  policies: readonly string[],
): Promise<Command> {
  const root = new Command('switchover')
    .description('Makes every live migration of a KVM virtual machine finish, within a pause that you state.')
    .version(VERSION, '-V, --version')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
Examples:
  $ switchover plan vm1 qemu+ssh://root@host2/system --line-rate 10gbit
  $ switchover migrate vm1 qemu+ssh://root@host2/system --max-downtime 1s
  $ switchover migrate qmp:/run/vm1.sock qmp:/run/vm1-dest.sock --migrate-uri tcp:10.77.0.2:4444
  $ switchover attach vm1
  $ switchover watch --connect qemu:///system
  $ switchover explain last
  $ switchover follow last --server https://host1.example.org:8686
  $ source <(switchover complete bash)
${EXIT_HELP}`,
    )
    // What was typed may have been pasted from anywhere.
    .configureOutput({ outputError: (text, write) => write(shownLines(text)) })
    .exitOverride();

  addPlanCommand(root, onStatus);
  addDrainCommand(root, onStatus);
  addRollCommand(root, onStatus);
  addMigrateCommand(root, onStatus, policies);
  addAttachCommand(root, onStatus);
  addWatchCommand(root, onStatus);
  addServeCommands(root, onStatus);
  addSimulateCommand(root, onStatus);
  addReplayCommand(root, onStatus);

  addByServerCommands(root, onStatus);
  addHistoryCommands(root, onStatus);
  addPruneCommand(root, onStatus);
  addConfigCommands(root, onStatus);
  addStoreCommands(root, onStatus);

  refuseServer(root, argv, process.env);
  tellWhereHelpIs(root, 'switchover');
  // Its library is loaded only for it: everything else is quicker without.
  if (argv[2] === 'complete') await addCompletion(root, onStatus);
  else root.command('complete').argument('[shell]').description(COMPLETION);
  return root;
}

/** After each error of use, of each command and of those below it. */
function tellWhereHelpIs(command: Command, typed: string): void {
  command.exitOverride().showHelpAfterError(`(${typed} --help tells more)`);
  for (const below of command.commands) tellWhereHelpIs(below, `${typed} ${below.name()}`);
}

const COMPLETION = 'print the completion script of a shell: bash, zsh, fish or powershell';

/** `switchover complete bash|zsh|fish` prints the script; values come from the options' own choices. */
async function addCompletion(root: Command, onStatus: (status: number) => void): Promise<void> {
  const { default: tab } = await import('@bomb.sh/tab/commander');
  const completion = tab(root);
  root.commands.find((command) => command.name() === 'complete')?.hook('postAction', () => onStatus(0));
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

/**
 * Runs the command line.
 * @param policies names that `migrate --policy` takes; the benchmark gives more of them
 * @returns the exit status
 */
export async function run(
  argv: readonly string[],
  policies: readonly string[] = OWN_POLICY_NAMES,
): Promise<number> {
  let status: number = EXIT.unexpected;
  try {
    const root = await program(
      argv,
      (value) => {
        status = value;
      },
      policies,
    );
    await root.parseAsync(argv);
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
    return await statusOfError(error);
  }
}

async function statusOfError(error: unknown): Promise<number> {
  const [{ ConfigError }, { RefusedError }, { JournalError }, { StoreError }, { UsageError }, { wayError }] =
    await Promise.all([
      import('../config/config-error.ts'),
      import('../hypervisor/hypervisor.ts'),
      import('../journal/journal-error.ts'),
      import('../postgres/store-error.ts'),
      import('./usage-error.ts'),
      import('./by-server/way-error.ts'),
    ]);
  const words = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) return complain(words, EXIT.usage);
  if (error instanceof ConfigError) return complainAll(error.problems, EXIT.usage);
  if (error instanceof JournalError || error instanceof StoreError) return complain(words, EXIT.refused);
  const ofTheWay = wayError(error);
  if (ofTheWay) return complainAll(ofTheWay.sentences, ofTheWay.status);
  if (error instanceof RefusedError) return complainAll(refusedWords(words), EXIT.refused);
  const stack = error instanceof Error ? (error.stack ?? words) : words;
  standardError().write(`switchover: unexpected error: ${shownLines(stack)}\n`);
  return EXIT.unexpected;
}

function complainAll(sentences: readonly string[], status: number): number {
  for (const sentence of sentences) complain(sentence, status);
  return status;
}

function complain(sentence: string, status: number): number {
  standardError().write(`switchover: ${shown(sentence)}\n`);
  return status;
}
