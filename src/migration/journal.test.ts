import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GuestFacts } from '../hypervisor/hypervisor.ts';
import { DEFAULT_LIMITS } from '../policy/policy.ts';
import { documentOf, migrationDocumentSchema } from './document.ts';
import type { Happening, JournalEntry } from './journal-entry.ts';
import {
  findJournal,
  JournalError,
  listJournals,
  newMigrationId,
  readJournal,
  stateDirectory,
} from './journal-file.ts';
import { Recorder } from './recorder.ts';
import { viewOf } from './view.ts';

const GUEST: GuestFacts = {
  vm: 'qmp:/a',
  name: 'vm1',
  hypervisor: 'QEMU 10.0.2',
  accelerator: 'kvm',
  machineType: 'pc',
  memoryBytes: 2 ** 29,
  state: 'running',
  migrating: false,
  losesWrites: undefined,
  uuid: undefined,
};

const opening = (id: string): Extract<Happening, { type: 'opened' }> => ({
  type: 'opened',
  id,
  origin: 'migrate',
  switchoverVersion: '0.1.0',
  vm: 'qmp:/a',
  destination: 'qmp:/b',
  migrateUri: 'tcp:10.77.0.2:4444',
  policy: 'mp',
  limits: DEFAULT_LIMITS,
  guest: GUEST,
});

let stateDir: string;
let shown: JournalEntry[];
beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-journal-'));
  shown = [];
});
afterEach(() => fs.rmSync(stateDir, { recursive: true, force: true }));

function record(id = 'one'): Recorder {
  return Recorder.open(stateDir, opening(id), (entry) => shown.push(entry));
}

test('a journal of before there was a brake is read, and tells of none', () => {
  const file = path.join(stateDir, 'journal', 'old.jsonl');
  fs.mkdirSync(path.dirname(file));
  fs.copyFileSync(path.join(import.meta.dirname, 'testing', 'journal-before-brakes.jsonl'), file);
  const view = viewOf(readJournal(findJournal(stateDir, 'old')));
  const document = documentOf(view);
  expect(document).toMatchObject({ outcome: 'completed', brownOut: null, limits: { brakeForMs: null } });
  expect(document.boundaries).toHaveLength(3);
  expect(migrationDocumentSchema.parse(document)).toEqual(document);
});

test('what was written is read back, numbered and dated, whether or not the writer closed it', () => {
  const recorder = record();
  recorder.write(1.23456, { type: 'effect', did: 'stop' });
  const entries = readJournal(findJournal(stateDir, 'one'));
  expect(entries).toEqual(JSON.parse(JSON.stringify(shown)));
  expect(entries.map(({ seq, atMs, type }) => [seq, atMs, type])).toEqual([
    [0, 0, 'opened'],
    [1, 1.235, 'effect'],
  ]);
  recorder.close();
});

test('a torn last line is ignored, wherever it was torn', () => {
  const recorder = record();
  recorder.write(1, { type: 'effect', did: 'stop — ü' });
  recorder.close();
  const file = findJournal(stateDir, 'one');
  const whole = fs.readFileSync(file);
  const firstLine = whole.indexOf('\n') + 1;
  for (let cut = firstLine; cut < whole.length; cut += 1) {
    fs.writeFileSync(file, whole.subarray(0, cut));
    expect(readJournal(file)).toHaveLength(1);
  }
});

describe('what is no journal is told in a sentence', () => {
  test.each([
    ['not json\n', /:1 is not JSON/],
    ['{"a":1}\n', /:1 is no journal entry/],
    [
      '{"schema":99,"type":"opened","atMs":0}\n',
      /schema 99, this switchover reads up to 1: use a newer switchover$/,
    ],
    [
      '{"schema":0,"type":"opened","atMs":0}\n',
      /schema 0, .*reads from 1 on: use the switchover that wrote it$/,
    ],
  ])('%j', (text, message) => {
    const file = path.join(stateDir, 'x.jsonl');
    fs.writeFileSync(file, text);
    expect(() => readJournal(file)).toThrow(JournalError);
    expect(() => readJournal(file)).toThrow(message);
    expect(() => readJournal(file)).not.toThrow(/\n/);
  });

  test('an empty one cannot be shown', () => expect(() => viewOf([])).toThrow(/journal is empty/));
});

test('ids are found by a part of them, by `last`, and not when they are ambiguous', () => {
  for (const id of ['20260101-vm1-aaaa', '20260102-vm2-bbbb', '20260103-vm1-cccc']) record(id).close();
  expect(listJournals(stateDir)).toHaveLength(3);
  expect(findJournal(stateDir, 'vm2')).toMatch(/vm2-bbbb/);
  expect(findJournal(stateDir, 'last')).toMatch(/cccc/);
  expect(() => findJournal(stateDir, 'vm1')).toThrow(/fits 2 migrations/);
  expect(() => findJournal(stateDir, 'zzzz')).toThrow(/no migration "zzzz"/);
});

test.each(['vm1', '../../etc/passwd', 'a b;rm -rf', '', 'ñandú', '-x', 'x'.repeat(300)])(
  'an id made of the name %j is a plain file name',
  (name) => {
    const id = newMigrationId(name, new Date('2026-11-22T19:57:48.123Z'), () => 0.5);
    expect(id).toMatch(/^20261122T195748\.123-[A-Za-z0-9_-]{1,40}-8000$/);
  },
);

test('a folder that cannot be made is told before anything begins', () => {
  fs.writeFileSync(path.join(stateDir, 'journal'), 'a file, no folder');
  expect(() => record()).toThrow(JournalError);
  expect(() => record()).toThrow(/--state-dir/);
});

test('where the state is kept: the flag, then XDG, then the home folder', () => {
  expect(stateDirectory('/x/y', {})).toBe('/x/y');
  expect(stateDirectory(undefined, { XDG_STATE_HOME: '/state' })).toBe('/state/switchover');
  expect(stateDirectory(undefined, { XDG_STATE_HOME: 'relative' })).toBe(
    path.join(os.homedir(), '.local/state/switchover'),
  );
});

test('a discarded journal leaves nothing', () => {
  record().discard();
  expect(listJournals(stateDir)).toEqual([]);
});

test('the document of a journal fits its published schema, finished or not', () => {
  const recorder = record();
  recorder.write(3600, {
    type: 'boundary',
    boundary: {
      ...{
        kind: 'boundary',
        pass: 2,
        atMs: 3600,
        sentBytes: 216e6,
        remainingBytes: 133e6,
        totalBytes: 537e6,
      },
      ended: {
        durationMs: 3600,
        sentBytes: 216e6,
        bandwidthBytesPerSecond: 60e6,
        dirtyRateBytesPerSecond: 37e6,
      },
      lineRateBytesPerSecond: 60e6,
      pauseForecastMs: 2267,
    },
  });
  recorder.write(3601, {
    type: 'decision',
    pass: 2,
    decision: { action: 'continue', reason: 'the first pass ended' },
  });
  const unfinished = documentOf(viewOf(shown));
  expect(migrationDocumentSchema.parse(unfinished)).toEqual(unfinished);
  expect(unfinished).toMatchObject({ outcome: null, runsOn: 'unknown', sentBytes: 216e6 });

  recorder.write(8000, {
    type: 'ended',
    outcome: {
      ...{
        outcome: 'completed',
        runsOn: 'destination',
        reason: 'migrated',
        pauseMs: 2410,
        totalMs: 8300,
        sentBytes: 474e6,
      },
      ...{ memoryIntensive: true, neededPauseMs: null, reportedDowntimeMs: 2380 },
    },
  });
  const finished = documentOf(viewOf(shown));
  expect(migrationDocumentSchema.parse(finished)).toEqual(finished);
  expect(finished.boundaries).toEqual([expect.objectContaining({ pass: 2, dirtyRateBytesPerSecond: 37e6 })]);
});
