/** What a restart, a lost connection and an abort come to, as libvirt's own sources have it (qemu_process.c, qemu_migration.c). */
import { expect, test } from 'vitest';
import { BUSY_GUEST, CALM_GUEST } from '../../../simulated/testing/small-guest.ts';
import { VirtualClock } from '../../../testing/virtual-clock.ts';
import type { LibvirtFault } from './faults.ts';
import { SimulatedLibvirtPair } from './simulated-libvirt-pair.ts';

/** Begins `virsh migrate` and lets that much time pass. */
async function migrated(faults: readonly LibvirtFault[] = [], ms = 60_000, scenario = CALM_GUEST) {
  const clock = new VirtualClock();
  const version = { major: 10, minor: 0 };
  const pair = new SimulatedLibvirtPair({ clock, scenario, faults, version, transient: false });
  const words: string[] = [];
  const virsh = pair.byHand('source', 'migrate').then(
    () => words.push('migrated'),
    (error: Error) => words.push(error.message),
  );
  await clock.pass(ms);
  const states = { source: pair.hosts.source.domain, destination: pair.hosts.destination.domain };
  const state = (side: 'source' | 'destination') =>
    states[side] === undefined ? 'no domain' : `${states[side].state} (${states[side].reason})`;
  return { clock, pair, virsh, words, source: state('source'), destination: state('destination') };
}

const killedIn = (
  side: 'source' | 'destination',
  phase: Extract<LibvirtFault['on'], { phase: unknown }>['phase'],
): LibvirtFault[] => [{ on: { phase, side }, do: 'libvirtd-killed', to: side, ms: 1000 }];

test('nobody knows of a destination that was let run as the source’s libvirtd ended: the source stands still', async () => {
  const killed = { ...({ do: 'libvirtd-killed', to: 'source', ms: 1000 } as const), afterMs: 2 };
  const seen = await migrated([{ on: { phase: 'perform3_done', side: 'source' }, ...killed }]);
  expect(seen.source).toBe('paused (migrating)');
  expect(seen.destination).toBe('running (migrated)');
});

test('the guest moves, and its source is shut off', async () => {
  const { words, source, destination, pair } = await migrated();
  expect({ words, source, destination }).toEqual({
    words: ['migrated'],
    source: 'shut off (migrated)',
    destination: 'running (migrated)',
  });
  expect(pair.qemus.truth.runningSides).toEqual(['destination']);
});

test.each([
  // Nothing had happened yet.
  ['source', 'begin3', 'running (booted)', 'no domain', ['source']],
  ['source', 'perform3', 'running (booted)', 'no domain', ['source']],
  // Nobody knows whether the destination runs it.
  ['source', 'perform3_done', 'paused (migrating)', 'no domain', []],
  ['source', 'confirm3', 'shut off (migrated)', 'running (migrated)', ['destination']],
  ['destination', 'prepare', 'running (booted)', 'no domain', ['source']],
  ['destination', 'finish3', 'running (migration canceled)', 'no domain', ['source']],
] as const)('the %s’s libvirtd is killed in %s', async (side, phase, source, destination, running) => {
  const seen = await migrated(killedIn(side, phase));
  expect(seen.source).toBe(source);
  expect(seen.destination).toBe(destination);
  expect(seen.pair.qemus.truth.runningSides).toEqual(running);
});

test('a libvirtd that is started again in the middle of the copy cancels it', async () => {
  const killed: LibvirtFault = { on: { atMs: 600 }, do: 'libvirtd-killed', to: 'source', ms: 100 };
  const seen = await migrated([killed]);
  expect(seen.words).toEqual(['End of file while reading data: Input/output error']);
  expect(seen.source).toBe('running (booted)');
  expect(seen.pair.qemus.truth.runningSides).toEqual(['source']);
  expect(seen.pair.qemus.heard.map(({ command }) => command)).toContain('migrate_cancel');
});

test('a peer that is not heard is given up after 30 s, and the guest stays', async () => {
  const hangs: LibvirtFault = { on: { atMs: 500 }, do: 'libvirtd-hangs', to: 'destination', ms: 50_000 };
  const seen = await migrated([hangs], 60_000, BUSY_GUEST);
  expect(seen.words).toEqual(['operation failed: Lost connection to destination host']);
  expect(seen.source).toBe('running (booted)');
  expect(seen.destination).toBe('no domain');
});

test('a Finish that is carried out after the source gave the peer up: libvirt itself runs both', async () => {
  const hangs: LibvirtFault = { on: { atMs: 500 }, do: 'libvirtd-hangs', to: 'destination', ms: 50_000 };
  const seen = await migrated([hangs]);
  expect(seen.words).toEqual(['internal error: client socket is closed']);
  expect(seen.pair.qemus.truth.runningSides).toEqual(['source', 'destination']);
});

test('an abort ends it, and libvirt resets the limit that it found', async () => {
  const { clock, pair, words } = await migrated([], 500);
  await clock.until(pair.byHand('source', 'migrate-setmaxdowntime', '--downtime=7'));
  await clock.until(pair.byHand('source', 'domjobabort'));
  await clock.pass(1000);
  expect(words).toEqual(['operation aborted: migration out job: canceled by client']);
  expect(pair.qemus.truth.runningSides).toEqual(['source']);
  expect(pair.qemus.source.settings.number('downtime-limit')).toBe(300);
});

test('what changes the domain waits for its migration, and is refused after 30 s', async () => {
  const { clock, pair } = await migrated(
    [{ on: { atMs: 300 }, do: 'libvirtd-hangs', to: 'destination', ms: 29_000 }],
    400,
  );
  pair.qemus.source.hang(40_000);
  const resumed = pair.byHand('source', 'resume').catch((error: Error) => error.message);
  expect(await clock.until(resumed)).toContain('cannot acquire state change lock');
});
