import { describe, expect, test } from 'vitest';
import type { SideState } from '../hypervisor.ts';
import type { Fault } from '../simulated/protocol/faults.ts';
import { SimulatedPair } from '../simulated/protocol/simulated-pair.ts';
import { CALM_GUEST } from '../simulated/testing/small-guest.ts';
import { monitorOfPair } from '../testing/monitor-of-pair.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import {
  finalInfo,
  type LastingParts,
  lastingDestinationState,
  lastingSourceState,
  stateBehind,
} from './lasting-state.ts';

async function bed(faults: readonly Fault[] = [], provable = true) {
  const clock = new VirtualClock();
  const pair = new SimulatedPair({ clock, scenario: CALM_GUEST, faults });
  const source = await monitorOfPair(pair, 'source', clock, provable);
  const destination = await monitorOfPair(pair, 'destination', clock, provable);
  const parts = (result: LastingParts['result'], wasRunning = true): LastingParts => ({
    clock,
    result,
    wasRunning,
    reconnectForMs: 3000,
    postCopyBegan: false,
    mayArrive: false,
  });
  /** @returns the state, and how long it was waited for */
  const timed = async (asking: Promise<SideState>) => {
    const beganMs = clock.now();
    const state = await clock.until(asking);
    return { state, waitedMs: clock.now() - beganMs };
  };
  return { clock, pair, source, destination, parts, timed };
}

describe('as it is now', () => {
  test('a process that is proved dead is gone, one that cannot be reached is not', async () => {
    for (const provable of [true, false]) {
      const { clock, pair, source } = await bed([], provable);
      expect(await clock.until(stateBehind(source))).toBe('running');
      pair.source.die();
      await clock.pass(20);
      expect(await clock.until(stateBehind(source))).toBe(provable ? 'gone' : 'unreachable');
    }
  });

  test('a connection that closes while it is asked is no state of QEMU’s', async () => {
    const { clock, source } = await bed([{ on: { command: 'query-status', side: 'source' }, do: 'drop' }]);
    expect(await clock.until(stateBehind(source))).toBe('unreachable');
    await clock.pass(500);
    expect(await clock.until(stateBehind(source))).toBe('running');
  });

  test('one that does not answer is silent', async () => {
    const { clock, source } = await bed([{ on: { command: 'query-status', side: 'source' }, do: 'never' }]);
    expect(await clock.until(stateBehind(source))).toBe('silent');
  });
});

describe('the source', () => {
  test('that failed is waited for until it runs again', async () => {
    const { clock, pair, source, parts, timed } = await bed();
    pair.source.stopGuest('finish-migrate');
    clock.after(300, () => pair.source.startGuest('stream'));
    const { state, waitedMs } = await timed(lastingSourceState(source, parts('failed')));
    expect([state, waitedMs >= 300]).toEqual(['running', true]);
  });

  test('that failed and stays paused is not waited for without an end, nor where it was paused before', async () => {
    const { pair, source, parts, timed } = await bed();
    pair.source.stopGuest('paused');
    expect((await timed(lastingSourceState(source, parts('failed')))).waitedMs).toBeGreaterThan(900);
    expect((await timed(lastingSourceState(source, parts('failed', false)))).waitedMs).toBeLessThan(100);
  });

  test('that completed is waited for until it has let go', async () => {
    const { clock, pair, source, parts, timed } = await bed();
    pair.source.stopGuest('finish-migrate');
    clock.after(50, () => pair.source.stopGuest('postmigrate'));
    expect((await timed(lastingSourceState(source, parts('completed')))).state).toBe('handed-over');
  });

  test.each([
    ['completed', 3000],
    ['lost', 0],
  ] as const)('that is out of reach after `%s` is waited for %i ms', async (result, ms) => {
    const { pair, source, parts, timed, clock } = await bed([], false);
    pair.source.loseConnection(Number.POSITIVE_INFINITY);
    await clock.pass(10);
    const { state, waitedMs } = await timed(lastingSourceState(source, parts(result)));
    expect(state).toBe('unreachable');
    expect(Math.abs(waitedMs - ms)).toBeLessThan(100);
  });
});

describe('the destination', () => {
  test('that nobody named is not known', async () => {
    const { clock, parts } = await bed();
    expect(await clock.until(lastingDestinationState(undefined, 'handed-over', parts('completed')))).toBe(
      'unknown',
    );
  });

  test('is waited for until it has loaded the guest, and until it does as it was told', async () => {
    const { clock, pair, destination, parts, timed } = await bed();
    clock.after(200, () => pair.destination.stopGuest('paused'));
    clock.after(900, () => pair.destination.startGuest('cont'));
    const { state } = await timed(lastingDestinationState(destination, 'handed-over', parts('completed')));
    expect(state).toBe('running');
  });

  // Found by the explorer, seed 1796042855803: a monitor that was silent for 5 s had its `cont` to carry out yet.
  test('has its while from when it is seen paused on, and not from when it was first asked', async () => {
    const { clock, pair, destination, parts, timed } = await bed();
    clock.after(5000, () => pair.destination.stopGuest('paused'));
    clock.after(6900, () => pair.destination.startGuest('cont'));
    const { state } = await timed(lastingDestinationState(destination, 'handed-over', parts('completed')));
    expect(state).toBe('running');
  });

  // Review B24: devices that load for more than 5 s.
  test('may load its devices for twenty seconds', async () => {
    const { clock, pair, destination, parts, timed } = await bed();
    clock.after(20_000, () => pair.destination.startGuest('stream'));
    const { state } = await timed(lastingDestinationState(destination, 'handed-over', parts('completed')));
    expect(state).toBe('running');
  });

  test('that stays paused counts as paused after a while; at once where the guest was paused', async () => {
    const { pair, destination, parts, timed } = await bed();
    pair.destination.stopGuest('paused');
    const waits = await timed(lastingDestinationState(destination, 'handed-over', parts('completed')));
    expect([waits.state, waits.waitedMs >= 2000]).toEqual(['paused', true]);
    const was = await timed(lastingDestinationState(destination, 'handed-over', parts('completed', false)));
    expect([was.state, was.waitedMs < 100]).toEqual(['paused', true]);
  });

  test('that still waits after a failure is no reason to wait for long', async () => {
    const { destination, parts, timed } = await bed();
    const { state, waitedMs } = await timed(lastingDestinationState(destination, 'running', parts('failed')));
    expect([state, waitedMs < 700]).toEqual(['incoming', true]);
  });

  test('that may start the guest with what it has got is waited for until it does', async () => {
    const { clock, pair, destination, parts, timed } = await bed();
    clock.after(4000, () => pair.destination.startGuest('autostart'));
    const waiting = { ...parts('failed'), mayArrive: true };
    const { state, waitedMs } = await timed(lastingDestinationState(destination, 'running', waiting));
    expect([state, Math.round(waitedMs / 1000)]).toEqual(['running', 4]);
  });

  test.each([
    ['running', 500],
    ['handed-over', 3000],
  ] as const)('that is out of reach while the source is %s is waited for %i ms', async (source, ms) => {
    const { clock, pair, destination, parts, timed } = await bed([], false);
    pair.destination.loseConnection(Number.POSITIVE_INFINITY);
    await clock.pass(10);
    const { state, waitedMs } = await timed(lastingDestinationState(destination, source, parts('failed')));
    expect(state).toBe('unreachable');
    expect(Math.abs(waitedMs - ms)).toBeLessThan(100);
  });

  test('that post-copy may have let run is waited for, also while the source runs', async () => {
    const { clock, pair, destination, parts, timed } = await bed([], false);
    pair.destination.loseConnection(1000);
    await clock.pass(10);
    const waiting = { ...parts('failed'), postCopyBegan: true };
    const { state } = await timed(lastingDestinationState(destination, 'running', waiting));
    expect(state).toBe('incoming');
  });
});

describe('the last figures', () => {
  test('are asked for again while they are missing after `completed`, and not for ever', async () => {
    const { clock, source, pair } = await bed();
    expect(await clock.until(finalInfo(source, 'completed', clock))).toBeUndefined();
    expect(pair.heard.filter(({ command }) => command === 'query-migrate')).toHaveLength(20);
    expect(await clock.until(finalInfo(source, 'failed', clock))).toEqual({});
  });

  test('that are refused are none', async () => {
    const { clock, source } = await bed([{ on: { command: 'query-migrate', side: 'source' }, do: 'error' }]);
    expect(await clock.until(finalInfo(source, 'completed', clock))).toBeUndefined();
  });
});
