/** Times in which a drain may begin moves, as they are typed, one a line. What a rule of iCalendar says the service checks. */

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const SPAN = /^(?:(\S+) )?(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$/;
const RULE = /^(?:RRULE:)?FREQ=\S+ for \d\S*$/i;
const MOST = 20;
const HOW = 'write it like 22:00-04:00, sat,sun 08:00-18:00 or FREQ=MONTHLY;BYDAY=1SU;BYHOUR=2 for 4h';

export type ParsedWindows = { readonly value: readonly string[] } | { readonly problem: string };

export function parseWindows(text: string): ParsedWindows {
  const lines = text.split('\n').flatMap((line) => line.trim().replace(/\s+/g, ' ') || []);
  for (const line of lines) {
    const problem = problemOf(line);
    if (problem) return { problem: `“${line}” is no window: ${problem}` };
  }
  return lines.length > MOST ? { problem: `At most ${MOST} windows: leave some out.` } : { value: lines };
}

function problemOf(line: string): string | undefined {
  const [, days, fromHour, fromMinute, toHour, toMinute] = SPAN.exec(line) ?? [];
  if (fromHour === undefined) return RULE.test(line) ? undefined : HOW;
  if (!isTime(fromHour, fromMinute) || !isTime(toHour, toMinute)) return HOW;
  if (days?.includes(':')) return 'write each on a line of its own';
  if (days === undefined || days.split(',').every(isDays)) return undefined;
  return `days are ${DAYS.join(', ')}, like sat,sun or mon-fri`;
}

function isTime(hour = '', minute = ''): boolean {
  return Number(hour) < 24 ? Number(minute) < 60 : Number(hour) === 24 && Number(minute) === 0;
}

function isDays(part: string): boolean {
  const days = part.toLowerCase().split('-');
  return days.length <= 2 && days.every((day) => DAYS.includes(day));
}
