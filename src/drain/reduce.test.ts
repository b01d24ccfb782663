import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Reason } from './facts.ts';
import { afterFailure, MOST_TRIES } from './failures.ts';
import { beginDrain, DrainError, type DrainEvent, reduce } from './reduce.ts';
import { count, type Drain, isReady, phaseOf, whyNothingStarts } from './state.ts';
import { drainExitStatus, drainWords, vmWords } from './state-words.ts';

const VMS = ['a', 'b', 'c'].map((name) => ({ uuid: name, name: `vm-${name}` }));
const BEGUN = beginDrain(VMS, ['east', 'west'], { waitsFor: undefined, deadlineMs: undefined });
const LOST: Reason = { code: 'unreachable', words: 'the connection broke' };
const CPU: Reason = { code: 'different-cpu', words: 'it lacks the CPU', remedy: 'take another model' };
const FULL: Reason = { code: 'no-memory', words: 'no destination has room' };
const LONG: Reason = { code: 'no-pause-fits', words: 'it needs 2.4 s, and 1 s is allowed' };
const WHERE: Reason = { code: 'unknown-side', words: 'both sides are out of reach' };

function then(drain: Drain, ...events: readonly DrainEvent[]): Drain {
  return events.reduce(reduce, drain);
}

const start = (uuid: string, atMs = 0, to = 'east'): DrainEvent => ({ type: 'started', uuid, to, atMs });
const arrive = (uuid: string, atMs = 0): DrainEvent => ({ type: 'arrived', uuid, atMs });
const fail = (uuid: string, reason: Reason, atMs = 0): DrainEvent => ({
  ...{ type: 'failed', uuid, reason, atMs, chance: 0.5 },
});
const look = (uuids: readonly string[], atMs: number, migrations = 0): DrainEvent => ({
  ...{ type: 'looked', atMs, migrations },
  running: uuids.map((uuid) => ({ uuid, name: `vm-${uuid}` })),
});
const at = (type: 'pause' | 'resume' | 'cancel' | 'release' | 'time' | 'changed', atMs = 0): DrainEvent => ({
  type,
  atMs,
});
const words = (drain: Drain, uuid: string, nowMs = 0) => {
  const vm = drain.vms.get(uuid);
  return vm && vmWords(vm, nowMs);
};

describe('a drain', () => {
  test('is empty once nothing was seen there twice, ten seconds apart, and drains again when something arrives', () => {
    const moved = then(BEGUN, ...['a', 'b', 'c'].flatMap((each) => [start(each), arrive(each)]));
    expect(phaseOf(moved, 0)).toBe('draining');
    const once = then(moved, look([], 1000), look([], 10_999));
    expect(phaseOf(once, 11_000)).toBe('draining');
    const twice = then(once, look([], 11_000));
    expect(phaseOf(twice, 11_000)).toBe('empty');
    expect(drainExitStatus(twice)).toBe(0);
    const arrival = then(twice, look(['d'], 20_000));
    expect(phaseOf(arrival, 20_000)).toBe('draining');
    expect(words(arrival, 'd')).toBe('queued for a slot');
    // One on its way in is not there yet, and is no emptiness.
    expect(phaseOf(then(moved, look([], 0, 1), look([], 20_000)), 20_000)).toBe('draining');
  });

  test('is blocked when nobody can move without a person, and goes on by itself when that clears', () => {
    const blocked = then(BEGUN, fail('a', CPU), fail('b', FULL), fail('c', LONG));
    expect(phaseOf(blocked, 0)).toBe('blocked');
    expect(drainWords(blocked, 0)).toMatch(/^blocked: 3 VMs left, .*: vm-a \(it lacks the CPU\), vm-b/);
    expect(words(blocked, 'a')).toBe('held until something changes: it lacks the CPU: take another model');
    expect(words(blocked, 'b')).toBe('queued until a destination has room: no destination has room');
    expect(words(blocked, 'c')).toBe('held, needs you: it needs 2.4 s, and 1 s is allowed');
    const cleared = then(blocked, at('changed'));
    expect(phaseOf(cleared, 0)).toBe('draining');
    expect([...cleared.vms.values()].map((vm) => isReady(vm, 0))).toEqual([true, true, false]);
  });

  test('tries again after a while, elsewhere, and not for ever', () => {
    const failed = then(BEGUN, start('a'), fail('a', LOST));
    expect(failed.vms.get('a')).toMatchObject({ tries: 1, avoid: ['east'], state: { atMs: 20_000 } });
    expect(words(failed, 'a')).toBe('queued, tried again in 20 s: the connection broke');
    expect(() => then(failed, start('a', 19_999))).toThrow('vm-a is queued, and not ready to be moved');
    const delays = [1, 2, 3, 4, 9].map((tries) => afterFailure('transient', tries, 0, 0.5));
    expect(delays).toMatchObject([
      { atMs: 20_000 },
      { atMs: 40_000 },
      { atMs: 80_000 },
      { atMs: 160_000 },
      { next: 'hold' },
    ]);
    expect(afterFailure('transient', MOST_TRIES, 0, 0.5)).toEqual({ next: 'hold', looksAgain: false });
    expect(afterFailure('transient', 1, 0, 1)).toEqual({ next: 'retry', atMs: 24_000 });
  });

  test('leaves a destination out to which three in a row failed; with all of them out it is blocked', () => {
    let drain = BEGUN;
    for (const [index, uuid] of ['a', 'b', 'c'].entries())
      drain = then(drain, start(uuid, index), fail(uuid, LOST, index));
    expect(phaseOf(drain, 2)).toBe('draining');
    expect(() => then(drain, start('a', 30_000))).toThrow('east is left out for now');
    for (const uuid of ['a', 'b', 'c'])
      drain = then(drain, start(uuid, 30_000, 'west'), fail(uuid, LOST, 30_000));
    expect(phaseOf(drain, 30_000)).toBe('blocked');
    expect(phaseOf(drain, 700_000)).toBe('draining');
  });

  test('stands still as long as nobody knows where one of its VMs runs', () => {
    const lost = then(BEGUN, start('a'), fail('a', WHERE));
    expect(phaseOf(lost, 0)).toBe('paused');
    expect(() => then(lost, start('b'))).toThrow('it is not certain where vm-a runs');
    expect(drainExitStatus(lost)).toBe(6);
    const found = then(lost, { type: 'found', uuid: 'a', on: 'elsewhere', atMs: 0 });
    expect(phaseOf(then(found, start('b')), 0)).toBe('draining');
  });

  test('lets what runs come to its end, and no more, when it is cancelled or its deadline has passed', () => {
    const cancelled = then(BEGUN, start('a'), at('cancel'));
    expect(drainWords(cancelled, 0)).toBe('cancelled: 1 VM on the way, nothing new begins');
    expect(() => then(cancelled, start('b'))).toThrow('the drain was cancelled');
    expect(drainWords(then(cancelled, arrive('a')), 0)).toBe('cancelled, with 2 VMs still there');

    const timed = then({ ...BEGUN, deadlineMs: 1000 }, start('a'), at('time', 1000));
    expect(() => then(timed, start('b', 1000))).toThrow('the deadline has passed');
    const expired = then(timed, arrive('a', 2000));
    expect(expired.ended).toBe('expired');
    expect(drainExitStatus(expired)).toBe(5);
    expect(then(expired, at('release', 3000)).ended).toBe('released');
  });

  test('of a host that lists what has moved says so', () => {
    const moves = ['a', 'b', 'c'].flatMap((uuid) => [start(uuid), arrive(uuid)]);
    const moved = then(BEGUN, ...moves);
    expect(drainWords(moved, 0)).toMatch(/^draining: no VM is left to move, but its host lists one still/);
    expect(drainWords(then(moved, look([], 0)), 0)).toBe('draining: 0 VMs left, 0 on the way');
    expect(drainWords(BEGUN, 0)).toMatch(/^draining: 3 VMs left/);
  });

  test('heeds what others do to its VMs', () => {
    const seen = then(BEGUN, start('a'), look(['a', 'b'], 0, 1));
    expect(words(seen, 'c')).toBe('gone: it is off, or others moved it');
    // What moves ends by its own migration's word.
    expect(words(then(seen, look(['b'], 1)), 'a')).toBe('on its way to east');
    const back = then(seen, arrive('a'), look(['a', 'b', 'c'], 2));
    expect(['a', 'b', 'c'].map((uuid) => words(back, uuid))).toEqual(Array(3).fill('queued for a slot'));
  });

  test('tells its callers how it came out', () => {
    const refused = then(BEGUN, ...VMS.map(({ uuid }) => fail(uuid, CPU)));
    expect(drainExitStatus(refused)).toBe(3);
    const some = then(BEGUN, start('a'), arrive('a'), fail('b', CPU), fail('c', CPU));
    expect(drainExitStatus(some)).toBe(4);
    const pauses = then(BEGUN, start('a'), arrive('a'), fail('b', LONG), fail('c', LONG));
    expect(drainExitStatus(pauses)).toBe(5);
  });
});

const uuids = fc.constantFrom('a', 'b', 'c', 'd');
const times = fc.integer({ min: 0, max: 2_000_000 });
const drawnEvents: fc.Arbitrary<DrainEvent[]> = fc
  .array(
    fc.oneof(
      fc.record({
        type: fc.constant('started' as const),
        uuid: uuids,
        to: fc.constantFrom('east', 'west'),
        atMs: times,
      }),
      fc.record({ type: fc.constant('arrived' as const), uuid: uuids, atMs: times }),
      fc.record({
        ...{ type: fc.constant('failed' as const), uuid: uuids, atMs: times },
        reason: fc.constantFrom(LOST, CPU, FULL, LONG, WHERE),
        chance: fc.float({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({
        ...{ type: fc.constant('looked' as const), atMs: times, migrations: fc.nat(1) },
        running: fc.subarray(['a', 'b', 'c', 'd']).map((all) => all.map((uuid) => ({ uuid, name: uuid }))),
      }),
      fc.record({ type: fc.constantFrom('retry' as const, 'leave' as const), uuid: uuids, atMs: times }),
      fc.record({
        type: fc.constant('found' as const),
        uuid: uuids,
        on: fc.constantFrom('source' as const, 'elsewhere' as const),
        atMs: times,
      }),
      fc.record({
        type: fc.constantFrom('pause' as const, 'resume' as const, 'changed' as const, 'time' as const),
        atMs: times,
      }),
      fc.record({ type: fc.constantFrom('cancel' as const, 'release' as const), atMs: times }),
    ),
    { maxLength: 40 },
  )
  .map((events) => events.toSorted((a, b) => a.atMs - b.atMs));

test('whatever happens: no VM is lost, none begins against the rules, what is final stays, and everything has words', () => {
  fc.assert(
    fc.property(drawnEvents, fc.option(times, { nil: undefined }), (events, deadlineMs) => {
      let drain = beginDrain(VMS, ['east', 'west'], { waitsFor: undefined, deadlineMs });
      for (const event of events) {
        const before = drain;
        try {
          drain = reduce(before, event);
        } catch (error) {
          if (!(error instanceof DrainError)) throw error;
          expect(error.message.length).toBeGreaterThan(10);
          continue;
        }
        for (const uuid of before.vms.keys()) expect(drain.vms.has(uuid)).toBe(true);
        if (count(drain, 'moving') > count(before, 'moving')) {
          expect(whyNothingStarts(before, event.atMs)).toBeUndefined();
          expect(event.type).toBe('started');
        }
        if (before.ended) expect([before.ended, 'released']).toContain(drain.ended);
        for (const vm of drain.vms.values()) {
          expect(vm.tries).toBeLessThanOrEqual(1000);
          if (vm.state.is === 'queued' && vm.state.waitsFor === 'retry')
            expect(vm.tries).toBeLessThan(MOST_TRIES);
          expect(vmWords(vm, event.atMs)).toMatch(/\S/);
        }
        const phase = phaseOf(drain, event.atMs);
        expect(drainWords(drain, event.atMs)).toMatch(/\S/);
        if (phase === 'blocked') expect(count(drain, 'moving')).toBe(0);
        if (phase === 'empty')
          expect(event.atMs - (drain.emptySinceMs ?? event.atMs)).toBeGreaterThanOrEqual(10_000);
      }
    }),
    { numRuns: 300 },
  );
});
