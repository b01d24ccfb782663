import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DomainEvent, EventLines } from './event-lines.ts';

const STAMP = '2026-11-22 23:02:05.320+0000';
const STAMP_MS = Date.UTC(2026, 10, 22, 23, 2, 5, 320);

const iteration = (name: string) =>
  `${STAMP}: event 'migration-iteration' for domain '${name}': iteration: '2'`;
const lifecycle = (name: string, change: string) =>
  `${STAMP}: event 'lifecycle' for domain '${name}': ${change}`;
const completed = (name: string) => `${STAMP}: event 'job-completed' for domain '${name}':`;

function read(...lines: string[]): DomainEvent[] {
  const events = new EventLines();
  return [...lines.flatMap((line) => events.take(line)), ...events.flush()];
}

test('the pass, the switchover and the end, as virsh 11.3 printed them', () => {
  const events = read(
    "2026-11-22 23:02:05.320+0000: event 'migration-iteration' for domain 'vm1': iteration: '2'",
    "2026-11-22 23:02:06.052+0000: event 'lifecycle' for domain 'vm1': Suspended Migrated",
    "2026-11-22 23:02:10.038+0000: event 'job-completed' for domain 'vm1':",
    '\toperation: 5',
    '\ttime_elapsed: 10809',
    '\tdowntime: 2411',
  );
  expect(events).toMatchObject([
    { kind: 'iteration', domain: 'vm1', iteration: 2, stampMs: STAMP_MS },
    { kind: 'lifecycle', domain: 'vm1', change: 'Suspended', detail: 'Migrated', stampMs: STAMP_MS + 732 },
    {
      kind: 'job-completed',
      domain: 'vm1',
      stampMs: STAMP_MS + 4718,
      job: { type: 'completed', migration: 'out', timeElapsedMs: 10_809, downtimeMs: 2411 },
    },
  ]);
});

// tools/virsh-domain-event.c: all that may follow a domain's name.
test.each([
  'Suspended Paused',
  'Suspended I/O Error',
  'Suspended API error',
  'Suspended Post-copy',
  'Suspended Post-copy Error',
  'Resumed Unpaused',
  'Shutdown Finished after guest request',
  'PMSuspended Disk',
  'Stopped unknown',
])('%s', (words) => {
  const [, change, detail] = /^(\w+) (.*)$/.exec(words) ?? [];
  expect(read(lifecycle('vm1', words))).toMatchObject([{ kind: 'lifecycle', domain: 'vm1', change, detail }]);
});

describe('a completed job is whole', () => {
  test('with the next line, which is told behind it', () => {
    const events = new EventLines();
    expect(events.take(completed('vm1'))).toEqual([]);
    expect(events.take('\toperation: 5')).toEqual([]);
    expect(
      events.take(lifecycle('vm2', 'Stopped Migrated')).map(({ kind, domain }) => [kind, domain]),
    ).toEqual([
      ['job-completed', 'vm1'],
      ['lifecycle', 'vm2'],
    ]);
    expect(events.flush()).toEqual([]);
  });

  test('or when it is asked for, once', () => {
    const events = new EventLines();
    events.take(completed('vm1'));
    expect(events.flush()).toMatchObject([
      { kind: 'job-completed', domain: 'vm1', job: { migration: undefined } },
    ]);
    expect(events.flush()).toEqual([]);
  });

  test('each of two that follow each other has its own figures', () => {
    const events = read(completed('vm1'), '\tdowntime: 1', completed('vm2'), '\tdowntime: 2');
    expect(events).toMatchObject([
      { domain: 'vm1', job: { downtimeMs: 1 } },
      { domain: 'vm2', job: { downtimeMs: 2 } },
    ]);
  });

  test('the identities of a VNC client, which are set off by a tab too, are none of its figures', () => {
    const graphics = `${STAMP}: event 'graphics' for domain 'vm1': connect local[IPv4 a b] remote[IPv4 c d] sasl`;
    expect(read(completed('vm1'), '\tdowntime: 1', graphics, '\tdowntime: 7')).toMatchObject([
      { kind: 'job-completed', job: { downtimeMs: 1 } },
    ]);
  });
});

test.each([
  '',
  'garbage',
  '\tdowntime: 7',
  `${STAMP}: event 'reboot' for domain 'vm1'`,
  `${STAMP}: event 'agent-lifecycle' for domain 'vm1': state: 'connected' reason: 'channel event'`,
  "event 'lifecycle' for domain 'vm1': Stopped Migrated",
  `error: ${lifecycle('vm1', 'Stopped Migrated')}`,
])('of no concern: %j', (line) => expect(read(line)).toEqual([]));

describe('a name can hold anything but a newline', () => {
  const hostile = [
    "it's",
    "a': b",
    "x': Stopped Migrated",
    "x': iteration: '9",
    "x':",
    "' for domain '",
    "event 'lifecycle' for domain 'x': Stopped Migrated",
    `${STAMP}: event 'job-completed' for domain 'x':`,
    'ñandú  with spaces ',
    'line\u2028separators\u2029and\rreturns',
  ];
  const roundTrips = (name: string) => {
    expect(read(iteration(name))).toMatchObject([{ kind: 'iteration', domain: name, iteration: 2 }]);
    expect(read(lifecycle(name, 'Stopped Migrated'))).toMatchObject([
      { kind: 'lifecycle', domain: name, change: 'Stopped', detail: 'Migrated' },
    ]);
    expect(read(completed(name), '\tdowntime: 7')).toMatchObject([
      { kind: 'job-completed', domain: name, job: { downtimeMs: 7 } },
    ]);
  };

  test.each(hostile)('%j', roundTrips);

  test('and the same name comes out', () => {
    const pieces = fc.constantFrom(...hostile, "'", "': ", ': ', '\t');
    const name = fc
      .array(fc.oneof(pieces, fc.string({ unit: 'binary', minLength: 1 })), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join(''))
      .filter((text) => !text.includes('\n'));
    fc.assert(fc.property(name, roundTrips));
  });
});

describe('found by the fuzzer', () => {
  const NO_TIME = '2026-13-45 99:99:99.999+0000';

  test('an event at a time that is none', () => {
    expect(read(`${NO_TIME}: event 'lifecycle' for domain 'vm1': Stopped Migrated`)).toEqual([]);
    expect(read(`${NO_TIME}: event 'job-completed' for domain 'vm1':`, '\tdowntime: 7')).toEqual([]);
  });

  test('a pass without end', () =>
    expect(
      read(`${STAMP}: event 'migration-iteration' for domain 'vm1': iteration: '${'9'.repeat(400)}'`),
    ).toEqual([]));
});
