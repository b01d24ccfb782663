import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { ScriptedMigration } from '../migration/testing/scripted-migration.ts';
import { DEFAULT_LIMITS } from '../policy/policy.ts';
import { journalPath } from './journal-file.ts';
import type { Outcome } from './outcome.ts';
import { Recorder } from './recorder.ts';
import { unfinishedJournalOf } from './unfinished.ts';

const VM = 'qemu:///system#vm1';

let stateDir: string;
beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-unfinished-'));
  return () => fs.rmSync(stateDir, { recursive: true });
});

function record(id: string, { vm = VM, ended }: { vm?: string; ended?: Outcome['outcome'] } = {}): void {
  const recorder = Recorder.open(
    stateDir,
    {
      type: 'opened',
      ...{ id, switchoverVersion: '0.1.0', origin: 'attach', vm, limits: DEFAULT_LIMITS, policy: 'mp' },
      ...{ destination: null, migrateUri: null, guest: new ScriptedMigration().guest },
    },
    () => {},
  );
  recorder.write(5, { type: 'effect', did: 'migrate-setmaxdowntime 250' });
  const outcome = { outcome: ended, runsOn: 'source', reason: '' } as Outcome;
  if (ended) recorder.write(9, { type: 'ended', outcome });
  recorder.close();
}

test('one whose end nobody saw is found, with what it had done', () => {
  record('20260101T000000-vm1-aaaa');
  expect(unfinishedJournalOf(stateDir, VM)).toMatchObject({
    id: '20260101T000000-vm1-aaaa',
    effects: [{ did: 'migrate-setmaxdowntime 250' }],
  });
});

test('one that was let go is unfinished; one that ended is not', () => {
  record('20260101T000000-vm1-aaaa', { ended: 'detached' });
  expect(unfinishedJournalOf(stateDir, VM)?.id).toBe('20260101T000000-vm1-aaaa');
  record('20260102T000000-vm1-aaaa', { ended: 'completed' });
  expect(unfinishedJournalOf(stateDir, VM)).toBeUndefined();
});

test('only the newest counts: a migration that ended since makes an older one history', () => {
  record('20260103T000000-vm1-aaaa');
  record('20260101T000000-vm1-ffff', { ended: 'aborted' });
  record('20260102T000000-vm1-ffff');
  expect(unfinishedJournalOf(stateDir, VM)?.id).toBe('20260103T000000-vm1-aaaa');
});

test('those of other VMs are passed over, also of the same name on another host', () => {
  record('20260101T000000-vm1-aaaa');
  record('20260102T000000-vm1-aaaa', { vm: 'qemu+ssh://host2/system#vm1' });
  record('20260103T000000-vm10-aaaa', { vm: `${VM}0`, ended: 'completed' });
  expect(unfinishedJournalOf(stateDir, VM)?.id).toBe('20260101T000000-vm1-aaaa');
});

test('a damaged, an empty and an unreadable one are passed over', () => {
  record('20260101T000000-vm1-aaaa');
  fs.writeFileSync(journalPath(stateDir, '20260102T000000-vm1-aaaa'), 'not json\n');
  fs.writeFileSync(journalPath(stateDir, '20260103T000000-vm1-aaaa'), '');
  fs.mkdirSync(journalPath(stateDir, '20260104T000000-vm1-aaaa'));
  expect(unfinishedJournalOf(stateDir, VM)?.id).toBe('20260101T000000-vm1-aaaa');
});

test('a torn last line is none', () => {
  record('20260101T000000-vm1-aaaa', { ended: 'completed' });
  const file = journalPath(stateDir, '20260101T000000-vm1-aaaa');
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').slice(0, -1));
  expect(unfinishedJournalOf(stateDir, VM)).toBeDefined();
});

test('no journals at all', () => {
  expect(unfinishedJournalOf(stateDir, VM)).toBeUndefined();
  expect(unfinishedJournalOf(path.join(stateDir, 'nowhere'), VM)).toBeUndefined();
});
