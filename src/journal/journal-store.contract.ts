/**
 * What every store of journals must do, run by a test file beside each. Over 300 lines, since it is one list: who writes
 * another store reads it from top to bottom.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JournalEntry } from './journal-entry.ts';
import { JournalError } from './journal-error.ts';
import type { JournalStore, JournalWriter, NewOpening } from './journal-store.ts';
import { BOUNDARY, newOpening, OUTCOME, TICK } from './testing/happenings.ts';

export interface StoreBed extends AsyncDisposable {
  /** A store of the same journals each time, as another process would have it. */
  makeStore(): JournalStore;
}

const ENDED = { type: 'ended', outcome: OUTCOME } as const;
const DAY_MS = 24 * 3600e3;

export function journalStoreContract(name: string, makeBed: () => Promise<StoreBed>): void {
  describe(`the journal store's contract: ${name}`, () => {
    let bed: StoreBed;
    let store: JournalStore;
    beforeEach(async () => {
      bed = await makeBed();
      store = bed.makeStore();
    });
    afterEach(async () => await bed[Symbol.asyncDispose]());

    /** A journal that is closed, whether or not its migration ended. */
    async function record(changes: Partial<NewOpening> = {}, ended: boolean | 'detached' = true) {
      const journal = await store.open(newOpening(changes));
      journal.append(5, { type: 'effect', did: 'stop' });
      if (ended === 'detached') journal.append(9, { ...ENDED, outcome: { ...OUTCOME, outcome: 'detached' } });
      else if (ended) journal.append(9, ENDED);
      await journal.close();
      return journal.id;
    }

    /** One that ended, and could not put back what it had set. */
    async function recordOwing(side: 'source' | 'destination' = 'source') {
      const journal = await store.open(newOpening());
      const settings = { parameters: { a: 1 }, capabilities: {} };
      journal.append(1, { type: 'before', side, settings });
      journal.append(8, { type: 'restored', side, problem: 'it does not answer' });
      const outcome = { ...OUTCOME, outcome: 'failed', runsOn: 'source' } as const;
      journal.append(9, { type: 'ended', outcome });
      await journal.close();
      return journal.id;
    }

    describe('an open journal', () => {
      test('is there, with its first entry, before anything else is done', async () => {
        const journal = await store.open(newOpening());
        const { entries, problems } = await bed.makeStore().read(journal.id);
        expect(problems).toEqual([]);
        expect(entries).toMatchObject([{ seq: 0, atMs: 0, type: 'opened', id: journal.id, ...newOpening() }]);
        await journal.close();
      });

      test('is shown as it is written, its first entry included', async () => {
        const shown: [string, number][] = [];
        const journal = await store.open(newOpening(), ({ type, seq }) => shown.push([type, seq]));
        const entry = journal.append(1.23456, TICK);
        expect(entry).toMatchObject({ seq: 1, atMs: 1.235, type: 'tick' });
        expect(shown).toEqual([
          ['opened', 0],
          ['tick', 1],
        ]);
        await journal.close();
      });

      test('goes on when what shows it throws, and says so', async () => {
        const journal = await store.open(newOpening(), () => {
          throw new Error('a closed terminal');
        });
        journal.append(1, BOUNDARY);
        await journal.close();
        const { entries } = await store.read(journal.id);
        expect(entries.map(({ type }) => type).sort()).toEqual(['boundary', 'opened', 'warning']);
      });

      test('keeps everything so far once it was flushed, whether or not it is closed', async () => {
        const journal = await store.open(newOpening());
        journal.append(2, { type: 'intent', intent: 'fence', side: 'destination' });
        expect(await journal.flush()).toBe(true);
        expect((await bed.makeStore().read(journal.id)).entries.map(({ type }) => type)).toEqual([
          'opened',
          'intent',
        ]);
        await journal.close();
      });

      test('that is discarded leaves nothing', async () => {
        const journal = await store.open(newOpening());
        journal.append(1, TICK);
        await journal.discard();
        expect(await store.list()).toEqual([]);
        await expect(store.read(journal.id)).rejects.toThrow(JournalError);
      });

      test('may be closed twice, and appended to in vain', async () => {
        const journal = await store.open(newOpening());
        await journal.close();
        await journal.close();
        journal.append(1, BOUNDARY);
        expect((await store.read(journal.id)).entries).toHaveLength(1);
      });
    });

    describe('reading', () => {
      test('gives what was written, from a number on, samples only where they are asked for', async () => {
        const journal = await store.open(newOpening());
        for (const happening of [BOUNDARY, TICK, ENDED]) journal.append(3600, happening);
        await journal.close();
        const typesFrom = async (seq: number, samples: boolean) =>
          (await store.read(journal.id, seq, { samples })).entries.map(({ type }) => type);
        expect(await typesFrom(0, false)).toEqual(['opened', 'boundary', 'ended']);
        expect(await typesFrom(0, true)).toEqual(['opened', 'boundary', 'tick', 'ended']);
        expect(await typesFrom(2, true)).toEqual(['tick', 'ended']);
      });

      test('keeps samples of the first minute, and thins out those that come later', async () => {
        const journal = await store.open(newOpening());
        for (let atMs = 250; atMs <= 120_000; atMs += 250) journal.append(atMs, TICK);
        await journal.close();
        const { entries } = await store.read(journal.id, 1, { samples: true });
        expect(entries.filter(({ atMs }) => atMs < 60_000)).toHaveLength(239);
        expect(entries.filter(({ atMs }) => atMs >= 60_000).length).toBeLessThanOrEqual(61);
      });

      test.each(['nothing', '../nothing', ''])('of a journal that is not there (%j) is refused', async (id) =>
        expect(store.read(id)).rejects.toThrow(JournalError),
      );
    });

    describe('following', () => {
      async function typesOf(entries: AsyncIterable<JournalEntry>): Promise<string[]> {
        const types: string[] = [];
        for await (const { type } of entries) types.push(type);
        return types;
      }

      test('gives what was, then what comes, and ends with the journal', async () => {
        const journal = await store.open(newOpening());
        journal.append(1, TICK);
        const all = typesOf(journal.entries());
        const later = typesOf(journal.entries(2));
        journal.append(2, BOUNDARY);
        await new Promise((resolve) => setImmediate(resolve));
        journal.append(3, ENDED);
        await journal.close();
        expect(await all).toEqual(['opened', 'tick', 'boundary', 'ended']);
        expect(await later).toEqual(['boundary', 'ended']);
        expect(await typesOf(journal.entries(3))).toEqual(['ended']);
      });

      test('comes late, or is slow, and misses nothing that was kept', async () => {
        const journal = await store.open(newOpening());
        const slow = journal.entries()[Symbol.asyncIterator]();
        await slow.next();
        for (let seq = 1; seq < 5000; seq += 1) {
          journal.append(seq, { type: 'effect', did: String(seq) });
          // As in a migration, in which there is time to write between.
          if (seq % 500 === 0) await journal.flush();
        }
        await journal.flush();
        const seqs: number[] = [];
        for (let got = await slow.next(); seqs.length < 4998; got = await slow.next())
          seqs.push((got.value as JournalEntry).seq);
        expect(seqs).toEqual(Array.from({ length: 4998 }, (_, index) => index + 1));
        await journal.close();
      });
    });

    describe('going on with a journal', () => {
      test('adds to it under the next number', async () => {
        const id = await record({}, false);
        const again = await bed.makeStore().reopen(id);
        expect(again.append(1, ENDED).seq).toBe(2);
        await again.close();
        expect((await store.read(id)).entries.map(({ seq, type }) => [seq, type])).toEqual([
          [0, 'opened'],
          [1, 'effect'],
          [2, 'ended'],
        ]);
        expect(await store.unfinishedOf({ uuid: newOpening().vmUuid, vm: 'qmp:/a' })).toBeUndefined();
      });

      test('counts the samples too', async () => {
        const journal = await store.open(newOpening());
        journal.append(1, TICK);
        await journal.close();
        const again = await store.reopen(journal.id);
        expect(again.append(1, ENDED).seq).toBe(2);
        await again.close();
        expect((await store.read(journal.id, 0, { samples: true })).entries).toHaveLength(3);
      });

      test('and taking it back leaves what was in it before', async () => {
        const id = await record({}, false);
        await (await bed.makeStore().reopen(id)).discard();
        expect((await store.read(id)).entries.map(({ type }) => type)).toEqual(['opened', 'effect']);
        expect(await store.unfinishedOf({ uuid: newOpening().vmUuid, vm: 'qmp:/a' })).toMatchObject({ id });
      });

      test('that is not there is refused', () =>
        expect(store.reopen('nothing')).rejects.toThrow(JournalError));
    });

    describe('listing and finding', () => {
      test('no journals yet', async () => {
        expect(await store.list()).toEqual([]);
        await expect(store.find('last')).rejects.toThrow(/no migration "last"/);
      });

      test('lists them in the order in which they were opened', async () => {
        const ids: string[] = [];
        for (let count = 0; count < 5; count += 1) ids.push(await record());
        expect(await bed.makeStore().list()).toEqual(ids);
        expect(await store.find('last')).toBe(ids.at(-1));
      });

      test('finds by the id, and by a part of it that is not ambiguous', async () => {
        const guest = (vmName: string) => ({ ...newOpening().guest, name: vmName });
        const first = await record({ guest: guest('web') });
        const second = await record({ guest: guest('db') });
        expect(await store.find(first)).toBe(first);
        expect(await store.find('-db-')).toBe(second);
        await expect(store.find('-')).rejects.toThrow(/fits 2 migrations/);
        await expect(store.find('-mail-')).rejects.toThrow(/no migration "-mail-"/);
      });
    });

    describe('the unfinished journal of a VM', () => {
      const VM = { uuid: newOpening().vmUuid, vm: 'qmp:/a' };

      test('is the one whose end nobody saw, with what it had done', async () => {
        const id = await record({}, false);
        expect(await bed.makeStore().unfinishedOf(VM)).toMatchObject({
          id,
          vmUuid: VM.uuid,
          effects: [{ did: 'stop' }],
        });
      });

      test('is one that was let go; one that ended is none', async () => {
        const id = await record({}, 'detached');
        expect((await store.unfinishedOf(VM))?.id).toBe(id);
        await record();
        expect(await store.unfinishedOf(VM)).toBeUndefined();
      });

      test('is the newest only: a later migration makes an older one history', async () => {
        await record({}, false);
        const newest = await record({}, false);
        expect((await store.unfinishedOf(VM))?.id).toBe(newest);
      });

      test('is found by the UUID wherever the VM is, and of an address alone where no UUID is known', async () => {
        const id = await record({ vm: 'qemu:///system#vm1' }, false);
        expect((await store.unfinishedOf({ ...VM, vm: 'qmp:/elsewhere' }))?.id).toBe(id);
        expect((await store.unfinishedOf({ uuid: null, vm: 'qemu:///system#vm1' }))?.id).toBe(id);
        expect(await store.unfinishedOf({ uuid: null, vm: 'qmp:/elsewhere' })).toBeUndefined();
        // Another VM took its name.
        const other = { uuid: '7c5d4a3e-0000-4000-8000-000000000002', vm: 'qemu:///system#vm1' };
        expect(await store.unfinishedOf(other)).toBeUndefined();
      });

      // Finding 5: such a journal was history at once, and what it owed forgotten.
      test('is not one that ended and owes settings, which is told apart', async () => {
        const id = await recordOwing();
        expect(await store.unfinishedOf(VM)).toBeUndefined();
        expect((await bed.makeStore().owingOf(VM))?.id).toBe(id);
        await record();
        expect(await store.owingOf(VM)).toBeUndefined();
        const unfinished = await record({}, false);
        expect((await store.owingOf(VM))?.id).toBe(unfinished);
      });

      test('may have left settings where the guest is not: it may go there yet', async () => {
        const id = await recordOwing('destination');
        expect((await store.owingOf(VM))?.id).toBe(id);
      });

      test('is of this VM, not of one whose address begins alike', async () => {
        const id = await record({ vmUuid: null }, false);
        await record({ vmUuid: null, vm: 'qmp:/ab' });
        expect((await store.unfinishedOf({ uuid: null, vm: 'qmp:/a' }))?.id).toBe(id);
      });

      test('is none where there are no journals', async () =>
        expect(await store.unfinishedOf(VM)).toBeUndefined());
    });

    describe('pruning', () => {
      const inDays = (days: number) => ({ nowMs: Date.now() + days * DAY_MS });

      test('removes what is older than 90 days, and nothing younger', async () => {
        const ids = [await record(), await record()];
        expect((await store.prune(inDays(89))).removed).toEqual([]);
        const report = await store.prune(inDays(91));
        expect(report.removed.map(({ id, because }) => [id, because])).toEqual(ids.map((id) => [id, 'age']));
        expect(report).toMatchObject({ kept: { count: 0, bytes: 0 }, problems: [] });
        expect(await bed.makeStore().list()).toEqual([]);
      });

      test('removes the oldest finished ones until all take no more than they may', async () => {
        const ids: string[] = [];
        for (let count = 0; count < 4; count += 1) ids.push(await record());
        const all = (await store.prune({ dryRun: true })).kept;
        expect(all.count).toBe(4);
        const report = await store.prune({ maxBytes: all.bytes / 2 + 100 });
        expect(report.removed.map(({ because }) => because)).toEqual(['size', 'size']);
        expect(report.removed.every(({ bytes }) => bytes > 0)).toBe(true);
        expect(await store.list()).toEqual(ids.slice(2));
      });

      test('for their size, leaves unfinished ones', async () => {
        const unfinished = await record({}, false);
        await record();
        expect((await store.prune({ maxBytes: 0 })).kept.count).toBe(1);
        expect(await store.list()).toEqual([unfinished]);
      });

      test('never removes the newest of a VM while it is unfinished, whatever its age', async () => {
        await record({}, false);
        const newest = await record({}, 'detached');
        const other = await record({ vmUuid: null, vm: 'qmp:/other' }, false);
        await store.prune({ ...inDays(1000), maxBytes: 0 });
        expect(await store.list()).toEqual([newest, other]);
        expect((await store.unfinishedOf({ uuid: newOpening().vmUuid, vm: 'qmp:/a' }))?.id).toBe(newest);
      });

      test('nor while it owes settings; an older one that does may go', async () => {
        await recordOwing();
        const newest = await recordOwing();
        await store.prune({ ...inDays(1000), maxBytes: 0 });
        expect(await store.list()).toEqual([newest]);
      });

      test('removes nothing when it is only asked what it would', async () => {
        const id = await record();
        const report = await store.prune({ ...inDays(91), dryRun: true });
        expect(report).toMatchObject({ removed: [{ id, because: 'age' }], kept: { count: 0 } });
        expect(await store.list()).toEqual([id]);
      });

      test('leaves a journal that is being written', async () => {
        const journal: JournalWriter = await store.open(newOpening());
        await store.prune({ maxBytes: 0 });
        journal.append(1, ENDED);
        await journal.close();
        expect((await store.read(journal.id)).entries).toHaveLength(2);
      });

      test('has nothing to do where there are no journals', async () =>
        expect(await store.prune()).toEqual({ removed: [], kept: { count: 0, bytes: 0 }, problems: [] }));
    });
  });
}
