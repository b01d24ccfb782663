/**
 * The newest journals as they were last read, for what a migration that begins learns from those before it: of hundreds that
 * begin together each would read the same two dozen anew. One that has ended teaches nothing more, also where a person has it
 * settled later; one that goes on is read again after a while.
 */
import type { JournalReading } from '../journal/journal-store.ts';
import type { RunStore } from '../migration/run.ts';

/** More than a migration that begins looks at. */
const KEPT = 40;
/** How long a list of all holds: the newest of this moment teach no more than those of a second ago. */
const LISTED_FOR_MS = 1000;
/** How long what goes on holds as it was read: a pass or two more teach little. */
const UNFINISHED_FOR_MS = 5000;
/** A longer one would take too much memory for what is read so seldom. */
const LONGEST_ENTRIES = 3000;

/** @param store what it reads and writes by */
export function rememberingJournals(store: RunStore): RunStore {
  const readings = new Map<string, Promise<JournalReading>>();
  let listed: { readonly untilMs: number; readonly ids: Promise<readonly string[]> } | undefined;
  const list = (): Promise<readonly string[]> => {
    if (listed === undefined || performance.now() > listed.untilMs) {
      const ids = store.list();
      listed = { untilMs: performance.now() + LISTED_FOR_MS, ids };
      ids.catch(() => {
        listed = undefined;
      });
    }
    return listed.ids;
  };
  const readWhole = (id: string): Promise<JournalReading> => {
    const before = readings.get(id);
    if (before !== undefined) return before;
    const reading = store.read(id, 0, { samples: true });
    readings.set(id, reading);
    const forget = () => void readings.delete(id);
    reading.then(({ entries }) => {
      if (entries.length > LONGEST_ENTRIES) forget();
      else if (!entries.some(({ type }) => type === 'ended'))
        setTimeout(() => {
          if (readings.get(id) === reading) forget();
        }, UNFINISHED_FOR_MS).unref();
    }, forget);
    const [oldest] = readings.keys();
    if (readings.size > KEPT && oldest !== undefined) readings.delete(oldest);
    return reading;
  };
  return {
    place: store.place,
    open: async (opening, show) => await store.open(opening, show),
    reopen: async (id, show) => {
      readings.delete(id);
      return await store.reopen(id, show);
    },
    read: async (id, fromSeq = 0, options = {}) =>
      fromSeq === 0 && options.samples === true
        ? await readWhole(id)
        : await store.read(id, fromSeq, options),
    list,
    unfinishedOf: async (vm) => await store.unfinishedOf(vm),
    owingOf: async (vm) => await store.owingOf(vm),
  };
}
