/** What the daemon says: a line for each thing of note, for a person and the system's log, or for a program. */
import { groundWords } from '../journal/entry-words.ts';
import type { JournalEntry } from '../journal/journal-entry.ts';
import { shown } from '../model/shown.ts';
import { formatBytes, formatDuration } from '../model/units.ts';

export interface WatchLog {
  /** Of the daemon itself, or of a host. */
  say(sentence: string, about?: Readonly<Record<string, unknown>>): void;
  /** Of one migration. */
  entry(host: string, name: string, id: string, entry: JournalEntry): void;
}

export class TextLog implements WatchLog {
  private readonly write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.write = write;
  }

  say(sentence: string): void {
    this.write(`${shown(sentence)}\n`);
  }

  entry(_host: string, name: string, _id: string, entry: JournalEntry): void {
    const words = wordsOf(entry);
    if (words !== undefined) this.write(`${shown(`${name}: ${words}`)}\n`);
  }
}

/** Each line one JSON object: `{"time", "host", "domain", "migration", "event": …}`. */
export class JsonLog implements WatchLog {
  private readonly write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.write = write;
  }

  say(message: string, about: Readonly<Record<string, unknown>> = {}): void {
    this.put({ time: new Date().toISOString(), event: 'watch', message, ...about });
  }

  entry(host: string, domain: string, migration: string, entry: JournalEntry): void {
    if (wordsOf(entry) === undefined) return;
    const { type, schema, seq, time, ...rest } = entry;
    const about = entry.type === 'guest' ? { ...rest, change: entry.event } : rest;
    this.put({ ...about, time, event: type, host, domain, migration });
  }

  private put(line: object): void {
    this.write(`${JSON.stringify(line)}\n`);
  }
}

/** Undefined for what is of no note to somebody who reads the log of a host. */
function wordsOf(entry: JournalEntry): string | undefined {
  switch (entry.type) {
    case 'decision':
      return `pass ${entry.pass}: ${entry.decision.action}: ${entry.decision.reason}`;
    case 'effect':
      return `did: ${entry.did}`;
    case 'guest':
      return `the guest ${entry.event} on the ${entry.side} at ${formatDuration(entry.atMs)}`;
    case 'warning':
      return `warning: ${entry.message}`;
    case 'ended': {
      const { outcome, reason, totalMs, sentBytes, pauseMs, reportedDowntimeMs } = entry.outcome;
      const pause = pauseMs ?? reportedDowntimeMs;
      const paused = pause === null ? '' : `, pause ${formatDuration(pause)}`;
      return `${outcome}: ${reason} (total ${formatDuration(totalMs)}, sent ${formatBytes(sentBytes)}${paused})`;
    }
    default:
      return groundWords(entry);
  }
}
