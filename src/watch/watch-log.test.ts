import { DOMParser } from '@xmldom/xmldom';
import { describe, expect, test } from 'vitest';
import { readMetadata } from '../config/metadata.ts';
import type { Happening, JournalEntry } from '../journal/journal-entry.ts';
import { JsonLog, TextLog } from './watch-log.ts';

const TIME = '2026-11-22T23:02:05.320Z';
const entry = (happening: Happening) =>
  ({ schema: 1, seq: 7, time: TIME, atMs: 1500, ...happening }) as JournalEntry;

const OUTCOME = {
  outcome: 'completed',
  runsOn: 'destination',
  reason: 'migrated; the guest runs on the destination',
  pauseMs: 240,
  totalMs: 10_809,
  sentBytes: 474e6,
  memoryIntensive: true,
  neededPauseMs: null,
  reportedDowntimeMs: 200,
} as const;
const DECISION = {
  action: 'switchover',
  acceptedPauseMs: 300,
  lineRateBytesPerSecond: undefined,
  fixedCostMs: 50,
  reason: 'the set is flat',
} as const;
const DECIDED = entry({ type: 'decision', pass: 3, decision: DECISION });
const STOPPED = entry({ type: 'guest', event: 'stopped', side: 'source' });
const ENDED = entry({ type: 'ended', outcome: OUTCOME });
const MONITOR_LOST = entry({
  type: 'monitor',
  side: 'destination',
  state: 'lost',
  words: 'it closed the connection',
});
/** What only the journal is for. */
const SMALL = [
  entry({ type: 'intent', intent: 'start', side: 'source' }),
  entry({ type: 'intent', intent: 'let-run', side: 'destination' }),
  entry({ type: 'restored', side: 'source', problem: null }),
  entry({ type: 'state', from: 'copying', to: 'stopped' }),
  entry({ type: 'status', status: 'active' }),
  entry({ type: 'located', source: 'running', destination: 'gone' }),
];

function textOf(...entries: JournalEntry[]): string {
  let text = '';
  const log = new TextLog((each) => {
    text += each;
  });
  for (const each of entries) log.entry('qemu:///system', 'vm1', 'id1', each);
  return text;
}

function linesOf(write: (log: JsonLog) => void): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  write(
    new JsonLog((text) => {
      expect(text).toMatch(/^\{.*\}\n$/);
      lines.push(JSON.parse(text));
    }),
  );
  return lines;
}

const lineOf = (each: JournalEntry) =>
  linesOf((log) => log.entry('qemu:///system', 'vm1', 'id1', each)).at(-1);

describe('for a person', () => {
  test.each([
    [DECIDED, 'vm1: pass 3: switchover: the set is flat\n'],
    [entry({ type: 'effect', did: 'migrate-setmaxdowntime 250' }), 'vm1: did: migrate-setmaxdowntime 250\n'],
    [STOPPED, 'vm1: the guest stopped on the source at 1.5 s\n'],
    [entry({ type: 'warning', message: 'no' }), 'vm1: warning: no\n'],
    [
      MONITOR_LOST,
      "vm1: the way to the destination's monitor is lost (it closed the connection): trying again\n",
    ],
    [
      entry({ type: 'monitor', side: 'destination', state: 'back', words: 'its monitor answers again' }),
      "vm1: the way to the destination's monitor is back (its monitor answers again)\n",
    ],
    [
      entry({ type: 'monitor', side: 'source', state: 'ended', words: 'its process 7 has ended' }),
      "vm1: the source's hypervisor has ended (its process 7 has ended)\n",
    ],
    [
      entry({ type: 'restored', side: 'source', problem: 'type migrate_set_parameter x' }),
      'vm1: warning: the settings of the source are not as they were: type migrate_set_parameter x\n',
    ],
    [
      entry({ type: 'intent', intent: 'resume', side: 'source' }),
      'vm1: making the guest run on the source\n',
    ],
    [entry({ type: 'intent', intent: 'halt', side: 'source' }), 'vm1: stopping the guest on the source\n'],
    [entry({ type: 'intent', intent: 'cancel', side: null }), 'vm1: cancelling the migration\n'],
    [
      ENDED,
      'vm1: completed: migrated; the guest runs on the destination (total 10.8 s, sent 474 MB, pause 240 ms)\n',
    ],
  ])('$type', (each, line) => expect(textOf(each)).toBe(line));

  test('the pause is libvirt’s figure where we did not see it, and left out where nobody did', () => {
    const ended = (figures: object) => textOf(entry({ type: 'ended', outcome: { ...OUTCOME, ...figures } }));
    expect(ended({ pauseMs: null })).toContain(', pause 200 ms)');
    expect(ended({ pauseMs: null, reportedDowntimeMs: null })).not.toContain('pause');
    expect(ended({ pauseMs: 0 })).toContain('pause 0 ms');
  });

  test('small things are not told', () => expect(textOf(...SMALL)).toBe(''));

  test('a sentence is a line', () => {
    let text = '';
    new TextLog((each) => {
      text += each;
    }).say('following');
    expect(text).toBe('following\n');
  });
});

describe('text from elsewhere', () => {
  test('in a domain’s metadata forges no line of the log', () => {
    const xml = '<switchover:migration downtime="soon&#10;vm7: completed: migrated"/>';
    const { problems } = readMetadata({ name: 'vm1', metadata: { downtime: decoded(xml) } });
    let text = '';
    const log = new TextLog((each) => {
      text += each;
    });
    for (const problem of problems) log.say(problem);
    expect(text.split('\n')).toEqual([expect.stringContaining('"soon\\x0avm7: completed: migrated"'), '']);
  });

  test.each([
    ['\x1b]52;c;cm0gLXJm\x07', '\\x1b]52;c;cm0gLXJm\\x07'],
    ['\u009b2J', '\\x9b2J'],
    ['\u202etset', '\\u{202e}tset'],
    ['a\r\nvm2: completed: migrated', 'a\\x0d\\x0avm2: completed: migrated'],
  ])('%j reaches no terminal raw', (message, shown) => {
    expect(textOf(entry({ type: 'warning', message }))).toBe(`vm1: warning: ${shown}\n`);
  });

  test('in what a monitor or a setting is about is shown, not done', () => {
    const words = 'x\x1b[2J\nvm2: completed';
    expect(
      textOf(
        entry({ type: 'monitor', side: 'source', state: 'lost', words }),
        entry({ type: 'restored', side: 'source', problem: words }),
      ).split('\n'),
    ).toEqual([
      "vm1: the way to the source's monitor is lost (x\\x1b[2J\\x0avm2: completed): trying again",
      'vm1: warning: the settings of the source are not as they were: x\\x1b[2J\\x0avm2: completed',
      '',
    ]);
  });

  test('a name is text from elsewhere too', () => {
    let text = '';
    const log = new TextLog((each) => {
      text += each;
    });
    log.entry('qemu:///system', 'vm1\x1b[2J', 'id1', STOPPED);
    expect(text).toBe('vm1\\x1b[2J: the guest stopped on the source at 1.5 s\n');
  });

  test('in JSON stays as it is', () => {
    expect(lineOf(entry({ type: 'warning', message: 'a\n\u202eb' }))).toMatchObject({
      message: 'a\n\u202eb',
    });
  });
});

function decoded(xml: string): string {
  const element = new DOMParser().parseFromString(`<a xmlns:switchover="x">${xml}</a>`, 'text/xml');
  return element.getElementsByTagName('switchover:migration')[0]?.getAttribute('downtime') ?? '';
}

describe('for a program', () => {
  test('a line says when, of which domain and migration, and what', () => {
    expect(lineOf(DECIDED)).toEqual({
      time: TIME,
      event: 'decision',
      host: 'qemu:///system',
      domain: 'vm1',
      migration: 'id1',
      atMs: 1500,
      pass: 3,
      decision: DECISION,
    });
    expect(lineOf(ENDED)).toMatchObject({ event: 'ended', outcome: OUTCOME });
  });

  test('`event` is the kind of line, also of one that tells what the guest did', () =>
    expect(lineOf(STOPPED)).toMatchObject({ event: 'guest', side: 'source' }));

  test('small things are not told', () => expect(SMALL.map(lineOf)).toEqual(SMALL.map(() => undefined)));

  test('a lost monitor is told with its side and its words', () =>
    expect(lineOf(MONITOR_LOST)).toMatchObject({
      event: 'monitor',
      side: 'destination',
      state: 'lost',
      words: 'it closed the connection',
    }));

  test('a sentence has a time, and what it is about', () => {
    const about = { host: 'qemu:///system', domain: 'a "b"\n' };
    expect(linesOf((log) => log.say('following', about))).toEqual([
      { time: expect.stringMatching(/^\d{4}-.*Z$/), event: 'watch', message: 'following', ...about },
    ]);
  });
});
