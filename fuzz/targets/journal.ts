/** Journals: files that a machine died over, that a disk was too full for, that somebody changed by hand. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { foreseenLines } from '../../src/cli/render/foreseen-lines.ts';
import { decisionLine, passLine } from '../../src/cli/render/pass-line.ts';
import { summaryLines } from '../../src/cli/render/summary.ts';
import { documentOf } from '../../src/journal/document.ts';
import { groundWords } from '../../src/journal/entry-words.ts';
import { FolderJournals } from '../../src/journal/folder/folder-journals.ts';
import { idOfFile, JournalPaths } from '../../src/journal/folder/journal-paths.ts';
import { owedSettings } from '../../src/journal/former-settings.ts';
import type { JournalEntry } from '../../src/journal/journal-entry.ts';
import { JournalError } from '../../src/journal/journal-error.ts';
import { lineOf } from '../../src/journal/line-of.ts';
import { newMigrationId, sortIds, stampMs } from '../../src/journal/migration-id.ts';
import { parseEntry } from '../../src/journal/parse-entry.ts';
import { EVERY_HAPPENING, newOpening } from '../../src/journal/testing/happenings.ts';
import { trustedDestination } from '../../src/journal/trusted-destination.ts';
import { viewOf } from '../../src/journal/view.ts';
import { attachCommand } from '../../src/migration/attach-command.ts';
import { experienceOf } from '../../src/migration/experience.ts';
import { replay } from '../../src/migration/replay.ts';
import { OWN_POLICIES } from '../../src/policy/own-policies.ts';
import { ownerOfLimit } from '../../src/watch/starter-limit.ts';
import { hold, holdFigure, holdPlain, holdSentence, orRefused, orRejected } from '../hold.ts';
import { sample } from '../samples.ts';
import type { Target } from '../target.ts';

const OLD = sample('src/journal/testing/journal-before-brakes.jsonl');
const STAMP = { schema: 2, time: '2026-11-27T06:00:00.000Z' };
const OPENED: JournalEntry = {
  ...{ type: 'opened', id: '20261127T060000.000-vm1-0001', ...newOpening() },
  ...{ ...STAMP, seq: 0, atMs: 0 },
};
const NEW = [
  lineOf(OPENED),
  ...EVERY_HAPPENING.map((happening, index) =>
    lineOf({ ...happening, ...STAMP, seq: index + 1, atMs: 100 * index } as JournalEntry),
  ),
].join('\n');

/** The keys and words of both schemas. */
const WORDS = [
  ...new Set(`${OLD}${NEW}`.match(/"[A-Za-z][\w-]*"/g)?.map((word) => word.slice(1, -1)) ?? []),
  ...['{', '}', '[', ']', ',', ':', '"', '\n', 'null', 'true', '{"schema":1,', '"type":"ended"'],
];

/**
 * V8's JSON.parse takes a key of one escaped character for a backslash, once an object with the key `\\` was read that was of the
 * same shape until then (nodejs/node issue 63785, open). No journal of ours has such a key.
 */
function isMisreadByV8(line: string): boolean {
  return JSON.stringify(JSON.parse(line)) !== line;
}

const FOLDER_FILES = [
  '20261127T060000.000-vm1-0001.jsonl',
  '20261127T060000.000-vm1-0001.samples.jsonl',
  'index',
];

export const targets: readonly Target[] = [
  {
    name: 'journal/entry',
    reads: 'one line of a journal, of schema 1 or 2',
    seeds: `${OLD}${NEW}`.split('\n').filter((line) => line !== ''),
    words: WORDS,
    check(input) {
      const { entry, problem } = parseEntry(input.toString(), 'file:1');
      if (problem !== undefined) {
        hold(problem.startsWith('file:1 '), 'a problem says where it is', problem);
        hold(problem.length <= 1000, 'a problem is no longer than a person reads', problem.length);
        return;
      }
      hold(Number.isSafeInteger(entry.seq) && entry.seq >= 0, 'entries are numbered from 0 on', entry.seq);
      holdPlain(entry);
      const line = lineOf(entry);
      const again = parseEntry(line, 'file:1').entry;
      hold(
        (again !== undefined && lineOf(again) === line) || isMisreadByV8(line),
        'what was read is read again as it is written',
        line,
      );
      const words = groundWords(entry);
      hold(words === undefined || words !== '', 'an entry has words');
    },
  },
  {
    name: 'journal/file',
    reads: 'a whole journal, as `explain`, `replay` and the next migration read it',
    seeds: [OLD, NEW, NEW.split('\n').slice(0, 8).join('\n')],
    words: WORDS,
    check(input) {
      const entries = input
        .toString()
        .split('\n')
        .flatMap((line) => parseEntry(line, 'file:1').entry ?? []);
      const view = orRefused(() => viewOf(entries), JournalError);
      if (!view) return;
      hold(JSON.stringify(documentOf(view)) !== undefined, 'a journal is told as a document');
      for (const side of ['source', 'destination'] as const) holdPlain(owedSettings(view, side));
      const lines = [
        ...summaryLines(view),
        ...view.boundaries.map(passLine),
        ...view.decisions.map(decisionLine),
        ...(view.foreseen ? foreseenLines(view.foreseen.known) : []),
      ];
      hold(
        lines.every((line) => typeof line === 'string'),
        'a journal is told in lines',
      );
      ownerOfLimit(300, view);
      experienceOf(entries);
      for (const { build } of Object.values(OWN_POLICIES)) {
        const replayed = replay(entries, build({}), view.limits);
        hold(replayed === undefined || typeof replayed.reason === 'string', 'a policy has its reason');
      }
    },
  },
  {
    name: 'journal/folder',
    reads: 'a folder with a journal, its samples and the index',
    seeds: [`${NEW}\n\u0001${EVERY_HAPPENING.length}\n\u0001{"id":"x","vm":"qmp:/a","uuid":null}\n`, OLD],
    words: [...WORDS, '\u0001'],
    check: readFolder,
  },
  {
    name: 'journal/ids',
    reads: 'names of files in the folder of journals',
    seeds: [
      '20261122T195748.120-vm1-3f2a.jsonl\u0001vm1',
      '20261122T195748-old-3f2a.samples.jsonl\u0001ñandú /..',
      '99991231T235959.999-x-0000.jsonl\u0001x',
    ],
    words: ['.jsonl', '.samples.jsonl', '..', '/', '-', '.', 'T', '99991231T235959.999-', '\u0001'],
    check(input) {
      const [file = '', name = ''] = input.toString().split('\u0001');
      const id = idOfFile(file)?.id;
      const paths = new JournalPaths('/state');
      if (id !== undefined) {
        const journal = orRefused(() => paths.journal(id), JournalError);
        hold(journal === `/state/journal/${id}.jsonl`, 'the file of an id is in the folder', journal);
        holdFigure(
          stampMs(id) === undefined ? undefined : Math.max(0, stampMs(id) ?? 0),
          'the time of an id',
        );
      }
      const next = newMigrationId(name, id, 1_795_378_218_729, () => 0.5);
      hold(paths.journal(next) === `/state/journal/${next}.jsonl`, 'a new id is the name of a file', next);
      if (id !== undefined && stampMs(id) !== undefined && id < '9')
        hold(sortIds([next, id]).at(-1) === next, 'a new id comes after those that are there', next);
    },
  },
  {
    name: 'journal/destination',
    reads: 'an address out of a journal that may be connected to',
    seeds: ['qmp:/run/b.sock', 'qemu+ssh://root@host2/system#vm1', 'qemu+ext://h/system?command=/bin/sh#a'],
    words: [
      'qemu',
      '+ssh',
      '+ext',
      '://',
      '@',
      '-oProxyCommand=',
      '?',
      'command=',
      '#',
      'qmp:',
      '/system',
      'netcat=',
    ],
    check(input) {
      const text = input.toString();
      const trusted = trustedDestination(text);
      if (trusted === undefined) return;
      hold(trusted === text, 'an address is used as it is');
      holdSentence(trusted);
      if (trusted.startsWith('qmp:')) return;
      const uri = trusted.slice(0, trusted.indexOf('#'));
      hold(!uri.includes('?'), 'no address has a query', uri);
      hold(!/^[a-z]+\+ext:/i.test(uri), 'no address runs a program', uri);
      hold(
        !/[/@]-/.test(uri.slice(0, uri.indexOf('/', uri.indexOf('://') + 3))),
        'no host looks like an option',
        uri,
      );
    },
  },
  {
    name: 'journal/attach-command',
    reads: 'addresses out of a journal, made into a command to type',
    seeds: [
      'qmp:/run/vm1.sock\u0001qmp:/run/b.sock',
      "qemu:///system?socket=/a b#it's\u0001qemu+ssh://h/system#vm2",
    ],
    words: ["'", '"', ' ', '$(id)', '\\', '#', '\u0001', '-', '--help', 'qmp:', 'qemu:///system#'],
    check(input) {
      const [vm = '', destination] = input.toString().split('\u0001');
      const words = shellWords(attachCommand(vm, destination));
      hold(words.slice(0, 2).join(' ') === 'switchover attach', 'a command is one of ours');
      const name = vm.startsWith('qmp:') || vm.indexOf('#') < 1 ? vm : vm.slice(vm.indexOf('#') + 1);
      const at = words.indexOf(name, 2);
      hold(at >= 0, 'a name is one word of the command', words.join('|'));
      hold(
        !name.startsWith('-') || words.slice(0, words.lastIndexOf(name)).includes('--'),
        'a name is not taken for an option',
        name,
      );
    },
  },
];

let folder: string | undefined;

async function readFolder(input: Buffer): Promise<void> {
  folder ??= temporaryFolder();
  const texts = input.toString('latin1').split('\u0001');
  FOLDER_FILES.forEach((name, index) => {
    const file = path.join(folder ?? '', 'journal', name);
    const text = texts[index];
    if (text === undefined) rmSync(file, { force: true });
    else writeFileSync(file, text, { encoding: 'latin1', mode: 0o600 });
  });
  const journals = new FolderJournals(folder);
  const [id = ''] = await journals.list();
  const reading = await orRejected(async () => await journals.read(id, 0, { samples: true }), JournalError);
  if (reading) {
    hold(reading.problems.length <= 8, 'a file that is no journal is told in a few sentences');
    const numbers = reading.entries.map(({ seq }) => seq);
    hold(
      numbers.every((number, index) => index === 0 || number >= (numbers[index - 1] ?? 0)),
      'entries are in order',
      numbers.join(),
    );
  }
  const key = { vm: 'qmp:/a', uuid: null };
  const unfinished = await orRejected(async () => await journals.unfinishedOf(key), JournalError);
  hold(!unfinished || unfinished.vm === key.vm, 'a journal is of the VM that was asked for');
  await orRejected(async () => await journals.owingOf(key), JournalError);
  const { kept, removed, problems } = await journals.prune({ dryRun: true, maxBytes: 1 });
  hold(kept.count + removed.length === 1 && problems.length === 0, 'a look at what would go removes nothing');
}

function temporaryFolder(): string {
  const made = mkdtempSync(path.join(os.tmpdir(), 'switchover-fuzz-'));
  mkdirSync(path.join(made, 'journal'), { mode: 0o700 });
  process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** As a shell parts a command into words, as far as single quotes and backslashes go. */
function shellWords(command: string): string[] {
  const words: string[] = [];
  const pattern = /((?:'[^']*'|\\[\s\S]|[^\s'\\])+)/g;
  for (const [word] of command.matchAll(pattern))
    words.push(word.replace(/'([^']*)'|\\([\s\S])/g, (_, quoted, escaped) => quoted ?? escaped));
  return words;
}
