/** Drains in words, and what each act on one costs: the sentences that a person confirms. */
import type { Decision, Drain, DrainAction, DrainSummary, DrainVm, DrainVmState } from '../drain-types.ts';
import { formatDuration, formatElapsed, formatTotal } from './format.ts';
import { parseDuration } from './parse.ts';
import { hostOf, type Told } from './words.ts';

const STATES: Readonly<Record<string, Told>> = {
  waiting: { words: 'waiting', tone: 'plain' },
  draining: { words: 'draining', tone: 'moving' },
  paused: { words: 'paused', tone: 'brake' },
  blocked: { words: 'blocked', tone: 'ask' },
  empty: { words: 'empty', tone: 'good' },
  ended: { words: 'ended', tone: 'plain' },
};

const OUTCOMES: Readonly<Record<string, Told>> = {
  released: { words: 'released', tone: 'plain' },
  returned: { words: 'returned', tone: 'good' },
  cancelled: { words: 'cancelled', tone: 'plain' },
  expired: { words: 'expired', tone: 'bad' },
};

export function drainStanding({ state, outcome }: Pick<DrainSummary, 'state' | 'outcome'>): Told {
  const known = outcome === null ? STATES[state] : OUTCOMES[outcome];
  return known ?? { words: outcome ?? state, tone: 'plain' };
}

const VM_STATES: Readonly<Record<string, Told>> = {
  held: { words: 'held', tone: 'ask' },
  unknown: { words: 'not certain where', tone: 'ask' },
  moving: { words: 'moving', tone: 'moving' },
  stopping: { words: 'shutting down', tone: 'moving' },
  queued: { words: 'waiting', tone: 'plain' },
  left: { words: 'left there', tone: 'plain' },
  moved: { words: 'moved', tone: 'good' },
  off: { words: 'shut down', tone: 'good' },
  gone: { words: 'gone', tone: 'plain' },
};

export function vmStanding(state: DrainVmState): Told {
  return VM_STATES[state] ?? { words: state, tone: 'plain' };
}

export interface VmGroup {
  readonly key: 'person' | 'moving' | 'queued' | 'moved' | 'stays';
  readonly title: string;
  readonly vms: readonly DrainVm[];
}

const GROUPS: Readonly<Record<VmGroup['key'], { readonly title: string; readonly of: readonly string[] }>> = {
  person: { title: 'Needs you', of: ['held', 'unknown'] },
  moving: { title: 'On the way', of: ['moving', 'stopping'] },
  queued: { title: 'Waiting', of: ['queued'] },
  stays: { title: 'Left there, or gone', of: ['left', 'gone'] },
  moved: { title: 'Moved, or shut down', of: ['moved', 'off'] },
};

/** What needs a person first; empty groups are left out. Of those that have moved the last is what one looks for. */
export function groupedVms(vms: readonly DrainVm[]): VmGroup[] {
  return (Object.keys(GROUPS) as VmGroup['key'][]).flatMap((key) => {
    const { title, of } = GROUPS[key];
    const found = vms.filter(({ state }) => of.includes(state));
    const inOrder =
      key === 'moved' ? found.toSorted((a, b) => (b.endedAt ?? '').localeCompare(a.endedAt ?? '')) : found;
    return found.length === 0 ? [] : [{ key, title, vms: inOrder }];
  });
}

/** How many still have to leave, or cannot. */
export function leftIn({ counts }: Pick<DrainSummary, 'counts'>): number {
  return counts.queued + counts.moving + counts.stopping + counts.held + counts.left + counts.unknown;
}

export function countOf(number: number, one = 'VM', many = 'VMs'): string {
  return `${number} ${number === 1 ? one : many}`;
}

export interface Verdict extends Told {
  /** What follows from it, and of whom it is said. */
  readonly more: string;
}

type Timed = Pick<DrainSummary, 'deadline' | 'forecastEnd' | 'final' | 'state' | 'counts'>;

/** The deadline against the forecast, of those that can leave. */
export function deadlineVerdict(
  { deadline, forecastEnd, final, state, counts }: Timed,
  nowMs: number,
): Verdict | undefined {
  if (final || deadline === null || state === 'empty') return undefined;
  const atMs = Date.parse(deadline);
  const held = counts.held + counts.unknown;
  const of = held > 0 ? `It says nothing of ${countOf(held)} that cannot leave.` : '';
  if (nowMs >= atMs) return { words: 'the deadline has passed', tone: 'bad', more: 'Nothing new begins.' };
  if (!forecastEnd)
    return {
      words: `${formatTotal(atMs - nowMs)} to the deadline`,
      tone: 'plain',
      more: held > 0 ? `${countOf(held)} cannot leave as it is.` : '',
    };
  const [likelyMs, highMs] = [Date.parse(forecastEnd.likely), Date.parse(forecastEnd.high)];
  const apart = formatTotal(Math.abs(atMs - likelyMs));
  if (likelyMs > atMs)
    return {
      words: 'the deadline will most likely be missed',
      tone: 'bad',
      more: `By ${apart}. ${of}`.trim(),
    };
  if (highMs > atMs)
    return {
      words: 'the deadline may be missed',
      tone: 'brake',
      more: `Most likely ${apart} are left. ${of}`.trim(),
    };
  return { words: 'the deadline holds', tone: 'good', more: `With ${apart} to spare. ${of}`.trim() };
}

/** `in 4 min 10 s (3 min 20 s to 6 min)`. */
export function endWords({ forecastEnd }: Pick<DrainSummary, 'forecastEnd'>, nowMs: number): string {
  if (!forecastEnd) return 'not known';
  const inMs = (time: string) => formatElapsed(Math.max(0, Date.parse(time) - nowMs));
  const [low, likely, high] = [inMs(forecastEnd.low), inMs(forecastEnd.likely), inMs(forecastEnd.high)];
  return low === high ? `in ${likely}` : `in ${likely} (${low} to ${high})`;
}

interface ActionWords {
  /** @param name of the drain: {@link drainName} */
  readonly title: (name: string, host: string) => string;
  /** Of the button that does it, and of the one that does not. */
  readonly words: string;
  readonly back: string;
}

/** `the drain of host1`, `the return to host1`. */
export function drainName({ kind, host }: Pick<Drain, 'kind' | 'host'>): string {
  return `the ${kind === 'return' ? 'return to' : 'drain of'} ${hostOf(host)}`;
}

export const ACTIONS: Readonly<Record<DrainAction, ActionWords>> = {
  pause: { title: (name) => `Pause ${name}?`, words: 'Pause it', back: 'Let it go on' },
  resume: { title: (name) => `Resume ${name}?`, words: 'Resume it', back: 'Not yet' },
  cancel: { title: (name) => `Cancel ${name}?`, words: 'Cancel it', back: 'Let it go on' },
  release: { title: (_, host) => `Release ${host}?`, words: 'Release it', back: 'Not yet' },
  return: {
    title: (_, host) => `Bring back what left ${host}?`,
    words: 'Bring it back',
    back: 'Leave it there',
  },
};

/** What it costs, a sentence each. */
export function actCost(action: DrainAction, of: Drain): string[] {
  const host = hostOf(of.host);
  const { moving, queued, unknown } = of.counts;
  const staying = leftIn(of) - moving;
  const isOne = staying === 1;
  const stay = `${countOf(staying)} ${isOne ? 'stays' : 'stay'} ${of.kind === 'return' ? `where ${isOne ? 'it is' : 'they are'}` : `on ${host}`}`;
  const arrives =
    moving > 0 ? [`${countOf(moving)} on the way ${moving === 1 ? 'arrives' : 'arrive'} all the same.`] : [];
  switch (action) {
    case 'pause':
      return [
        `Nothing new begins: ${countOf(queued)} wait until it is resumed.`,
        ...arrives,
        ...(of.deadline === null ? [] : ['The deadline stays where it is.']),
      ];
    case 'resume':
      return [
        ...(queued > 0
          ? [`${countOf(queued)} that ${queued === 1 ? 'waits' : 'wait'} may begin at once.`]
          : ['What waits may begin at once.']),
        ...(unknown > 0
          ? ['You have looked where the guest runs of which that was not certain: it is tried again.']
          : []),
      ];
    case 'cancel':
      return [
        `${stay}, for good.`,
        of.kind === 'return'
          ? 'What has come back stays.'
          : 'VMs may be moved there again. What has moved stays where it is.',
      ];
    case 'release':
      if (of.kind === 'return') return [`The return ends: ${stay}.`, ...arrives];
      return of.state === 'empty' || of.final
        ? [`Drains may move VMs to ${host} again.`]
        : [`The drain ends: ${stay}.`, ...arrives, `Drains may move VMs to ${host} again.`];
    case 'return':
      return [
        `${countOf(of.counts.moved)} that moved ${of.counts.moved === 1 ? 'comes' : 'come'} back to ${host}, but for what others have moved since; what was shut down to return is started.`,
        ...(of.final ? [] : ['The drain ends with it.']),
      ];
  }
}

/** What was sent of those that would be broken off is lost. */
export function abortCost({ counts: { moving } }: Drain): string {
  return `Break off ${countOf(moving)} on the way too: they stay, and what was sent of them is lost.`;
}

export function retryCost({ name, reason }: DrainVm): string[] {
  return [
    `${name} is looked at anew, by every destination, and begins as soon as one takes it.`,
    ...(reason ? ['If nothing has changed since, it is held again for the same reason.'] : []),
  ];
}

export function allowCost({ name, reason }: DrainVm, maxDowntimeMs: number | undefined): string[] {
  if (maxDowntimeMs === undefined) return [`Say how long ${name} may stand still.`];
  return [
    ...(reason ? [`It is held, as ${reason.words}.`] : []),
    `${name} may stand still for up to ${formatDuration(maxDowntimeMs)}, in this drain. Who uses it will notice a pause of more than a second or so.`,
    'It begins as soon as a destination takes it.',
  ];
}

export const DECISIONS: readonly (readonly [Decision, string])[] = [
  ['move', 'Move it'],
  ['shutdown', 'Shut it down'],
  ['shutdown-and-return', 'Shut it down, and start it once its host is released'],
  ['leave', 'Leave it where it is'],
];

/** @param host of the drain, as a person calls it */
export function decideCost({ name }: DrainVm, decision: Decision, host: string): string {
  return {
    move: `${name} begins as soon as a destination takes it, whatever its own word is.`,
    shutdown: `${name} is shut down and stays off: whoever uses it loses it.`,
    'shutdown-and-return': `${name} is shut down, and off until ${host} is released.`,
    leave: `${name} stays on ${host}, which is not empty then.`,
  }[decision];
}

/** The pause that a remedy names (`with --max-downtime 2.6s it is …`), as it is written into a field. */
export function pauseInRemedy({ reason }: DrainVm): string {
  const [, text = ''] = /--max-downtime (\S+)/.exec(reason?.remedy ?? '') ?? [];
  return 'value' in parseDuration(text) ? text : '';
}
