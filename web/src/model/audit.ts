/** The audit as a person reads it: one row for each act, from what was asked to what it came to. */
import type { AuditEntry } from '../api-types.ts';
import { formatDuration, formatRate } from './format.ts';
import type { Told } from './words.ts';

export interface AuditRow {
  readonly key: string;
  readonly time: string;
  readonly who: string;
  readonly role: string;
  readonly from: string;
  readonly did: string;
  readonly migration: string | undefined;
  readonly drain: string | undefined;
  readonly reason: string | undefined;
  /** What was asked for, a word and its value each; where something was changed from what to what. */
  readonly asked: readonly (readonly [what: string, value: string])[];
  readonly cameTo: Told;
}

/**
 * The service writes what is asked before it is done, and what it came to afterwards: two entries of one act.
 * @param entries the newest first @returns the newest first
 */
export function rowsOf(entries: readonly AuditEntry[]): AuditRow[] {
  const rows: AuditRow[] = [];
  /** Acts whose end was seen, and whose begin is still to come, further down. */
  const ended = new Map<string, { readonly entry: AuditEntry; readonly at: number }[]>();
  for (const entry of entries) {
    const act = actOf(entry);
    if (entry.cameTo !== 'asked') {
      ended.set(act, [...(ended.get(act) ?? []), { entry, at: rows.length }]);
      rows.push(rowOf(entry, entry.cameTo, rows.length));
      continue;
    }
    // The one that ended first, of those that are alike.
    const end = ended.get(act)?.pop();
    // Its end was not written: the service was killed meanwhile, or it goes on.
    if (!end) rows.push(rowOf(entry, 'asked', rows.length));
    else rows[end.at] = { ...rowOf(end.entry, end.entry.cameTo, end.at), time: entry.time };
  }
  return rows;
}

/** Of a start only the end has an id. */
function actOf({ who, from, did, migration, drain, asked }: AuditEntry): string {
  const of = did === 'start' || did === 'drain' ? null : (drain ?? migration);
  return JSON.stringify([who, from, did, of, asked]);
}

function rowOf(entry: AuditEntry, cameTo: string, at: number): AuditRow {
  const { time, who, role, from, did, migration, drain, reason, asked } = entry;
  return {
    ...{ key: `${time} ${at}`, time, who, role, from: from ?? 'this machine, by the socket' },
    ...{ did: DID[did] ?? did, migration: migration ?? undefined, reason: reason ?? undefined },
    drain: drain ?? undefined,
    asked: askedWords(asked),
    cameTo: CAME_TO[cameTo] ?? { words: cameTo.replaceAll('-', ' '), tone: 'bad' },
  };
}

const DID: Readonly<Record<string, string>> = {
  start: 'started',
  cancel: 'cancelled',
  limits: 'changed limits',
  switchover: 'switched over',
  drain: 'began a drain',
  'drain-pause': 'paused a drain',
  'drain-resume': 'resumed a drain',
  'drain-cancel': 'cancelled a drain',
  'drain-release': 'released a drain',
  'drain-retry': 'tried a VM again',
  'drain-allow-pause': 'allowed a pause',
  'drain-decide': 'decided of a VM',
  'drain-return': 'had a drain return',
  cordon: 'cordoned',
  uncordon: 'uncordoned',
};

const CAME_TO: Readonly<Record<string, Told>> = {
  done: { words: 'done', tone: 'good' },
  asked: { words: 'asked', tone: 'moving' },
};

function askedWords(asked: AuditEntry['asked']): [string, string][] {
  const { before, after } = asked;
  if (isRecord(before) && isRecord(after))
    return Object.entries(after).map(([name, value]) => [
      wordsOf(name),
      `${valueWords(name, before[name])} → ${valueWords(name, value)}`,
    ]);
  return Object.entries(asked)
    .filter(([name]) => name !== 'reason')
    .map(([name, value]) => [wordsOf(name), valueWords(name, value)]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const WORDS: Readonly<Record<string, string>> = {
  vm: 'VM',
  downtimeMs: 'always fine',
  maxDowntimeMs: 'longest pause',
  timeoutMs: 'give up after',
  bandwidthBytesPerSecond: 'bandwidth',
  lineRateBytesPerSecond: 'line',
  correlationId: 'number',
};

/** `migrateUri` is `migrate uri` where there is no better word. */
function wordsOf(name: string): string {
  return WORDS[name] ?? name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}

function valueWords(name: string, value: unknown): string {
  if (value === undefined || value === null) return 'not set';
  if (typeof value === 'number' && name.endsWith('Ms')) return formatDuration(value);
  if (typeof value === 'number' && name.endsWith('BytesPerSecond')) return formatRate(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Those in which every word of a search is found. */
export function foundIn(rows: readonly AuditRow[], q: string): AuditRow[] {
  const words = q
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return rows.filter((row) => {
    const { who, from, did, migration, reason, asked, cameTo } = row;
    const text = [who, from, did, migration, reason, ...asked.flat(), cameTo.words].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
