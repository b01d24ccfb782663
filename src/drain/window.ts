/**
 * Times in which a drain may begin moves: `22:00-04:00`, `sat,sun 08:00-18:00`, or a rule of iCalendar with a length,
 * `FREQ=MONTHLY;BYDAY=1SU;BYHOUR=2 for 4h` (RFC 5545, 3.3.10). They are local times of the machine that asks.
 */
import { formatDuration, parseDurationMs, UnitError } from '../model/units.ts';

export interface Window {
  /** As it was written. */
  readonly text: string;
  /** As iCalendar has it, without its beginning. */
  readonly rule: string;
  readonly lastsMs: number;
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const SHORTEST_MS = 60e3;
const LONGEST_MS = 7 * 24 * 3600e3;
const SPAN = /^(?:(\S+) )?(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$/;
const RULE = /^(?:RRULE:)?(FREQ=\S+) for (\S+)$/i;
const HOW = 'write it like 22:00-04:00, sat,sun 08:00-18:00 or FREQ=MONTHLY;BYDAY=1SU;BYHOUR=2 for 4h';

/** @throws {UnitError} */
export function parseWindow(text: string): Window {
  const written = text.trim().replace(/\s+/g, ' ');
  const span = SPAN.exec(written);
  if (span) {
    const [, days, ...figures] = span;
    const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = figures.map(Number);
    const from = minutesOf(written, fromHour, fromMinute);
    const to = minutesOf(written, toHour, toMinute);
    const byDay = days === undefined ? '' : `;BYDAY=${daysOf(written, days)}`;
    const freq = days === undefined ? 'DAILY' : 'WEEKLY';
    const lasts = to > from ? to - from : to + 24 * 60 - from;
    const rule = `FREQ=${freq}${byDay};BYHOUR=${fromHour % 24};BYMINUTE=${fromMinute};BYSECOND=0`;
    return { text: written, rule: ruleOf(written, rule), lastsMs: lasts * 60e3 };
  }
  const [, rule, length] = RULE.exec(written) ?? [];
  if (rule === undefined || length === undefined) throw new UnitError(`"${text}" is no window: ${HOW}`);
  const lastsMs = parseDurationMs(length);
  if (lastsMs < SHORTEST_MS || lastsMs > LONGEST_MS)
    throw new UnitError(`"${text}" lasts ${formatDuration(lastsMs)}: a window lasts a minute to a week`);
  return { text: written, rule: ruleOf(written, atMidnight(rule.toUpperCase())), lastsMs };
}

/** What a rule does not say of the time of day is zero. */
function atMidnight(rule: string): string {
  const parts = ['BYHOUR', 'BYMINUTE', 'BYSECOND'].filter((part) => !rule.includes(`${part}=`));
  return [rule, ...parts.map((part) => `${part}=0`)].join(';');
}

/** What a rule may say, and how: what is counted by the library has to be right before. */
const PARTS: Readonly<Record<string, RegExp>> = {
  FREQ: /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/,
  INTERVAL: /^[1-9]\d{0,2}$/,
  COUNT: /^[1-9]\d{0,4}$/,
  UNTIL: /^\d{8}T\d{6}Z?$/,
  WKST: /^(MO|TU|WE|TH|FR|SA|SU)$/,
  BYDAY: listOf('[+-]?\\d{0,2}(MO|TU|WE|TH|FR|SA|SU)'),
  BYMONTH: listOf('([1-9]|1[0-2])'),
  BYMONTHDAY: listOf('-?([1-9]|[12]\\d|3[01])'),
  BYSETPOS: listOf('-?[1-9]\\d{0,2}'),
  BYHOUR: listOf('(1?\\d|2[0-3])'),
  BYMINUTE: listOf('[1-5]?\\d'),
  BYSECOND: listOf('[1-5]?\\d'),
};

function listOf(each: string): RegExp {
  return new RegExp(`^${each}(,${each})*$`);
}

/** @throws {UnitError} */
function ruleOf(text: string, rule: string): string {
  const parts = rule.split(';').map((part): [string, string] => {
    const [name = '', value = '', ...more] = part.split('=');
    return [name, more.length > 0 ? '' : value];
  });
  for (const [name, value] of parts) {
    const form = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
    if (!form)
      throw new UnitError(`"${text}" is no window: it has no ${name || 'part without a name'}; ${HOW}`);
    if (form.test(value)) continue;
    const words = name === 'FREQ' ? 'is DAILY, WEEKLY, MONTHLY or YEARLY' : `cannot be ${value || 'empty'}`;
    throw new UnitError(`"${text}" is no window: ${name} ${words}`);
  }
  if (new Set(parts.map(([name]) => name)).size < parts.length)
    throw new UnitError(`"${text}" is no window: it says something twice`);
  return rule;
}

/** @throws {UnitError} */
function minutesOf(text: string, hour: number, minute: number): number {
  if (hour > 24 || minute > 59 || (hour === 24 && minute > 0))
    throw new UnitError(`"${text}" is no window: ${HOW}`);
  return (hour % 24) * 60 + minute;
}

/** `sat,sun` and `mon-fri`, as a rule has them. @throws {UnitError} */
function daysOf(text: string, days: string): string {
  const indices = days.split(',').flatMap((part) => {
    const [from = '', to = from, ...more] = part.toLowerCase().split('-');
    const [first, last] = [DAYS.indexOf(from), DAYS.indexOf(to)];
    if (first === -1 || last === -1 || more.length > 0)
      throw new UnitError(`"${text}" is no window: days are ${DAYS.join(', ')}, like sat,sun or mon-fri`);
    return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, at) => (first + at) % 7);
  });
  return [...new Set(indices)].map((index) => (DAYS[index] ?? '').slice(0, 2).toUpperCase()).join(',');
}
