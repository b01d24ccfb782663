/** The commands that show and remove journals, on a folder of them. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Ran, switchover } from '../lab/switchover-process.ts';
import { FolderJournals } from '../src/journal/folder/folder-journals.ts';
import type { Happening } from '../src/journal/journal-entry.ts';
import { EVERY_HAPPENING, newOpening, OUTCOME } from '../src/journal/testing/happenings.ts';

/** Each starts processes, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

let stateDir: string;
beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-journals-'));
  return () => fs.rmSync(stateDir, { recursive: true });
});

const file = (id: string) => path.join(stateDir, 'journal', `${id}.jsonl`);
const run = (...args: string[]): Promise<Ran> => switchover(...args, '--state-dir', stateDir);

async function record(happenings: readonly Happening[], vm = 'qmp:/a'): Promise<string> {
  const journal = await new FolderJournals(stateDir).open(newOpening({ vm, vmUuid: null }));
  for (const happening of happenings) journal.append(1, happening);
  await journal.close();
  return journal.id;
}

const ENDED: Happening = { type: 'ended', outcome: OUTCOME };

// Audit 26: one journal that was parsable and incomplete broke `list` for all.
describe('damaged journals', () => {
  test('hide no others from list, and each is told with its place', async () => {
    const whole = await record([ENDED]);
    const damaged = await record([ENDED]);
    fs.writeFileSync(file(damaged), '{"schema":1,"seq":0,"type":"opened","atMs":0,"time":""}\n');
    fs.writeFileSync(file('empty'), '', { mode: 0o600 });
    const { status, stdout, stderr } = await run('list');
    expect(status).toBe(0);
    expect(stdout).toContain(whole);
    expect(stdout).not.toContain(damaged);
    expect(stderr.split('\n')).toEqual([
      'switchover: left out empty: the journal holds no entry that can be read: switchover ended before its first line was whole, or it is damaged',
      expect.stringMatching(new RegExp(`^switchover: ${file(damaged)}:1 is not valid: `)),
      `switchover: left out ${damaged}: the journal holds no entry that can be read: switchover ended before its first line was whole, or it is damaged`,
      '',
    ]);
  });

  test.each(['explain', 'replay'])('make %s end with sentences and exit 3', async (command) => {
    const id = await record([ENDED]);
    fs.writeFileSync(file(id), '{"schema":2,"seq":0,"type":"opened","atMs":0,"time":""}\nnonsense\n');
    const { status, stdout, stderr } = await run(command, 'last');
    expect([status, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/:1 is not valid: .*\n.*:2 is not JSON.*\n.*the journal holds no entry/);
    expect(stderr).not.toMatch(/ at .*\.ts/);
  });
});

test.each(['list', 'explain last', 'prune'])('%s refuses a folder that others may write', async (command) => {
  await record([ENDED]);
  fs.chmodSync(stateDir, 0o777);
  const { status, stdout, stderr } = await run(...command.split(' '));
  expect([status, stdout]).toEqual([3, '']);
  expect(stderr).toMatch(/can be written by others \(mode 777\).*`chmod go-w` it/);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

test('explain tells who asked for it, what was meant and changed, and every other thing of note', async () => {
  const made = { parameters: {}, capabilities: {}, made: ['switchover-tls-1'] };
  await record([...EVERY_HAPPENING.slice(1), { type: 'before', side: 'destination', settings: made }]);
  const { status, stdout } = await run('explain', 'last');
  expect(status).toBe(0);
  for (const words of [
    'asked for by admin (uid 1000) on host1, process 4711: switchover migrate',
    'because: maintenance of host1',
    'in the course of CHG-1',
    'goes on from 20260101T000000.000-vm1-aaaa',
    'about to change the source; before: downtime-limit=300 auto-converge=false a=[1]',
    'about to make on the destination: switchover-tls-1',
    'put back the settings of the source',
    'about to: fence on the destination',
    'the monitor of the destination was lost at 1 ms: the connection was closed',
    'did: migrate-set-parameters',
    'warning: mind the gap',
  ])
    expect(stdout).toContain(words);
});

test('explain of a journal of before there was any of this', async () => {
  fs.mkdirSync(path.join(stateDir, 'journal'));
  const old = path.join(import.meta.dirname, '..', 'src/journal/testing/journal-before-brakes.jsonl');
  fs.writeFileSync(file('old'), fs.readFileSync(old), { mode: 0o600 });
  const { status, stdout, stderr } = await run('explain', 'old');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^old, begun 2026-11-23T03:26:23.065Z\n/);
  expect(stdout).not.toContain('asked for by');
});

describe('prune', () => {
  test('tells what it removes, and what is left', async () => {
    const gone = await record([ENDED]);
    const stays = await record([], 'qmp:/b');
    const tried = await run('prune', '--older-than', '0s', '--dry-run');
    expect(tried).toMatchObject({ status: 0, stderr: '' });
    expect(tried.stdout).toMatch(
      new RegExp(
        `^would remove ${gone} \\(1\\.\\d+ kB, for its age\\)\n1 journal would go, 1 journal of \\d+ B would be left\n$`,
      ),
    );
    expect(fs.existsSync(file(gone))).toBe(true);
    const ran = await run('prune', '--older-than', '0s');
    expect(ran.stdout).toMatch(new RegExp(`^removed ${gone} .*\n1 journal removed, 1 journal of .* left\n$`));
    expect(await new FolderJournals(stateDir).list()).toEqual([stays]);
  });

  test('by size, as one document, and says that unfinished ones stay', async () => {
    const gone = await record([ENDED]);
    await record([], 'qmp:/b');
    const ran = await run('prune', '--max-size', '0B', '--dry-run');
    expect(ran.stdout).toMatch(/is over --max-size 0 B: unfinished journals go by their age only\n$/);
    const { stdout, status } = await run('prune', '--max-size', '0B', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      schema: 1,
      dryRun: false,
      removed: [{ id: gone, bytes: expect.any(Number), because: 'size' }],
      kept: { count: 1, bytes: expect.any(Number) },
      problems: [],
    });
  });

  test('does nothing where there is nothing', async () =>
    expect(await run('prune')).toMatchObject({
      status: 0,
      stdout: '0 journals removed, 0 journals of 0 B left\n',
      stderr: '',
    }));

  test.each([
    ['--older-than', '90', /--older-than.*"90" is not a duration/],
    ['--max-size', 'much', /--max-size.*"much" is not a size/],
    ['--max-size', `${'9'.repeat(400)}GB`, /--max-size.*is too large/],
    ['--older-than', `${'9'.repeat(400)}d`, /--older-than.*is too large/],
  ])('%s with something else is wrong usage (%#)', async (option, value, sentence) =>
    expect(await run('prune', option, value)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(sentence),
    }),
  );
});
