/** A journal that is kept nowhere: a thousand simulated migrations a second leave nothing behind. */
import {
  type Happening,
  JOURNAL_SCHEMA,
  type JournalEntry,
  type JournalSink,
} from '../journal/journal-entry.ts';
import type { JournalWriter } from '../journal/journal-store.ts';

/** @param sink hears what happens */
export function unkeptJournal(sink: JournalSink): JournalWriter {
  let seq = 0;
  const append = (atMs: number, happening: Happening): JournalEntry => {
    sink.write(atMs, happening);
    seq += 1;
    return { schema: JOURNAL_SCHEMA, seq, time: '', atMs, ...happening };
  };
  return {
    id: 'simulated',
    append,
    flush: async () => true,
    entries: async function* () {},
    close: async () => {},
    discard: async () => {},
  };
}
