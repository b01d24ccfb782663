import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { documentOf, migrationDocumentSchema } from '../document.ts';
import { JournalError } from '../journal-error.ts';
import { journalStoreContract } from '../journal-store.contract.ts';
import { newOpening, OUTCOME, TICK } from '../testing/happenings.ts';
import { viewOf } from '../view.ts';
import { FolderJournals } from './folder-journals.ts';

/** Each writes files, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

journalStoreContract('a folder', async () => {
  const stateDir = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-contract-')), 'state');
  return {
    makeStore: () => new FolderJournals(stateDir),
    async [Symbol.asyncDispose]() {
      await fs.promises.rm(path.dirname(stateDir), { recursive: true });
    },
  };
});

let stateDir: string;
let store: FolderJournals;
const folder = () => path.join(stateDir, 'journal');
const file = (id: string) => path.join(folder(), `${id}.jsonl`);
const VM = { uuid: newOpening().vmUuid, vm: 'qmp:/a' };

beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-journals-'));
  store = new FolderJournals(stateDir);
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(stateDir, { recursive: true, force: true });
});

async function record(ended: boolean, vm = VM): Promise<string> {
  const journal = await store.open(newOpening({ vm: vm.vm, vmUuid: vm.uuid }));
  journal.append(1, { type: 'effect', did: 'stop — ü' });
  if (ended) journal.append(2, { type: 'ended', outcome: OUTCOME });
  await journal.close();
  return journal.id;
}

/** A file with that text, as an older switchover or a person would leave it. */
function put(id: string, text: string): void {
  fs.mkdirSync(folder(), { recursive: true });
  fs.writeFileSync(file(id), text, { mode: 0o600 });
}

describe('files', () => {
  test('are closed to others, samples lie apart', async () => {
    const journal = await store.open(newOpening());
    journal.append(1, TICK);
    await journal.close();
    const names = fs.readdirSync(folder()).sort();
    expect(names).toEqual([`${journal.id}.jsonl`, `${journal.id}.samples.jsonl`, 'index']);
    for (const name of names) expect(fs.statSync(path.join(folder(), name)).mode & 0o777).toBe(0o600);
    expect(fs.statSync(folder()).mode & 0o777).toBe(0o700);
    expect(fs.readFileSync(file(journal.id), 'utf8').split('\n')).toHaveLength(2);
  });

  test('of schema 1, with samples among the rest and before there was a brake, are read and shown', async () => {
    fs.mkdirSync(folder());
    const old = path.join(import.meta.dirname, '..', 'testing', 'journal-before-brakes.jsonl');
    put('old', fs.readFileSync(old, 'utf8'));
    const { entries, problems } = await store.read(await store.find('old'));
    expect(problems).toEqual([]);
    expect(entries.some(({ type }) => type === 'tick')).toBe(true);
    const document = documentOf(viewOf(entries));
    expect(document).toMatchObject({
      outcome: 'completed',
      brownOut: null,
      limits: { brakeForMs: null },
      initiator: null,
      vmUuid: null,
    });
    expect(document.boundaries).toHaveLength(3);
    expect(migrationDocumentSchema.parse(document)).toEqual(document);
  });

  test('a torn last line is ignored, wherever it was torn', async () => {
    const id = await record(false);
    const whole = fs.readFileSync(file(id));
    const firstLine = whole.indexOf('\n') + 1;
    for (let cut = firstLine; cut < whole.length; cut += 1) {
      fs.writeFileSync(file(id), whole.subarray(0, cut));
      const { entries, problems } = await store.read(id);
      expect([entries.length, problems]).toEqual([1, []]);
    }
  });

  test('a torn last line is cut off by whoever goes on with the journal', async () => {
    const id = await record(false);
    fs.appendFileSync(file(id), '{"schema":2,"se');
    const again = await store.reopen(id);
    again.append(3, { type: 'ended', outcome: OUTCOME });
    await again.close();
    const { entries, problems } = await store.read(id);
    expect([entries.map(({ type }) => type), problems]).toEqual([['opened', 'effect', 'ended'], []]);
  });

  // Audit 26.
  test('lines that are damaged are left out and told with their place, the first few of them', async () => {
    const id = await record(true);
    const lines = fs.readFileSync(file(id), 'utf8').trimEnd().split('\n');
    const bad = Array.from({ length: 5 }, () => '{"a":1}');
    put(id, `${[lines[0], 'nonsense', ...bad, lines[2]].join('\n')}\n`);
    const { entries, problems } = await store.read(id);
    expect(entries.map(({ type }) => type)).toEqual(['opened', 'ended']);
    expect(problems).toEqual([
      `${file(id)}:2 is not JSON: the journal is damaged or is no journal`,
      `${file(id)}:3 is no journal entry: it needs schema, type, seq, time and atMs`,
      `${file(id)}:4 is no journal entry: it needs schema, type, seq, time and atMs`,
      `${file(id)} has 3 more such lines`,
    ]);
  });

  test('long lines and long files are read whole', async () => {
    const journal = await store.open(newOpening());
    const did = 'ü'.repeat(100_000);
    for (let count = 0; count < 5; count += 1) journal.append(count, { type: 'effect', did });
    await journal.close();
    const { entries } = await store.read(journal.id, 1);
    expect(entries.every((entry) => entry.type === 'effect' && entry.did === did)).toBe(true);
    expect(entries).toHaveLength(5);
  });

  test('an order that a step back of the wall clock does not change', async () => {
    const first = await record(true);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
    const second = await record(false);
    expect(await store.list()).toEqual([first, second]);
    expect(await store.find('last')).toBe(second);
    expect((await store.unfinishedOf(VM))?.id).toBe(second);
  });
});

describe('the unfinished journal of a VM', () => {
  test('is found past ones that are damaged, empty or no files', async () => {
    const id = await record(false);
    put('29990102T000000.000-vm1-aaaa', 'not json\n');
    put('29990103T000000.000-vm1-aaaa', '');
    fs.mkdirSync(file('29990104T000000.000-vm1-aaaa'));
    expect((await store.unfinishedOf(VM))?.id).toBe(id);
  });

  test('is found without an index, and the index is made up for', async () => {
    const id = await record(false);
    fs.rmSync(path.join(folder(), 'index'));
    expect((await new FolderJournals(stateDir).unfinishedOf(VM))?.id).toBe(id);
    expect(fs.readFileSync(path.join(folder(), 'index'), 'utf8')).toContain(id);
  });

  test('is found although the index is damaged', async () => {
    const id = await record(false);
    fs.writeFileSync(path.join(folder(), 'index'), '{"id":"tor\nnonsense\n{}\n');
    expect((await new FolderJournals(stateDir).unfinishedOf(VM))?.id).toBe(id);
  });

  test('is seen by a store that read the index before, also after another one was put in its place', async () => {
    const other = new FolderJournals(stateDir);
    expect(await other.unfinishedOf(VM)).toBeUndefined();
    await record(true);
    expect(await other.unfinishedOf(VM)).toBeUndefined();
    await store.prune({ nowMs: Date.now() + 1e12 });
    const id = await record(false);
    expect((await other.unfinishedOf(VM))?.id).toBe(id);
  });

  // Audit 18, review B19: every journal was read and parsed, in one go.
  test('is found without a look into the journals of other VMs', async () => {
    for (let count = 0; count < 30; count += 1)
      await record(true, { uuid: `uuid-${count}`, vm: `qemu:///system#other${count}` });
    const own = await record(false);
    const opened = vi.spyOn(fs.promises, 'open');
    expect((await new FolderJournals(stateDir).unfinishedOf(VM))?.id).toBe(own);
    const names = opened.mock.calls.map(([name]) => path.basename(String(name)));
    expect(names).toEqual(['index', `${own}.jsonl`]);
    opened.mockClear();
    expect(await store.unfinishedOf({ uuid: null, vm: 'qemu:///system#nobody' })).toBeUndefined();
    expect(opened.mock.calls.map(([name]) => path.basename(String(name)))).toEqual(['index']);
  });
});

// Audit 16: a planted journal made `attach` run a program as root.
describe('a place that others can write is refused in a sentence, and nothing is touched', () => {
  const doings: [string, () => Promise<unknown>][] = [
    ['open', () => store.open(newOpening())],
    ['list', () => store.list()],
    ['find', () => store.find('last')],
    ['read', () => store.read('x')],
    ['reopen', () => store.reopen('x')],
    ['unfinishedOf', () => store.unfinishedOf(VM)],
    ['prune', () => store.prune()],
  ];

  test.each(doings)('%s, where everybody may write the state folder', async (_name, doing) => {
    fs.mkdirSync(folder());
    fs.chmodSync(stateDir, 0o1777);
    const before = fs.readdirSync(folder());
    await expect(doing()).rejects.toThrow(JournalError);
    await expect(doing()).rejects.toThrow(
      /can be written by others \(mode 1777\), who could plant journals: `chmod go-w` it, or choose another folder with --state-dir$/,
    );
    expect(fs.readdirSync(folder())).toEqual(before);
  });

  test.each(doings)('%s, where the group may write the folder of journals', async (_name, doing) => {
    fs.mkdirSync(folder());
    fs.chmodSync(folder(), 0o770);
    await expect(doing()).rejects.toThrow(/journal can be written by others \(mode 770\)/);
    expect(fs.readdirSync(folder())).toEqual([]);
  });

  test.each(doings)('%s, where the folder of journals is a link', async (_name, doing) => {
    const elsewhere = path.join(stateDir, 'elsewhere');
    fs.mkdirSync(elsewhere);
    fs.symlinkSync(elsewhere, folder());
    await expect(doing()).rejects.toThrow(/journal is a symbolic link/);
    expect(fs.readdirSync(elsewhere)).toEqual([]);
  });

  test.each(doings)('%s, where the folder belongs to another user', async (_name, doing) => {
    fs.mkdirSync(folder());
    const ours = process.geteuid?.() ?? 0;
    vi.spyOn(fs.promises, 'lstat').mockResolvedValue(
      Object.assign(fs.lstatSync(stateDir), { uid: ours + 1 }) as never,
    );
    await expect(doing()).rejects.toThrow(/belongs to the user with number \d+, who could plant journals/);
  });

  test('a journal that others may write, that is a link, or a pipe, is not read', async () => {
    const id = await record(false);
    fs.chmodSync(file(id), 0o666);
    await expect(store.read(id)).rejects.toThrow(/can be written by others \(mode 666\)/);
    expect(await store.unfinishedOf(VM)).toBeUndefined();
    fs.chmodSync(file(id), 0o600);
    fs.renameSync(file(id), path.join(stateDir, 'moved'));
    fs.symlinkSync(path.join(stateDir, 'moved'), file(id));
    await expect(store.read(id)).rejects.toThrow(/cannot be read \(it is a symbolic link\)/);
    fs.rmSync(file(id));
    execFileSync('mkfifo', [file(id)]);
    await expect(store.read(id)).rejects.toThrow(/is no file: move it away/);
  });
});

describe('a folder that cannot be written', () => {
  test('is told before anything begins', async () => {
    fs.writeFileSync(path.join(stateDir, 'journal'), 'a file, no folder');
    await expect(store.open(newOpening())).rejects.toThrow(JournalError);
    await expect(store.open(newOpening())).rejects.toThrow(
      /^the journal cannot be written in .*--state-dir$/,
    );
  });

  test('a part of whose path is a file holds no journals', async () => {
    const nowhere = new FolderJournals('/dev/null/x');
    expect(await nowhere.list()).toEqual([]);
    await expect(nowhere.open(newOpening())).rejects.toThrow(
      /cannot be written in \/dev\/null\/x\/journal \(a part of the path is a file\).*--state-dir$/,
    );
  });
});
