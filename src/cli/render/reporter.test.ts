import { expect, test } from 'vitest';
import type { Happening, JournalEntry } from '../../journal/journal-entry.ts';
import { DEFAULT_LIMITS } from '../../policy/policy.ts';
import { Output } from '../output/output.ts';
import { Reporter } from './reporter.ts';

class Screen {
  readonly isTTY: boolean;
  readonly columns = 80;
  readonly isIdle = true;
  text = '';

  constructor(isTTY = true) {
    this.isTTY = isTTY;
  }

  take(bytes: Uint8Array): number {
    this.text += Buffer.from(bytes).toString();
    return bytes.length;
  }

  whenRoom(): void {}
}

/** Clears the screen, fills the clipboard, turns writing around, and forges a line. */
const HOSTILE = 'vm\x1b[2J\x1b]52;c;eA==\x07\u009b2J\u202e\ncompleted: migrated';
const SHOWN = 'vm\\x1b[2J\\x1b]52;c;eA==\\x07\\x9b2J\\u{202e}\\x0acompleted: migrated';

const OPENED: Happening = {
  type: 'opened',
  id: 'id1',
  origin: 'migrate',
  switchoverVersion: '1',
  vm: 'qmp:/a',
  vmUuid: null,
  destination: 'qmp:/b',
  migrateUri: 'tcp:h:1',
  policy: 'forecast',
  limits: DEFAULT_LIMITS,
  initiator: null,
  reason: null,
  correlationId: null,
  continues: null,
  inherits: [],
  destinationWaits: false,
  streams: null,
  encrypted: null,
  guest: {
    vm: 'qmp:/a',
    name: HOSTILE,
    hypervisor: 'QEMU 10.0.2',
    accelerator: 'kvm',
    machineType: undefined,
    memoryBytes: 1e9,
    state: 'running',
    migrating: false,
    losesWrites: undefined,
  },
};
const ENDED = {
  type: 'ended',
  outcome: {
    outcome: 'failed',
    runsOn: 'source',
    reason: HOSTILE,
    pauseMs: null,
    totalMs: 1000,
    sentBytes: 1e6,
    memoryIntensive: null,
    neededPauseMs: null,
    reportedDowntimeMs: null,
  },
} satisfies Happening;

function reported(output: 'text' | 'json' | 'jsonl', ...happenings: Happening[]) {
  const [stdout, stderr] = [new Screen(), new Screen()];
  const streams = { stdout: new Output(stdout), stderr: new Output(stderr) };
  const reporter = new Reporter(output, false, streams);
  const about = { schema: 1, seq: 1, time: '2026-11-22T23:02:05.320Z', atMs: 0 };
  for (const happening of happenings) reporter.take({ ...about, ...happening } as JournalEntry);
  return { stdout: stdout.text, stderr: stderr.text };
}

test('names and words from elsewhere are shown, not done', () => {
  const warning: Happening = { type: 'warning', message: HOSTILE };
  const { stdout, stderr } = reported('text', OPENED, warning, ENDED);
  expect(stderr).toContain(`${SHOWN}: QEMU 10.0.2 (KVM)`);
  expect(stderr.split('\n')).toContain(`warning: ${SHOWN}`);
  expect(stdout.split('\n')[0]).toBe(`failed: ${SHOWN}`);
  for (const text of [stdout, stderr]) {
    expect(text).not.toMatch(/^completed/m);
    expect(text.replaceAll('\r\x1b[K', '')).not.toMatch(/(?!\n)\p{Cc}|\p{Cf}/u);
  }
});

test.each([
  [true, /^ {2}stream {3}encrypted \(TLS\)$/m],
  [false, /^ {2}stream {3}not encrypted$/m],
])('whether memory was encrypted is in the summary and in the document (%s)', (encrypted, words) => {
  const ended = { ...ENDED, outcome: { ...ENDED.outcome, encrypted } };
  expect(reported('text', OPENED, ended).stdout).toMatch(words);
  expect(JSON.parse(reported('json', OPENED, ended).stdout)).toMatchObject({ encrypted });
});

test('and nothing is said where it is not known', () => {
  expect(reported('text', OPENED, ENDED).stdout).not.toContain('encrypted');
  expect(JSON.parse(reported('json', OPENED, ENDED).stdout)).toMatchObject({ encrypted: null });
});

test('a document holds them as they are', () => {
  const { stdout } = reported('json', OPENED, ENDED);
  expect(JSON.parse(stdout)).toMatchObject({ reason: HOSTILE });
});

test('a lost monitor, settings that are not put back and what is done about a guest have a line each', () => {
  const { stderr } = reported(
    'text',
    OPENED,
    { type: 'monitor', side: 'destination', state: 'lost', words: HOSTILE },
    { type: 'monitor', side: 'destination', state: 'back', words: 'it answers again' },
    { type: 'intent', intent: 'let-run', side: 'destination' },
    { type: 'intent', intent: 'resume', side: 'source' },
    { type: 'restored', side: 'destination', problem: null },
    { type: 'restored', side: 'source', problem: HOSTILE },
  );
  expect(stderr.trimEnd().split('\n').slice(-4)).toEqual([
    `the way to the destination's monitor is lost (${SHOWN}): trying again`,
    "the way to the destination's monitor is back (it answers again)",
    'making the guest run on the source',
    `warning: the settings of the source are not as they were: ${SHOWN}`,
  ]);
});
