import type { JournalEntry } from './journal-entry.ts';

/**
 * An entry as one line of JSON. Never throws: settings come from a hypervisor as they are, and one that JSON cannot
 * hold must not keep the rest of the journal from being written.
 */
export function lineOf(entry: JournalEntry): string {
  try {
    // Without a function that is asked for each value it is more than twice as quick, and hardly any entry needs that one.
    return JSON.stringify(entry);
  } catch {
    return withTextForBigints(entry);
  }
}

function withTextForBigints(entry: JournalEntry): string {
  try {
    return JSON.stringify(entry, (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  } catch (error) {
    const { schema, seq, time, atMs, type } = entry;
    const message = `an entry of the kind "${type}" could not be written: ${String(error)}`;
    return JSON.stringify({ schema, seq, time, atMs, type: 'warning', message });
  }
}
