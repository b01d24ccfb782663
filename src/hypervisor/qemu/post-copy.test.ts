/** What the driver switches on for post-copy beside it, and takes back. */
import { describe, expect, test } from 'vitest';
import { type FormerSettings, TooLateError } from '../hypervisor.ts';
import { pairBed } from './testing/pair-bed.ts';

const HELP = ['postcopy-preempt', 'postcopy-blocktime'];
const of = (version: number, minor: number) => ({ major: version, minor, micro: 0, package: '' });

function bed(...given: Parameters<typeof pairBed>) {
  const made = pairBed(...given);
  const on = () =>
    Object.fromEntries(
      [made.pair.source, made.pair.destination].map(({ parts, settings }) => [
        parts.side,
        HELP.filter((name) => settings.isOn(name)),
      ]),
    );
  return { ...made, on };
}

describe('what helps post-copy', () => {
  test('is on at both ends from the start, told before, and put back', async () => {
    const { start, on, settings, clock } = bed();
    const before = settings();
    const told: FormerSettings[] = [];
    const remember = async (former: FormerSettings) => void told.push(former);
    const migration = await start({ postCopy: true, remember });
    expect(on()).toEqual({ source: ['postcopy-preempt'], destination: HELP });
    const ofSide = (side: string) =>
      Object.assign({}, ...told.filter((each) => each.side === side).map((each) => each.capabilities));
    expect(ofSide('source')).toMatchObject({ 'postcopy-ram': false, 'postcopy-preempt': false });
    expect(ofSide('destination')).toMatchObject({
      'postcopy-preempt': false,
      'postcopy-blocktime': false,
    });
    await clock.until(migration.cancel());
    await clock.until(migration.ended);
    await clock.until(migration.putBack());
    expect(settings()).toEqual(before);
  });

  test('stays off where no post-copy is wanted', async () => {
    const { start, on } = bed();
    await start();
    expect(on()).toEqual({ source: [], destination: [] });
  });

  test('left on by another, it does not stand in the way of a migration without post-copy', async () => {
    const { start, on, pair, clock, settings } = bed();
    for (const side of [pair.source, pair.destination])
      side.settings.setCapabilities(
        ['postcopy-ram', 'postcopy-preempt'].map((capability) => ({ capability, state: true })),
        false,
      );
    const before = settings()[0];
    const migration = await start();
    expect(on()).toEqual({ source: [], destination: [] });
    await clock.until(migration.cancel());
    await clock.until(migration.ended);
    await clock.until(migration.putBack());
    expect(settings()[0]).toEqual(before);
  });

  test('is done without where the destination refuses it', async () => {
    const refused = {
      on: { command: 'migrate-set-capabilities', side: 'destination' },
      do: 'error',
    } as const;
    const { start, on, pair } = bed([refused]);
    await start({ postCopy: true });
    expect(on()).toEqual({ source: [], destination: [] });
    expect(pair.destination.settings.isOn('postcopy-ram')).toBe(true);
    // What has to be is refused still.
    await expect(bed([refused, { ...refused, nth: 2 }]).start({ postCopy: true })).rejects.toMatchObject({
      code: 'lacks-feature',
    });
  });

  test('pages overtake none on a QEMU whose second channel may be taken for the first', async () => {
    const { start, on } = bed([], { version: { source: of(7, 2), destination: of(7, 2) } });
    await start({ postCopy: true });
    expect(on()).toEqual({ source: [], destination: ['postcopy-blocktime'] });
  });
});

describe('a cancel behind the word for post-copy', () => {
  test('is not done before it is known what came of that, and is too late where it was taken', async () => {
    const { start, clock, pair } = bed();
    const migration = await start({ postCopy: true });
    await clock.pass(500);
    const asked = migration.startPostCopy();
    await expect(clock.until(migration.cancel())).rejects.toThrow(/not known yet whether it begins/);
    await clock.until(asked);
    await expect(clock.until(migration.cancel())).rejects.toThrow(TooLateError);
    expect(pair.heard.map(({ command }) => command)).not.toContain('migrate_cancel');
  });

  test('is done where QEMU never heard of it', async () => {
    const { start, clock, pair } = bed([
      {
        on: { command: 'migrate-start-postcopy', side: 'source' },
        nth: 1,
        do: 'lost',
      },
    ]);
    const migration = await start({ postCopy: true });
    await clock.pass(500);
    const asked = migration.startPostCopy();
    await expect(clock.until(migration.cancel())).rejects.toThrow(/not known yet whether it begins/);
    await clock.pass(6000);
    await clock.until(migration.cancel());
    await expect(clock.until(asked)).rejects.toThrow();
    expect((await clock.until(migration.ended)).result).toBe('cancelled');
    expect(pair.truth.runningSides).toEqual(['source']);
  });

  test('is done where QEMU has refused post-copy', async () => {
    const { start, clock } = bed([
      { on: { command: 'migrate-start-postcopy', side: 'source' }, nth: 1, do: 'error' },
    ]);
    const migration = await start({ postCopy: true });
    await clock.pass(500);
    await expect(clock.until(migration.startPostCopy())).rejects.toThrow();
    await clock.until(migration.cancel());
    expect((await clock.until(migration.ended)).result).toBe('cancelled');
  });
});
