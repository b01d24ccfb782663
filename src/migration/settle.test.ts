/**
 * Which side has the guest, over every combination of what can be known. One table and the rules over it, hence longer than
 * most files.
 */
import { describe, expect, test } from 'vitest';
import type { MigrationEnd, SideState } from '../hypervisor/hypervisor.ts';
import { type Settlement, type SettlementFacts, settle } from './settle.ts';

const SIDES: readonly SideState[] = [
  'running',
  'paused',
  'incoming',
  'switching-over',
  'handed-over',
  'gone',
  'silent',
  'unreachable',
  'unknown',
];
const RESULTS: readonly MigrationEnd['result'][] = ['completed', 'failed', 'cancelled', 'lost'];
const KNOWN = [true, false, undefined] as const;
const EITHER = [true, false] as const;

/** Flat, so that a row that breaks a rule can be read. */
interface Row extends Omit<SettlementFacts['end'], 'whereabouts'> {
  readonly source: SideState;
  readonly destination: SideState;
  readonly wasRunning: boolean;
  readonly begunByUs: boolean;
}

function factsOf({ source, destination, wasRunning, begunByUs, ...end }: Row): SettlementFacts {
  const attachCommand = 'switchover attach qmp:/run/vm1.sock';
  return { end: { ...end, whereabouts: { source, destination } }, wasRunning, begunByUs, attachCommand };
}

/** Every combination of the facts there is: 186,624 of them. */
function* everyRow(): Generator<Row> {
  for (const result of RESULTS)
    for (const source of SIDES)
      for (const destination of SIDES)
        for (const destinationEverRan of KNOWN)
          for (const sourceEverStopped of KNOWN)
            for (const destinationWaits of EITHER)
              for (const postCopyBegan of EITHER)
                for (const heldBy of [undefined, 'somebody else (`stop`)'])
                  for (const guestEnded of [undefined, 'the guest shut itself down'])
                    for (const wasRunning of EITHER)
                      for (const begunByUs of EITHER)
                        yield {
                          result,
                          source,
                          destination,
                          destinationEverRan,
                          sourceEverStopped,
                          destinationWaits,
                          postCopyBegan,
                          heldBy,
                          guestEnded,
                          wasRunning,
                          begunByUs,
                        };
}

const SETTLED: readonly { readonly row: Row; readonly settlement: Settlement }[] = [...everyRow()].map(
  (row) => ({ row, settlement: settle(factsOf(row)) }),
);

/** The rows whose verdict breaks a rule; a few of them are enough to see which. */
function broken(rule: (row: Row, settlement: Settlement) => boolean): readonly unknown[] {
  return SETTLED.filter(({ row, settlement }) => !rule(row, settlement)).slice(0, 3);
}

function resumes(settlement: Settlement, side?: 'source' | 'destination'): boolean {
  return settlement.action === 'resume' && (side === undefined || settlement.runsOn === side);
}

/** Not seen: it may run the guest for all we know. */
const UNSEEN: readonly SideState[] = ['silent', 'unreachable', 'unknown'];

describe('over every combination of what can be known', () => {
  test('the rows are all there, and each action occurs', () => {
    expect(SETTLED).toHaveLength(4 * 9 * 9 * 3 * 3 * 2 ** 6);
    const actions = new Set(SETTLED.map(({ settlement }) => settlement.action));
    expect([...actions].sort()).toEqual(['ask-operator', 'halt-source', 'none', 'resume']);
    for (const side of ['source', 'destination'] as const)
      expect(SETTLED.some(({ settlement }) => resumes(settlement, side))).toBe(true);
  });

  test('S1: nothing is resumed while the other side runs, may run, or cannot be asked', () => {
    expect(
      broken(({ source, destination }, settlement) => {
        if (!resumes(settlement)) return true;
        const other = settlement.runsOn === 'source' ? destination : source;
        return other !== 'running' && other !== 'switching-over' && !UNSEEN.includes(other);
      }),
    ).toEqual([]);
  });

  test('S1: the source is resumed only where the destination is proved dead, or stands still until our word', () => {
    expect(
      broken(({ destination, destinationWaits }, settlement) => {
        if (!resumes(settlement, 'source')) return true;
        if (destination === 'gone') return true;
        return destinationWaits && (destination === 'incoming' || destination === 'paused');
      }),
    ).toEqual([]);
  });

  test('S1: a dead destination frees the source only where it never ran the guest, or was never handed it', () => {
    expect(
      broken(
        ({ destination, destinationEverRan, sourceEverStopped }, settlement) =>
          !resumes(settlement, 'source') ||
          destination !== 'gone' ||
          destinationEverRan === false ||
          sourceEverStopped === false,
      ),
    ).toEqual([]);
  });

  test('S1: the destination is resumed only where it holds the whole guest and the source let go of it for good', () => {
    expect(
      broken(({ source, destination, result, postCopyBegan }, settlement) => {
        if (!resumes(settlement, 'destination')) return true;
        const letGo =
          source === 'gone' || (source === 'handed-over' && (result === 'completed' || postCopyBegan));
        return destination === 'paused' && letGo;
      }),
    ).toEqual([]);
  });

  test('the source is never resumed after post-copy, nor after the destination ran the guest', () => {
    expect(
      broken(
        ({ postCopyBegan, destinationEverRan }, settlement) =>
          !resumes(settlement, 'source') || (!postCopyBegan && destinationEverRan !== true),
      ),
    ).toEqual([]);
  });

  test('a source that handed the guest over is resumed only where the destination is known never to have run it', () => {
    expect(
      broken(
        ({ source, destination, destinationEverRan }, settlement) =>
          !resumes(settlement, 'source') ||
          source === 'paused' ||
          (source === 'handed-over' && destination === 'gone' && destinationEverRan === false),
      ),
    ).toEqual([]);
  });

  test('S9: what somebody else stopped, or what stood still before, is not resumed', () => {
    expect(
      broken(
        ({ wasRunning, heldBy }, { action }) => action !== 'resume' || (wasRunning && heldBy === undefined),
      ),
    ).toEqual([]);
  });

  test('S9: what somebody else began is neither resumed nor halted, but where our own fence keeps it from running', () => {
    expect(
      broken(
        ({ begunByUs, destinationWaits }, settlement) =>
          begunByUs ||
          (settlement.action !== 'halt-source' &&
            (!resumes(settlement) || (resumes(settlement, 'destination') && destinationWaits))),
      ),
    ).toEqual([]);
  });

  test('S1: a source that runs is told as the one side only where the destination is known not to run the guest too', () => {
    expect(
      broken((row, { action, runsOn }) => {
        if (row.source !== 'running' || row.destination === 'running') return true;
        const { destination, destinationEverRan, sourceEverStopped, destinationWaits, postCopyBegan } = row;
        const isStill =
          destination === 'incoming' ||
          destination === 'paused' ||
          (destination === 'gone' && !postCopyBegan) ||
          destinationWaits ||
          (sourceEverStopped === false && !postCopyBegan);
        return destinationEverRan !== true && isStill
          ? action === 'none' && runsOn === 'source'
          : action === 'ask-operator';
      }),
    ).toEqual([]);
  });

  test('S1, S8: a destination that runs is told as the one side only where the source cannot, and nothing of it is missing', () => {
    expect(
      broken((row, { action, runsOn }) => {
        if (row.destination !== 'running' || row.source === 'running') return true;
        const { source, result, destinationWaits, postCopyBegan } = row;
        const isAway = source === 'silent' || source === 'unreachable';
        // QEMU resumes it by itself where its migration has just failed.
        const mayResume = source === 'switching-over' && result !== 'completed' && !postCopyBegan;
        const isSafe =
          postCopyBegan && (isAway || source === 'gone')
            ? result === 'completed'
            : (!isAway && !mayResume) || destinationWaits;
        return isSafe ? action === 'none' && runsOn === 'destination' : action === 'ask-operator';
      }),
    ).toEqual([]);
  });

  test('S1: no person is told to resume a side but where that is as safe as for us', () => {
    const says = (settlement: Settlement, words: string) =>
      'help' in settlement && settlement.help.includes(words);
    expect(
      broken((row, settlement) => {
        const { source, destination, destinationEverRan, destinationWaits, sourceEverStopped } = row;
        if (says(settlement, 'resume the source') && says(settlement, 'never ran there'))
          return source === 'handed-over' && destinationWaits && destinationEverRan === false;
        if (says(settlement, 'let the guest run on the destination'))
          return destination === 'paused' && source !== 'gone' && source !== 'running';
        if (says(settlement, 'while it still had the guest'))
          return source === 'gone' && sourceEverStopped === false && !row.postCopyBegan;
        if (says(settlement, 'look whether it holds the guest')) return source === 'gone';
        return true;
      }),
    ).toEqual([]);
    const told = (words: string) => SETTLED.some(({ settlement }) => says(settlement, words));
    expect(told('never ran there') && told('let the guest run on the destination')).toBe(true);
    expect(told('while it still had the guest') && told('look whether it holds the guest')).toBe(true);
  });

  test('a side is only resumed where a guest stands still', () => {
    expect(
      broken(({ source, destination }, settlement) => {
        if (!resumes(settlement)) return true;
        const side = settlement.runsOn === 'source' ? source : destination;
        return side === 'paused' || side === 'handed-over';
      }),
    ).toEqual([]);
  });

  test('the source is halted only where both run, and the destination was seen to', () => {
    expect(
      broken(
        ({ source, destination, destinationEverRan }, { action }) =>
          action !== 'halt-source' ||
          (source === 'running' && destination === 'running' && destinationEverRan === true),
      ),
    ).toEqual([]);
  });

  test('no side is said to run the guest that says itself that it does not', () => {
    const able: readonly SideState[] = ['running', 'paused', 'handed-over'];
    expect(
      broken(
        ({ source, destination, begunByUs, destinationWaits, result, wasRunning, heldBy }, { runsOn }) => {
          if (runsOn === 'source') return able.includes(source);
          if (runsOn !== 'destination') return true;
          // The source's word is all there is where nobody gave us the destination's address.
          const told =
            destination === 'unknown' && source === 'handed-over' && result === 'completed' && !begunByUs;
          const ours = begunByUs || destinationWaits;
          const stands = destination === 'paused' && (ours || !wasRunning || heldBy !== undefined);
          return destination === 'running' || told || stands;
        },
      ),
    ).toEqual([]);
  });

  test('a destination that a cancel may have told to wait is not said to run it unseen; all else is as it was', () => {
    const wrong = SETTLED.filter(({ row, settlement }) => {
      const now = settle(factsOf({ ...row, mayBeFenced: true }));
      return row.destination === 'unknown'
        ? now.runsOn === 'destination'
        : now.action !== settlement.action || now.runsOn !== settlement.runsOn;
    });
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test('two sides that run are never taken for one, whatever else is known', () => {
    expect(
      broken(
        ({ source, destination }, { runsOn }) =>
          source !== 'running' || destination !== 'running' || runsOn === 'unknown',
      ),
    ).toEqual([]);
  });

  test('S8: post-copy whose end nobody saw is no arrival, though the guest runs on the destination', () => {
    const cutShort = (row: Row) =>
      row.postCopyBegan &&
      row.result !== 'completed' &&
      row.destination === 'running' &&
      (row.source === 'gone' || row.source === 'silent' || row.source === 'unreachable');
    expect(SETTLED.filter(({ row }) => cutShort(row)).length).toBeGreaterThan(0);
    expect(broken((row, { action }) => !cutShort(row) || action === 'ask-operator')).toEqual([]);
  });

  test('a person who is asked is told what to do', () => {
    expect(
      broken(
        (_, settlement) =>
          (settlement.action !== 'ask-operator' && settlement.action !== 'halt-source') ||
          (settlement.runsOn === 'unknown' && settlement.help.length > 40),
      ),
    ).toEqual([]);
  });

  test('nowhere is said of a guest that ended, where no side runs it, may run it or has it; and only then', () => {
    // A destination that nobody named is not known, and its guest has ended like the source's.
    const ended = (side: SideState) => ['gone', 'paused', 'incoming', 'unknown'].includes(side);
    expect(
      broken(
        ({ source, destination, guestEnded }, { runsOn }) =>
          (runsOn === 'nowhere') === (guestEnded !== undefined && ended(source) && ended(destination)),
      ),
    ).toEqual([]);
  });
});

const USUAL: Row = {
  result: 'completed',
  source: 'handed-over',
  destination: 'running',
  destinationEverRan: false,
  sourceEverStopped: undefined,
  destinationWaits: false,
  postCopyBegan: false,
  heldBy: undefined,
  guestEnded: undefined,
  wasRunning: true,
  begunByUs: true,
};
const settled = (row: Partial<Row>) => settle(factsOf({ ...USUAL, ...row }));

describe('the usual ends', () => {
  test.each([
    ['completed', 'handed-over', 'running', 'none', 'destination'],
    ['cancelled', 'running', 'gone', 'none', 'source'],
    ['failed', 'running', 'incoming', 'none', 'source'],
    // The destination was started with -S: QEMU leaves the guest paused there.
    ['completed', 'handed-over', 'paused', 'resume', 'destination'],
    // A `stop` before the failure: QEMU leaves the guest paused at the source.
    ['failed', 'paused', 'gone', 'resume', 'source'],
    // It took the guest and died before it ever ran it.
    ['failed', 'handed-over', 'gone', 'resume', 'source'],
    // Post-copy ends with a source that holds nothing.
    ['lost', 'gone', 'running', 'none', 'destination'],
  ] as const)('%s, source %s, destination %s: %s on the %s', (result, source, destination, action, runsOn) =>
    expect(settled({ result, source, destination })).toMatchObject({ action, runsOn }),
  );

  test('the source’s word for an end is all there is of a migration whose destination nobody named', () => {
    const row = { destination: 'unknown', destinationEverRan: undefined } as const;
    expect(settled({ ...row, begunByUs: false })).toEqual({ action: 'none', runsOn: 'destination' });
    expect(settled(row).action).toBe('ask-operator');
  });

  test('a source that runs beside a dead destination has the guest, seen to stop or not, unless post-copy had begun', () => {
    const row = {
      result: 'failed',
      source: 'running',
      destination: 'gone',
      destinationEverRan: undefined,
    } as const;
    for (const sourceEverStopped of [true, false, undefined])
      expect(settled({ ...row, sourceEverStopped })).toEqual({ action: 'none', runsOn: 'source' });
    expect(settled({ ...row, sourceEverStopped: true, postCopyBegan: true }).action).toBe('ask-operator');
  });

  test('a guest that somebody has stopped on the source is there where nothing can have been handed over', () => {
    const row = { source: 'paused', destination: 'unknown', heldBy: 'an I/O error' } as const;
    const there = { action: 'none', runsOn: 'source' };
    expect(settled({ ...row, result: 'failed', destinationEverRan: false })).toEqual(there);
    const unseen = { ...row, result: 'failed', destinationEverRan: undefined } as const;
    expect(settled({ ...unseen, sourceEverStopped: false })).toEqual(there);
    expect(settled({ ...unseen, destination: 'incoming' })).toEqual(there);
  });

  test('a guest that was paused before stays paused', () => {
    for (const row of [{}, { result: 'failed', source: 'paused', destination: 'gone' }] as const) {
      const { action } = settled({ destination: 'paused', ...row, wasRunning: false });
      expect(action).toBe('none');
    }
  });

  test('a guest that shut itself down runs nowhere', () =>
    expect(
      settled({ result: 'lost', source: 'gone', destination: 'gone', guestEnded: 'it shut itself down' }),
    ).toEqual({ action: 'none', runsOn: 'nowhere' }));
});

describe('what no program may decide', () => {
  test.each([
    [{ source: 'running', begunByUs: false }, /both sides/],
    [{ result: 'lost', source: 'gone', destination: 'gone' }, /both sides have ended/],
    [
      { source: 'paused', destination: 'gone', heldBy: 'an I/O error', destinationEverRan: true },
      /do not resume the source/,
    ],
    [
      { result: 'failed', source: 'switching-over' },
      /the destination runs the guest and the source is stopped in the middle.*not run there too/,
    ],
    [{ destination: 'silent' }, /destination is not answering.*attach/],
    [{ destination: 'unreachable' }, /destination is out of reach.*attach/],
    [{ result: 'failed', source: 'switching-over', destination: 'incoming' }, /make the source reachable/],
    [{ result: 'lost', source: 'unreachable', destination: 'paused' }, /make the source reachable/],
    [{ result: 'failed', source: 'paused', destination: 'unreachable' }, /neither runs nor can start there/],
    [
      {
        result: 'failed',
        source: 'paused',
        destination: 'unknown',
        destinationEverRan: undefined,
        heldBy: 'an I/O error',
      },
      /if it ever ran there, start it anew/,
    ],
    [
      {
        result: 'failed',
        source: 'paused',
        destination: 'gone',
        destinationEverRan: undefined,
        heldBy: 'an I/O error',
      },
      /if it ever ran there, start it anew/,
    ],
    [
      {
        result: 'cancelled',
        source: 'paused',
        destination: 'unknown',
        destinationEverRan: undefined,
        heldBy: 'an I/O error',
      },
      /if it ever ran there, start it anew/,
    ],
    [{ destination: 'gone', destinationEverRan: true }, /do not resume the source|never ran on/],
    [{ destination: 'gone', destinationEverRan: undefined }, /never ran on the destination/],
  ] as const)('%o', (row, help) => {
    const settlement = settled(row);
    expect(settlement.action).toBe('ask-operator');
    expect(settlement.action === 'ask-operator' && settlement.help).toMatch(help);
  });

  test('a source that runs again after the destination ran is halted where the migration is ours', () =>
    expect(settled({ source: 'running', destinationEverRan: true }).action).toBe('halt-source'));

  test('a source that runs while nobody knows of its destination is left, and a person is told', () => {
    const row = { result: 'failed', source: 'running', sourceEverStopped: true } as const;
    expect(settled({ ...row, destination: 'unreachable' }).action).toBe('ask-operator');
    expect(settled({ ...row, destination: 'unreachable', destinationWaits: true })).toEqual({
      action: 'none',
      runsOn: 'source',
    });
    expect(settled({ ...row, destination: 'unreachable', sourceEverStopped: false })).toEqual({
      action: 'none',
      runsOn: 'source',
    });
  });
});

test('S8: a destination that stands still without all of its memory is not let run when the source has died', () => {
  const row = { source: 'gone', destination: 'paused', postCopyBegan: true, destinationWaits: true } as const;
  expect(settled({ ...row, result: 'lost' })).toMatchObject({
    action: 'ask-operator',
    help: expect.stringContaining('memory that had not followed is lost'),
  });
  expect(settled({ ...row, result: 'completed' })).toEqual({ action: 'resume', runsOn: 'destination' });
});
