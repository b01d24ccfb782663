import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { JournalError } from '../journal/journal-error.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { type MigrationView, viewOf } from '../journal/view.ts';
import { type Replayed, replay as replayOne } from '../migration/replay.ts';
import { shown } from '../model/shown.ts';
import { table } from '../model/table.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import { choosePolicy, POLICIES } from '../policy/policies.ts';
import { standardError } from './output/standard.ts';

export interface ReplayOptions {
  readonly policy?: readonly string[];
  readonly json?: boolean;
  readonly stateDir?: string;
}

/** `switchover replay ID`. @returns the exit status */
export async function replay(id: string, options: ReplayOptions): Promise<number> {
  const journals = new FolderJournals(stateDirectory(options.stateDir));
  const { entries, problems } = await journals.read(await journals.find(id), 0, { samples: true });
  for (const problem of problems) standardError().write(`switchover: ${shown(problem)}\n`);
  const view = viewOf(entries);
  const replayed = (options.policy ?? Object.keys(POLICIES))
    .map((name) => replayOne(entries, choosePolicy(name), view.limits))
    .filter((each) => each !== undefined);
  if (replayed.length === 0)
    throw new JournalError(`${view.id} holds no observation of its migration: there is nothing to replay`);
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ schema: 1, id: view.id, vm: view.guest.name, policies: replayed }, null, 2)}\n`
      : `${shown(headingOf(view))}\n\n${text(replayed)}\n`,
  );
  return 0;
}

function headingOf({ id, guest, policy, outcome }: MigrationView): string {
  return `${id}, ${guest.name}, under ${policy}: ${outcome?.reason ?? 'not seen to its end'}`;
}

const HEADINGS = ['POLICY', 'WOULD', 'AT PASS', 'AFTER', 'SENT', 'LEFT', 'A PAUSE OF'];

const WORDS: Record<Replayed['verdict'], string> = {
  switchover: 'switch over',
  fits: 'let QEMU stop it',
  throttle: 'brake it',
  suspend: 'suspend it',
  'post-copy': 'go on by post-copy',
  abort: 'give up',
  undecided: 'still go on',
};

function text(replayed: readonly Replayed[]): string {
  const rows = replayed.map(({ policy, verdict, pass, atMs, sentBytes, remainingBytes, pauseForecastMs }) => [
    policy,
    WORDS[verdict],
    String(pass),
    formatDuration(atMs),
    formatBytes(sentBytes),
    formatBytes(remainingBytes),
    pauseForecastMs === undefined ? '-' : formatDuration(pauseForecastMs),
  ]);
  return table([HEADINGS, ...rows]);
}
