import { expect, test } from 'vitest';
import type { JournalEntry } from '../journal/journal-entry.ts';
import { EVERY_HAPPENING, newOpening, TICK } from '../journal/testing/happenings.ts';
import { viewOf } from '../journal/view.ts';
import { Elsewhere } from './elsewhere.ts';

const entry = (seq: number, happening: object) =>
  ({
    schema: 2,
    seq,
    time: new Date(seq * 1000).toISOString(),
    atMs: seq * 1000,
    ...happening,
  }) as JournalEntry;
const OPENED = entry(0, { type: 'opened', id: 'm', ...newOpening() });

/** A journal that grows. */
function bed() {
  const all: JournalEntry[] = [OPENED];
  const asked: number[] = [];
  const elsewhere = new Elsewhere({
    read: async (id, fromSeq) => {
      asked.push(fromSeq);
      const entries = all.filter(({ seq }) => seq >= fromSeq).toSorted((a, b) => a.seq - b.seq);
      return { id, entries, problems: [] };
    },
  });
  return { all, asked, elsewhere };
}

test('what is new is folded into what is known, and long samples are not read again', async () => {
  const { all, asked, elsewhere } = bed();
  expect((await elsewhere.read('m'))?.view).toEqual(viewOf(all));
  all.push(...Array.from({ length: 300 }, (_, at) => entry(at + 1, TICK)));
  expect((await elsewhere.read('m'))?.ticks).toHaveLength(300);
  // An entry that is written a little later than the sample after it.
  const late = entry(301, { type: 'warning', message: 'late' });
  all.push(entry(302, TICK));
  await elsewhere.read('m');
  all.push(late);
  const last = await elsewhere.read('m');
  expect(last?.ticks).toHaveLength(301);
  expect(last?.view.warnings).toEqual(viewOf([OPENED, late]).warnings);
  expect(asked).toEqual([0, 1, 260, 262]);
});

test('it comes to what the whole journal comes to, whatever happens in it', async () => {
  const { all, elsewhere } = bed();
  for (const [at, happening] of EVERY_HAPPENING.slice(1).entries()) {
    all.push(entry(at + 1, happening));
    await elsewhere.read('m');
  }
  expect((await elsewhere.read('m'))?.view).toEqual(viewOf(all));
});
