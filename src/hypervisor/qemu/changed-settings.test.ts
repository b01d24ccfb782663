import { describe, expect, test } from 'vitest';
import { type FormerSettings, RefusedError } from '../hypervisor.ts';
import type { Fault } from '../simulated/protocol/faults.ts';
import { type PairInput, SimulatedPair } from '../simulated/protocol/simulated-pair.ts';
import { CALM_GUEST } from '../simulated/testing/small-guest.ts';
import { monitorOfPair } from '../testing/monitor-of-pair.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { ChangedSettings } from './changed-settings.ts';
import type { NewObject } from './qmp/commands.ts';

async function bed(faults: readonly Fault[] = [], input: Partial<PairInput> = {}) {
  const clock = new VirtualClock();
  const pair = new SimulatedPair({ clock, scenario: CALM_GUEST, faults, ...input });
  const changed = new ChangedSettings(await monitorOfPair(pair, 'source', clock), 'source');
  const told: FormerSettings[] = [];
  const remember = async (former: FormerSettings): Promise<void> => {
    // What is told is not changed yet.
    const { settings } = pair.source;
    for (const [name, value] of Object.entries(former.parameters)) expect(settings.number(name)).toBe(value);
    told.push(former);
  };
  const set = (parameters: Record<string, unknown>, capabilities: Record<string, boolean> = {}) =>
    clock.until(changed.set({ parameters, capabilities }, remember));
  const putBack = () => clock.until(changed.putBack());
  return { clock, pair, changed, told, remember, set, putBack, settings: pair.source.settings };
}

test('what settings were is told before they are changed, once, and they are put back', async () => {
  const { set, putBack, told, settings } = await bed();
  const before = [settings.shownParameters, settings.shownCapabilities];
  await set({ 'downtime-limit': 5 }, { events: true });
  await set({ 'downtime-limit': 7 }, { events: true });
  expect(told).toEqual([
    { side: 'source', parameters: { 'downtime-limit': 300 }, capabilities: { events: false } },
  ]);
  expect([settings.number('downtime-limit'), settings.isOn('events')]).toEqual([7, true]);
  expect(await putBack()).toEqual({ side: 'source', problem: undefined });
  expect([settings.shownParameters, settings.shownCapabilities]).toEqual(before);
});

test('only what differs is touched', async () => {
  const { set, pair, told } = await bed();
  await set({}, { events: false, 'no-such-capability': false });
  expect(told).toEqual([]);
  expect(pair.heard.map(({ command }) => command)).toEqual(['query-migrate-capabilities']);
});

test.each([
  [{}, { events: true, 'no-such-capability': true }, 'no-such-capability'],
  [{ 'downtime-limit': 5, 'no-such-parameter': 1 }, {}, 'no-such-parameter'],
])(
  'what it does not tell is not changed, nor is anything beside it',
  async (parameters, capabilities, name) => {
    const { set, putBack, told, pair } = await bed();
    const failure = await set(parameters, capabilities).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RefusedError);
    expect(String(failure)).toContain(`does not say what its setting ${name} is`);
    expect(told).toEqual([]);
    expect(await putBack()).toEqual({ side: 'source', problem: undefined });
    expect(pair.heard.filter(({ command }) => !command.startsWith('query-'))).toEqual([]);
  },
);

test.each([
  ['query-migrate-capabilities', []],
  ['query-migrate-parameters', {}],
])('an answer to %s that leaves everything out changes nothing', async (command, value) => {
  const { set, pair } = await bed([
    { on: { command, side: 'source' }, nth: 1, do: 'garbled', value },
    { on: { command, side: 'source' }, nth: 2, do: 'garbled', value },
  ]);
  await expect(set({ 'downtime-limit': 5 }, { events: true })).rejects.toThrow(RefusedError);
  expect(pair.heard.filter(({ command: heard }) => !heard.startsWith('query-'))).toEqual([]);
});

test('what a controller before us had found is what is put back, in place of what is there now', async () => {
  const { changed, set, putBack, told, settings } = await bed();
  settings.setParameters({ 'downtime-limit': 4850 });
  changed.inherit([
    { side: 'source', parameters: { 'downtime-limit': 300 }, capabilities: {} },
    { side: 'destination', parameters: { 'downtime-limit': 1 }, capabilities: {} },
  ]);
  await set({ 'downtime-limit': 9, 'max-bandwidth': 1000 });
  // What the journal has already is not told again.
  expect(told.map(({ parameters }) => Object.keys(parameters))).toEqual([['max-bandwidth']]);
  await putBack();
  expect(settings.number('downtime-limit')).toBe(300);
});

test('a former value that could not be written down keeps the setting from being changed', async () => {
  const { clock, changed, settings } = await bed();
  const full = async (): Promise<void> => {
    throw new Error('the disk is full');
  };
  const setting = changed.set({ parameters: { 'downtime-limit': 5 }, capabilities: {} }, full);
  await expect(clock.until(setting)).rejects.toThrow('the disk is full');
  expect(settings.number('downtime-limit')).toBe(300);
});

test('what could not be put back is told with the commands to type, and the rest is put back all the same', async () => {
  const { set, putBack, settings, clock, remember, changed } = await bed([
    { on: { command: 'migrate-set-parameters', side: 'source' }, nth: 2, do: 'error' },
  ]);
  await clock.until(changed.remember([], [], remember));
  await set({ 'downtime-limit': 5 }, { events: true });
  const { problem } = await putBack();
  expect(problem).toContain('{"execute":"migrate-set-parameters","arguments":{"downtime-limit":300}}');
  expect(problem).toContain('the monitor qmp:/sim/source.sock');
  expect(settings.isOn('events')).toBe(false);
});

describe('what is made', () => {
  const certificates = { source: { '/pki': { authority: 'the CA', name: 'host1' } } };
  const object = (id: string) =>
    ({
      ...{ 'qom-type': 'tls-creds-x509', id, dir: '/pki', endpoint: 'client', 'verify-peer': true },
    }) as NewObject;

  test('is told before, and removed with the rest; one that somebody has removed already is no problem', async () => {
    const { clock, changed, putBack, told, pair, remember } = await bed([], { certificates });
    await clock.until(changed.make([object('switchover-tls-1'), object('switchover-tls-2')], remember));
    expect(told).toEqual([
      {
        ...{ side: 'source', parameters: {}, capabilities: {} },
        made: ['switchover-tls-1', 'switchover-tls-2'],
      },
    ]);
    expect(pair.source.objects.ids).toHaveLength(2);
    pair.source.objects.delete('switchover-tls-1');
    expect(await putBack()).toEqual({ side: 'source', problem: undefined });
    expect(pair.source.objects.ids).toEqual([]);
  });

  test('and cannot be removed is told with the command to type', async () => {
    const { clock, changed, putBack, remember } = await bed(
      [{ on: { command: 'object-del', side: 'source' }, do: 'error' }],
      { certificates },
    );
    await clock.until(changed.make([object('switchover-tls-1')], remember));
    expect((await putBack()).problem).toContain(
      '{"execute":"object-del","arguments":{"id":"switchover-tls-1"}}',
    );
  });

  test('of others is left, whatever a journal says', async () => {
    const { changed, putBack, pair } = await bed([], { certificates });
    for (const id of ['tls0', 'switchover-tls-1']) pair.source.objects.add(object(id));
    changed.inherit([
      {
        ...{ side: 'source', parameters: {}, capabilities: {} },
        made: ['tls0', 'switchover-tls-1'],
      },
    ]);
    await putBack();
    expect(pair.source.objects.ids).toEqual(['tls0']);
  });
});

test('what somebody still waits to set when settings are put back is not set any more', async () => {
  const { clock, changed, set, putBack, settings } = await bed();
  const before = settings.shownParameters;
  await set({ 'downtime-limit': 5 });
  const journal = Promise.withResolvers<void>();
  const late = changed.set(
    { parameters: { 'max-bandwidth': 20e6 }, capabilities: {} },
    () => journal.promise,
  );
  const failure = late.catch((error: unknown) => error);
  await clock.pass(100);
  await putBack();
  journal.resolve();
  const words = "the source's settings are put back already, so nothing more is set there";
  expect(await clock.until(failure)).toEqual(new Error(words));
  await expect(changed.change({ 'downtime-limit': 7 }, 1000)).rejects.toThrow(words);
  expect(settings.shownParameters).toEqual(before);
});
