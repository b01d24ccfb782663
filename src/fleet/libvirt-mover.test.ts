/** The mover of libvirt hosts, with the real driver, on two simulated hosts in virtual time. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { SimulatedLibvirtPair } from '../hypervisor/libvirt/testing/simulated/simulated-libvirt-pair.ts';
import { CALM_GUEST } from '../hypervisor/simulated/testing/small-guest.ts';
import { KillableController } from '../hypervisor/testing/killable-controller.ts';
import { VirtualClock } from '../hypervisor/testing/virtual-clock.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { initiatorHere } from '../journal/initiator.ts';
import { parseDrainSettings } from './drain-settings.ts';
import { LibvirtMover } from './libvirt-mover.ts';
import { type Guard, type Ride, StartFailed } from './mover.ts';
import { diskSettled } from './testing/disk-settled.ts';
import { NO_CONFIG } from './testing/simulated-hosts.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-mover-'));
  return () => fs.rmSync(folder, { recursive: true, force: true });
});

const SETTINGS = parseDrainSettings({
  ...{ to: [{ uri: 'qemu+tcp://destination/system' }], order: 'listed', atATime: 1, apart: [] },
  ...{ force: false, stated: {} },
});
const GUARD: Guard = { epoch: 1, mayAct: () => true, letGo: new AbortController().signal };

/** What the simulated hosts do not know is answered here. */
function bed({ metadata = '' } = {}) {
  const clock = new VirtualClock(0, diskSettled);
  const version = { major: 10, minor: 0 };
  const pair = new SimulatedLibvirtPair({ clock, scenario: CALM_GUEST, version, transient: false });
  const [source = '', destination = ''] = pair.uris;
  const uuid = pair.hosts.source.domain?.uuid ?? '';
  const asked: string[] = [];
  pair.onCommand = (side, args) => asked.push(`${side} ${args.join(' ')}`);
  const { access, hub } = pair.reachedBy(new KillableController({ clock, open: pair.qemus.open }));
  const ask: typeof access.virsh.ask = async (uri, args, timeoutMs) => {
    const [command = ''] = args;
    if (command === 'dominfo') return 'Persistent:     yes\n';
    if (command === 'shutdown' || command === 'start') {
      asked.push(`${uri === source ? 'source' : 'destination'} ${args.join(' ')}`);
      const domain = pair.hosts.source.domain;
      if (domain) Object.assign(domain, STATES[command]);
      return '';
    }
    const answer = await access.virsh.ask(uri, args, timeoutMs);
    return command === 'dumpxml' ? answer.replace('<devices>', `${metadata}<devices>`) : answer;
  };
  const virsh = { ...access.virsh, ask, assertUsable: async () => {} };
  const moverIn = (stateDir: string) =>
    new LibvirtMover({
      ...{ store: new FolderJournals(stateDir), initiator: initiatorHere(), config: () => NO_CONFIG },
      ...{ settingsOf: async () => SETTINGS, say: () => {}, access: { ...access, virsh }, hub },
      ...{ wayOf: async () => undefined, sources: () => [source], destinations: () => [destination] },
    });
  const mover = moverIn(folder);
  const ride: Ride = {
    ...{ id: 'm', drain: 'd', vm: uuid, source, destination, isForeign: false },
    ...{ way: 'move', isDecided: false, stated: {} },
  };
  /** Lets time pass until it is done. */
  const within = async <T>(doing: Promise<T>): Promise<T> => {
    let isDone = false;
    const end = doing.finally(() => {
      isDone = true;
    });
    end.catch(() => {});
    // Not only for the disk: a lease is a socket, which the clock does not see.
    while (!isDone) await clock.pass(20);
    return await end;
  };
  const did = (command: string) => asked.filter((each) => each.split(' ')[1] === command);
  return { pair, mover, moverIn, ride, within, did };
}

const STATES = {
  shutdown: { state: 'shut off', reason: 'shutdown' },
  start: { state: 'running', reason: 'booted' },
} as const;

const said = (maintenance: string) =>
  `<metadata><s:migration xmlns:s='urn:switchover:domain:1' maintenance='${maintenance}'/></metadata>`;

test('a VM is moved with its definition, and is where libvirt says', async () => {
  const { pair, mover, ride, within, did } = bed();
  expect(await within(mover.locate(ride))).toEqual({ kind: 'at', host: ride.source });
  await within(mover.start(ride, GUARD));
  expect(await within(mover.locate(ride))).toEqual({
    ...{ kind: 'migrating', source: ride.source, destination: ride.destination },
  });
  expect(await within(mover.attach(ride, GUARD))).toEqual({});
  expect(await within(mover.locate(ride))).toEqual({ kind: 'at', host: ride.destination });
  expect(pair.qemus.truth.runningSides).toEqual(['destination']);
  expect(did('migrate')).toHaveLength(1);
  expect(did('migrate')[0]).toMatch(/--persistent.* --undefinesource/);
});

test('it keeps to its share of the link from the start, and to each other one, and never exceeds its own bandwidth', async () => {
  const MIB = 2 ** 20;
  const { mover, ride, within, did } = bed();
  const own = { ...ride, stated: { bandwidthBytesPerSecond: 40 * MIB } };
  await within(mover.start({ ...own, share: 20 * MIB }, GUARD));
  expect(did('migrate')[0]).toMatch(/--bandwidth[ =]20\b/);
  const attended = mover.attach(own, GUARD);
  expect(await within(mover.shareLink({ ...own, share: 30 * MIB }, GUARD))).toBe(true);
  expect(await within(mover.shareLink({ ...own, share: 90 * MIB }, GUARD))).toBe(true);
  // Nobody has a budget for it any more.
  expect(await within(mover.shareLink(own, GUARD))).toBe(true);
  const speeds = did('migrate-setspeed').map((each) => /(\d+)$/.exec(each)?.[1]);
  expect(speeds.slice(0, 2)).toEqual(['30', '40']);
  expect(new Set(speeds.slice(2))).toEqual(speeds.length > 2 ? new Set(['40']) : new Set());
  const letGo = { ...GUARD, mayAct: () => false };
  expect(await within(mover.shareLink({ ...own, share: MIB }, letGo))).toBe(false);
  await within(attended);
  expect(await within(mover.shareLink({ ...own, share: MIB }, GUARD))).toBe(false);
});

test('another controller, whose state folder knows nothing of it, goes on by the limits of the drain, as its move', async () => {
  const { pair, mover, moverIn, ride: ours, within } = bed();
  const ride = { ...ours, stated: { lineRateBytesPerSecond: 60e6 } };
  await within(mover.start({ ...ride, share: 8 * 2 ** 20 }, GUARD));
  const dying = new AbortController();
  const letting = mover.attach(ride, { ...GUARD, letGo: dying.signal });
  dying.abort();
  await within(letting);
  const elsewhere = path.join(folder, 'elsewhere');
  expect(await within(moverIn(elsewhere).attach(ride, GUARD))).toEqual({});
  expect(pair.qemus.truth.runningSides).toEqual(['destination']);
  const journals = new FolderJournals(elsewhere);
  const [id = ''] = await journals.list();
  const [opened] = (await journals.read(id, 0, { samples: false })).entries;
  expect(opened).toMatchObject({
    ...{ type: 'opened', origin: 'attach', correlationId: ride.id, reason: `${ride.source} is drained` },
    limits: { overBudget: 'abort', maxDowntimeMs: 5000 },
  });
});

test.each(['leave', 'ask', 'shutdown'])(
  'one whose word is %s is not moved, unless a person says so',
  async (word) => {
    const { mover, ride, within, did } = bed({ metadata: said(word) });
    const failed = await within(mover.start(ride, GUARD)).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(StartFailed);
    expect((failed as StartFailed).failure).toMatchObject({
      ...{ class: 'permanent', code: word === 'ask' ? 'asks-first' : 'other-word' },
    });
    expect(did('migrate')).toEqual([]);
    await within(mover.start({ ...ride, isDecided: true }, GUARD));
    expect(await within(mover.attach(ride, GUARD))).toEqual({});
  },
);

test('one that says so is asked to shut down, by nothing that ends it by force, and is started again', async () => {
  const { pair, mover, ride, within, did } = bed({ metadata: said('shutdown-and-return') });
  const refused = within(mover.shutDown({ ...ride, way: 'shutdown' }, GUARD));
  await expect(refused).rejects.toThrow('by its own word it is maintenance="shutdown-and-return" now');
  expect(did('shutdown')).toEqual([]);
  const stop: Ride = { ...ride, way: 'shutdown-and-return', destination: '' };
  await within(mover.shutDown(stop, GUARD));
  expect(did('shutdown')).toEqual([`source shutdown --domain=${ride.vm}`]);
  expect(did('destroy')).toEqual([]);
  expect(await within(mover.locate(stop))).toEqual({ kind: 'absent' });
  await within(mover.startUp({ ...stop, way: 'start', destination: ride.source }, GUARD));
  expect(did('start')).toEqual([`source start --domain=${ride.vm}`]);
  expect(pair.hosts.source.domain?.state).toBe('running');
});

test('one that stands still is not asked to shut down: it cannot', async () => {
  const { pair, mover, ride, within, did } = bed({ metadata: said('shutdown') });
  await within(pair.byHand('source', 'suspend'));
  const failed = await within(mover.shutDown({ ...ride, way: 'shutdown' }, GUARD)).catch(
    (error: unknown) => error,
  );
  expect((failed as StartFailed).failure).toMatchObject({ class: 'permanent', code: 'stands-still' });
  expect(did('shutdown')).toEqual([]);
});
