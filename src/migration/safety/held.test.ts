/** S9: whether the guest is to run is what it was last seen to do, not what it did when the migration began. */
import { describe, expect, test } from 'vitest';
import { SimulatedRun } from '../testing/simulated-run.ts';

describe('a guest that somebody stops on the way', () => {
  test.each(['stopped-by-operator', 'io-error'] as const)(
    '%s: it arrives, and stays stopped',
    async (what) => {
      const run = new SimulatedRun({
        begin: 'waiting',
        policy: 'stock',
        faults: [{ on: { atMs: 700 }, do: what, to: 'source' }],
      });
      expect(await run.run()).toMatchObject({
        outcome: 'completed',
        runsOn: 'destination',
        reason: expect.stringContaining('stopped there by'),
      });
      expect(run.pair.truth.runningSides).toEqual([]);
      expect(run.pair.heard.map(({ command }) => command)).not.toContain('cont');
    },
  );

  test.each(['stopped-by-operator', 'io-error'] as const)(
    '%s after it was looked at and before we listened: it arrives, and stays stopped',
    async (what) => {
      const run = new SimulatedRun({
        begin: 'waiting',
        policy: 'stock',
        faults: [{ on: { event: 'MIGRATION', side: 'destination' }, nth: 1, do: what, to: 'source' }],
      });
      expect(await run.run()).toMatchObject({
        outcome: 'completed',
        reason: expect.stringContaining('stopped there by'),
        pauseMs: null,
      });
      expect(run.pair.heard.map(({ command }) => command)).not.toContain('cont');
    },
  );

  test('while the answer to why it stopped is lost on its way: it is asked again', async () => {
    const run = new SimulatedRun({
      begin: 'waiting',
      policy: 'stock',
      faults: [
        { on: { atMs: 700 }, do: 'io-error', to: 'source' },
        { on: { command: 'query-status', side: 'source' }, nth: 4, do: 'drop' },
      ],
    });
    expect(await run.run()).toMatchObject({ reason: expect.stringContaining('stopped there by') });
    expect(run.journal).toContainEqual(expect.objectContaining({ type: 'monitor', state: 'back' }));
    expect(run.pair.heard.map(({ command }) => command)).not.toContain('cont');
  });

  test('and lets run again while nobody could see it: it runs on the destination', async () => {
    const run = new SimulatedRun({
      begin: 'waiting',
      policy: 'stock',
      faults: [
        { on: { atMs: 300 }, do: 'stopped-by-operator', to: 'source' },
        { on: { atMs: 400 }, do: 'connection-lost', to: 'source', ms: 200 },
      ],
    });
    run.clock.after(500, () => run.pair.source.startGuest('cont'));
    expect(await run.run()).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    expect(run.pair.truth.runningSides).toEqual(['destination']);
    expect(run.pair.truth.overlaps).toEqual([]);
  });
});

test('a guest that was paused when the migration began, and that somebody lets run, runs on the destination', async () => {
  const run = new SimulatedRun({ begin: 'waiting', policy: 'stock' });
  run.pair.source.stopGuest('paused');
  run.clock.after(300, () => run.pair.source.startGuest('cont'));
  expect(await run.run()).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
  expect(run.pair.truth.runningSides).toEqual(['destination']);
});
