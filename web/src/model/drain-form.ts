/** The form for a drain: what is written into it, and the request that it stands for. */
import type { DrainPlanRequest, DrainRequest } from '../drain-types.ts';
import { type Parsed, parseDuration, parseRate } from './parse.ts';
import { type ParsedWindows, parseWindows } from './windows.ts';

export const EMPTY_DRAIN_FORM = {
  host: '',
  /** One a line; behind it, where there is one, the address to which memory is sent. */
  to: '',
  deadline: '',
  /** One a line. */
  windows: '',
  atATime: '',
  order: '',
  startWhen: '',
  calmWithin: '',
  priority: '',
  reserve: '',
  maxDowntime: '',
  lineRate: '',
  linkBudget: '',
  whole: '',
  reason: '',
};
export type DrainForm = typeof EMPTY_DRAIN_FORM;

const MOST_AT_A_TIME = 64;
const HIGHEST_PRIORITY = 1000;

/** Those that may be wrong. Undefined: left empty. */
export function drainFigures(form: DrainForm, now: Date) {
  return {
    deadlineMs: unlessEmpty(form.deadline, (text) => parseDeadline(text, now)),
    windows: unlessEmpty(form.windows, parseWindows),
    atATime: unlessEmpty(form.atATime, (text) => parseCount(text, 1, MOST_AT_A_TIME)),
    calmWithinMs: calmWithin(form),
    priority: unlessEmpty(form.priority, (text) => parseCount(text, 0, HIGHEST_PRIORITY)),
    reserveBytes: unlessEmpty(form.reserve, parseSize),
    maxDowntimeMs: unlessEmpty(form.maxDowntime, parseDuration),
    lineRateBytesPerSecond: unlessEmpty(form.lineRate, parseRate),
    linkBudgetBytesPerSecond: unlessEmpty(form.linkBudget, parseRate),
    to: destinationsProblem(form),
  };
}

export function isDrainWrong(form: DrainForm, now: Date): boolean {
  return Object.values(drainFigures(form, now)).some((each) => each && 'problem' in each);
}

/** Only of a form that is not wrong. */
export function drainPlanRequestOf(form: DrainForm, now: Date): DrainPlanRequest {
  const { deadlineMs, to: _, priority: __, ...figures } = drainFigures(form, now);
  const values = Object.fromEntries(
    Object.entries(figures).flatMap(([name, parsed]) =>
      parsed && 'value' in parsed ? [[name, parsed.value]] : [],
    ),
  );
  return {
    host: form.host.trim(),
    to: destinationsIn(form.to),
    ...values,
    ...(deadlineMs && 'value' in deadlineMs ? { deadline: new Date(deadlineMs.value).toISOString() } : {}),
    ...(form.order === '' ? {} : { order: form.order }),
    ...(form.startWhen === '' ? {} : { startWhen: form.startWhen }),
  };
}

export function drainRequestOf(form: DrainForm, now: Date): DrainRequest {
  const reason = form.reason.trim();
  const { priority } = drainFigures(form, now);
  return {
    ...drainPlanRequestOf(form, now),
    ...(priority && 'value' in priority ? { priority: priority.value } : {}),
    ...(form.whole === '' ? {} : { allOrNothing: true }),
    ...(reason === '' ? {} : { reason }),
  };
}

export function destinationsIn(text: string): { host: string; migrateUri?: string }[] {
  return text.split('\n').flatMap((line) => {
    const [host = '', migrateUri] = line.trim().split(/\s+/);
    return host === '' ? [] : [{ host, ...(migrateUri === undefined ? {} : { migrateUri }) }];
  });
}

/** With it, or without it where it is there already. */
export function withDestination(text: string, host: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const without = lines.filter((line) => line.trim().split(/\s+/)[0] !== host);
  return (without.length < lines.length ? without : [...lines, host]).join('\n');
}

/** `22:00`, the next one, or a length like `2h`: when it is, in milliseconds since 1970. */
export function parseDeadline(text: string, now: Date): Parsed {
  const [, hours, minutes] = /^\s*([01]?\d|2[0-3]):([0-5]\d)\s*$/.exec(text) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    const at = new Date(now);
    at.setHours(Number(hours), Number(minutes), 0, 0);
    if (at.getTime() <= now.getTime()) at.setDate(at.getDate() + 1);
    return { value: at.getTime() };
  }
  const length = parseDuration(text);
  return 'value' in length
    ? { value: now.getTime() + length.value }
    : { problem: `“${text.trim()}” is no deadline: write a time of day like 22:00, or a length like 2h` };
}

const SIZES: Readonly<Record<string, number>> = {
  mb: 1e6,
  gb: 1e9,
  mib: 2 ** 20,
  gib: 2 ** 30,
  m: 2 ** 20,
  g: 2 ** 30,
};

/** `8GiB`, in bytes; `0`: none. */
export function parseSize(text: string): Parsed {
  const [, number, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = unit === '' && Number(number) === 0 ? 1 : SIZES[unit.toLowerCase()];
  return number === undefined || factor === undefined
    ? { problem: `“${text.trim()}” is no size: write it like 8GiB, or 0` }
    : { value: Math.round(Number(number) * factor) };
}

function parseCount(text: string, least: number, most: number): Parsed {
  const value = Number(text);
  return Number.isInteger(value) && value >= least && value <= most
    ? { value }
    : { problem: `“${text.trim()}” is no such number: write one from ${least} to ${most}` };
}

/** How long a VM may wait for a calmer moment: that has to have an end. Where none is waited for nobody is asked. */
function calmWithin({ startWhen, calmWithin: text, deadline }: DrainForm): Parsed | undefined {
  if (startWhen === 'now') return undefined;
  if (text.trim() !== '') return parseDuration(text);
  return startWhen === 'calm' && deadline.trim() === ''
    ? { problem: 'A wait needs an end: say how long, like 2h, or give the drain a deadline.' }
    : undefined;
}

function destinationsProblem({ host, to }: DrainForm): { readonly problem: string } | undefined {
  const hosts = destinationsIn(to).map((each) => each.host);
  if (host.trim() !== '' && hosts.includes(host.trim()))
    return { problem: 'The host that is drained is no destination: leave it out.' };
  const twice = hosts.find((each, at) => hosts.indexOf(each) < at);
  return twice === undefined ? undefined : { problem: `${twice} is there twice.` };
}

function unlessEmpty<Read extends Parsed | ParsedWindows>(
  text: string,
  parse: (text: string) => Read,
): Read | undefined {
  return text.trim() === '' ? undefined : parse(text);
}
