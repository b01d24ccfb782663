/** A migration that ended while nobody watched. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GuestFacts } from '../hypervisor/hypervisor.ts';
import { takeOverRun } from './take-over.ts';
import { DESTINATION, RunBed, SOURCE } from './testing/run-bed.ts';

let bed: RunBed;
beforeEach(() => {
  bed = new RunBed();
});
afterEach(() => bed[Symbol.dispose]());

function find(source: GuestFacts['state'], destination: GuestFacts['state'] | undefined): void {
  bed.find(SOURCE, { state: source });
  if (destination) bed.find(DESTINATION, { state: destination });
  else bed.hypervisor.guests.delete(DESTINATION);
}

test('is let run where it waits for our word, and its journal is closed', async () => {
  const id = await bed.leaveMigrating('mark');
  find('handed-over', 'paused');
  const released: string[] = [];
  bed.hypervisor.inheritClaim = async () => ({
    rest: async () => {},
    release: async (side) => void released.push(side),
  });
  const run = await takeOverRun(bed.takeOver(), bed.parts);
  expect(await run.outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
  expect(bed.hypervisor.calls).toEqual([`settle ${DESTINATION}, run`, `settle ${SOURCE}, put back`]);
  expect((await bed.entriesOf(id)).at(-1)).toMatchObject({ type: 'ended' });
  // The mark of the killed one went there with the guest.
  expect(released).toEqual(['destination']);
  find('handed-over', 'running');
  await expect(takeOverRun(bed.takeOver(), bed.parts)).rejects.toMatchObject({ code: 'not-migrating' });
});

test('is left as it is where it ran there already, and was stopped since (S9)', async () => {
  const id = await bed.leaveMigrating('mark');
  const journal = await bed.parts.store.reopen(id);
  journal.append(1, { type: 'guest', event: 'resumed', side: 'destination' });
  await journal.close();
  find('handed-over', 'paused');
  const run = await takeOverRun(bed.takeOver(), bed.parts);
  expect(await run.outcome).toMatchObject({
    runsOn: 'destination',
    reason: expect.stringContaining('stopped there by somebody else, after its arrival'),
  });
  expect(bed.hypervisor.calls).toEqual([`settle ${SOURCE}, put back`]);
});

test('but not where a cancel of ours was cut short: its stop may be what keeps the guest from running', async () => {
  const id = await bed.leaveMigrating('mark');
  const journal = await bed.parts.store.reopen(id);
  journal.append(1, { type: 'guest', event: 'resumed', side: 'destination' });
  journal.append(1, { type: 'intent', intent: 'cancel', side: null });
  await journal.close();
  find('handed-over', 'paused');
  const run = await takeOverRun(bed.takeOver(), bed.parts);
  expect(await run.outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
  expect(bed.hypervisor.calls).toEqual([`settle ${DESTINATION}, run`, `settle ${SOURCE}, put back`]);
});

test('what could not be put back at an end out of reach is told, with what it was', async () => {
  const id = await bed.leave([
    { type: 'before', side: 'destination', settings: { parameters: { a: 2 }, capabilities: {} } },
    { type: 'effect', did: 'migrates', set: { mark: 'mark' } },
  ]);
  find('running', undefined);
  await (await takeOverRun(bed.takeOver(), bed.parts)).outcome;
  expect(await bed.entriesOf(id)).toContainEqual(
    expect.objectContaining({ type: 'restored', problem: expect.stringContaining('{"a":2}') }),
  );
});

// Found by the explorer, seed 5042042: a killed controller, and a link reset at the last byte.
test.each(['running', 'paused'] as const)(
  'a destination that loads what it got is kept from starting it, where the source is %s',
  async (source) => {
    const id = await bed.leaveMigrating('mark', { destinationWaits: false });
    find(source, 'incoming');
    const run = await takeOverRun(bed.takeOver(), bed.parts);
    expect(await run.outcome).toMatchObject({ outcome: 'failed', runsOn: 'source' });
    const resumed = source === 'paused' ? [`settle ${SOURCE}, run`] : [];
    expect(bed.hypervisor.calls).toEqual([`keep ${DESTINATION}`, ...resumed, `settle ${SOURCE}, put back`]);
    expect(await bed.entriesOf(id)).toContainEqual(
      expect.objectContaining({ type: 'effect', did: `stop on ${DESTINATION}` }),
    );
  },
);

test('one that could not be kept may start it at any time, so nobody says where the guest runs', async () => {
  await bed.leaveMigrating('mark', { destinationWaits: false });
  find('running', 'incoming');
  bed.hypervisor.onKeep = async () => await Promise.reject(new Error('it does not answer'));
  const run = await takeOverRun(bed.takeOver(), bed.parts);
  expect(await run.outcome).toMatchObject({ runsOn: 'unknown' });
  expect(bed.hypervisor.calls).not.toContain(`settle ${SOURCE}, run`);
});

test.each([
  ['waits for our word anyway', 'running', { destinationWaits: true }],
  ['takes over what the source has handed over', 'handed-over', { destinationWaits: false }],
  ['is somebody else’s', 'running', { destinationWaits: false, origin: 'attach' }],
] as const)('a destination that %s is left as it is', async (_, source, opening) => {
  await bed.leaveMigrating('mark', opening);
  find(source, 'incoming');
  await (await takeOverRun(bed.takeOver(), bed.parts)).outcome;
  expect(bed.hypervisor.calls).not.toContain(`keep ${DESTINATION}`);
});

// Found by the explorer, seed 1796038154477: two sides ran, and it was told to run on the source.
test.each([
  ['starts it with what it has got', 'running', 'unknown', /both sides say that they run the guest/],
  ['is out of reach', undefined, 'unknown', /make sure that the guest does not run there too/],
  ['waits on', 'incoming', 'source', /the guest runs on the source/],
] as const)("one of somebody else's that loads and then %s is waited for", async (_, then, runsOn, words) => {
  await bed.leaveMigrating('mark', { destinationWaits: false, origin: 'attach' });
  find('running', 'incoming');
  bed.hypervisor.onArrival = () => find('running', then);
  const run = await takeOverRun(bed.takeOver(), bed.parts);
  expect(await run.outcome).toMatchObject({ runsOn, reason: expect.stringMatching(words) });
});

// libvirt lets the destination run, whoever began the migration.
test('one of ours that nobody can keep from starting is waited for as well', async () => {
  await bed.leaveMigrating('mark', { destinationWaits: false });
  Reflect.set(bed.hypervisor, 'keepFromStarting', undefined);
  find('running', 'incoming');
  bed.hypervisor.onArrival = () => find('running', 'running');
  const run = await takeOverRun(bed.takeOver(), bed.parts);
  expect(await run.outcome).toMatchObject({
    runsOn: 'unknown',
    reason: expect.stringMatching(/both sides say that they run the guest/),
  });
});

// Found by the explorer, seed 1796052739367: "runs on the destination", where it stood still.
test.each([
  ['switching-over', 'unknown', /let it run there/],
  ['paused', 'destination', /migrated/],
] as const)(
  'of somebody else’s guest that was found %s, which stands still on its destination',
  async (state, runsOn, words) => {
    await bed.leaveMigrating('mark', {
      origin: 'attach',
      destinationWaits: false,
      guest: { ...bed.guest, state },
    });
    find('handed-over', 'paused');
    const run = await takeOverRun(bed.takeOver(), bed.parts);
    expect(await run.outcome).toMatchObject({ runsOn, reason: expect.stringMatching(words) });
    expect(bed.hypervisor.calls.filter((call) => call.includes(', run'))).toEqual([]);
  },
);

test('is only told where it runs already', async () => {
  await bed.leaveMigrating('mark');
  find('running', undefined);
  const run = await takeOverRun(bed.takeOver(), bed.parts);
  expect(await run.outcome).toMatchObject({ outcome: 'failed', runsOn: 'source' });
  expect(bed.hypervisor.calls).toEqual([`settle ${SOURCE}, put back`]);
});

test('needs a hand where the destination cannot be asked, and may be settled again', async () => {
  await bed.leaveMigrating('mark');
  find('handed-over', undefined);
  const first = await takeOverRun(bed.takeOver(), bed.parts);
  expect(await first.outcome).toMatchObject({ runsOn: 'unknown', reason: expect.stringMatching(/attach/) });
  find('handed-over', 'paused');
  const second = await takeOverRun(bed.takeOver(), bed.parts);
  expect(await second.outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
});

test('is not let run on another VM that answers at the address', async () => {
  await bed.leaveMigrating('mark');
  find('handed-over', undefined);
  bed.find(DESTINATION, { uuid: randomUUID(), state: 'paused' });
  const run = await takeOverRun(bed.takeOver(), bed.parts);
  expect(await run.outcome).toMatchObject({ runsOn: 'unknown' });
  expect(bed.hypervisor.calls.filter((call) => call.includes(', run'))).toEqual([]);
});

test('is not told to run on a side that died while settings were put back there', async () => {
  await bed.leaveMigrating('mark');
  find('running', undefined);
  bed.hypervisor.onSettle = async () => bed.find(SOURCE, { state: 'gone' });
  const run = await takeOverRun(bed.takeOver(), bed.parts);
  expect(await run.outcome).toMatchObject({
    runsOn: 'unknown',
    reason: expect.stringContaining('its process there has ended since'),
  });
});

test('whether it was encrypted is known from its journal', async () => {
  await bed.leaveMigrating('mark', { encrypted: true });
  find('handed-over', 'paused');
  const run = await takeOverRun(bed.takeOver(), bed.parts);
  expect(await run.outcome).toMatchObject({ outcome: 'completed', encrypted: true });
});
