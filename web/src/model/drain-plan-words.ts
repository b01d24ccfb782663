/** What a drain's plan comes to, and what a start costs by it. */
import type { DrainPlan, DrainRequest, HeldInPlan } from '../drain-types.ts';
import { countOf } from './drains.ts';
import { formatBytes, formatClock, formatTotal, formatWhen } from './format.ts';
import { hostOf, type Told } from './words.ts';

const VERDICTS: Readonly<Record<DrainPlan['verdict'], Told>> = {
  'all-leave': { words: 'all can leave', tone: 'good' },
  'some-stay': { words: 'not all can leave', tone: 'bad' },
  'too-late': { words: 'too late for the deadline', tone: 'bad' },
  'not-known': { words: 'its time cannot be told', tone: 'plain' },
};

export function planVerdict(plan: Pick<DrainPlan, 'verdict' | 'wholeMs'>): Told {
  return neverEnds(plan) ? { words: 'not in its windows', tone: 'bad' } : VERDICTS[plan.verdict];
}

/** For some no window will open any more. */
function neverEnds({ verdict, wholeMs }: Pick<DrainPlan, 'verdict' | 'wholeMs'>): boolean {
  return verdict === 'too-late' && !wholeMs;
}

/** `22:00`, `1 Dec 04:00`. @param ms after the plan was made */
export function clockIn({ madeAt }: Pick<DrainPlan, 'madeAt'>, ms: number): string {
  const made = new Date(madeAt);
  const at = new Date(made.getTime() + ms);
  return at.toDateString() === made.toDateString() ? formatClock(at).slice(0, 5) : formatWhen(at, made);
}

/**
 * `5 of 6 VMs can leave, within 4 min 10 s (3 min to 6 min).` With windows: `5 of 6 VMs can leave: the first one starts 22:00, in
 * 2 h 40 min, and the last one has left 22:14, in 2 h 54 min (2 h 50 min to 3 h 1 min).`
 */
export function planSentence(plan: DrainPlan): string {
  const { moves, held, wholeMs, windows } = plan;
  const all = moves.length + held.length;
  if (all === 0) return 'No VM runs there.';
  const can =
    held.length === 0
      ? `${countOf(all)} ${all === 1 ? 'leaves' : 'leave'}`
      : `${moves.length} of ${countOf(all)} can leave`;
  if (moves.length === 0) return `None of ${countOf(all)} can leave.`;
  if (neverEnds(plan)) return `${can}, but not all in its windows: for some none will open any more.`;
  if (!wholeMs) return `${can}; how long that takes is not known.`;
  const [low, likely, high] = [wholeMs.low, wholeMs.likely, wholeMs.high].map(formatTotal);
  const time = `${likely}${low === high ? '' : ` (${low} to ${high})`}`;
  const startMs = moves[0]?.startsMs?.likely;
  if (windows.length === 0 || startMs === undefined) return `${can}, within ${time}.`;
  const [first, last] = moves.length === 1 ? ['it', ''] : ['the first one', 'the last one '];
  const starts = startMs <= 0 ? 'at once' : `${clockIn(plan, startMs)}, in ${formatTotal(startMs)}`;
  return `${can}: ${first} starts ${starts}, and ${last}has left ${clockIn(plan, wholeMs.likely)}, in ${time}.`;
}

/** @returns undefined where moves begin at any time */
export function windowsSentence(plan: DrainPlan): string | undefined {
  const [first] = plan.openings;
  if (!first) return undefined;
  const closes = clockIn(plan, first.closesMs);
  const when =
    first.opensMs > 0
      ? `the first opens ${clockIn(plan, first.opensMs)} and closes ${closes}`
      : `one is open until ${closes}`;
  return `Moves begin in its windows only, ${plan.windows.join('; ')}: ${when}.`;
}

export function deadlineSentence({ deadline, moves, openings }: DrainPlan): string | undefined {
  if (!deadline || moves.length === 0) return undefined;
  const { ms, verdict, probability, startTooLate } = deadline;
  const [first] = openings;
  if (first && first.opensMs >= ms)
    return `The deadline, ${formatTotal(ms)} after the start, passes before the window opens: nothing would begin.`;
  const until = `The deadline, ${formatTotal(ms)} after the start,`;
  const share = probability === null ? '' : ` (${Math.round(100 * probability)} %)`;
  const late = startTooLate.length === 0 ? '' : ` Not begun by then would be: ${startTooLate.join(', ')}.`;
  if (verdict === 'holds') return `${until} holds${share}.`;
  return verdict === 'missed'
    ? `${until} will most likely be missed${share}.${late}`
    : `${until} may be missed${share}.${late}`;
}

export function roomSentence({
  room: { neededBytes, freeBytes, reservedBytes },
  shutOff,
}: DrainPlan): string {
  const free =
    freeBytes === null
      ? 'of one destination it is not known what is free'
      : `${formatBytes(freeBytes)} are free at the destinations`;
  const kept = reservedBytes > 0 ? `, of which ${formatBytes(reservedBytes)} are kept free` : '';
  const off =
    shutOff > 0 ? ` ${countOf(shutOff, 'VM that does not run stays', 'VMs that do not run stay')}.` : '';
  return `${formatBytes(neededBytes)} are to leave; ${free}${kept}.${off}`;
}

/** Of another one at each destination, which is told of none where it is told of several. */
const ITS_UUID = / \(UUID [0-9a-f-]{36}\)/g;

/** What holds a VM there: its own reasons, or what the destinations have against it, those together that say the same. */
export function heldReasons({
  reasons,
  refused,
}: HeldInPlan): { readonly words: string; readonly remedy: string | null }[] {
  if (reasons.length > 0) return reasons.map(({ words, remedy }) => ({ words, remedy }));
  const said = refused.flatMap(({ destination, reasons: of }) =>
    of.map((each) => ({ destination, ...each })),
  );
  const alike = Map.groupBy(said, ({ destination, words }) =>
    words.replaceAll(destination, 'the destination').replace(ITS_UUID, ''),
  );
  return [...alike].map(([told, [first, ...others]]) => {
    const { destination = '', words = '', remedy = null } = first ?? {};
    if (others.length === 0)
      return { words: words.includes(destination) ? words : `${hostOf(destination)}: ${words}`, remedy };
    const hosts = [destination, ...others.map((each) => each.destination)].map(hostOf);
    return { words: `${hosts.slice(0, -1).join(', ')} and ${hosts.at(-1)}: ${told}`, remedy };
  });
}

/** The sentences that a person confirms. @param plan of the same wish */
export function drainCost(
  { host, allOrNothing, windows, startWhen }: DrainRequest,
  plan: DrainPlan | undefined,
): string[] {
  const calm =
    startWhen === 'calm' ? ['Those that are busy wait for a calmer moment first, and take no slot.'] : [];
  const end = `Until it is released, no drain moves a VM to ${hostOf(host)}.`;
  if (!plan)
    return [
      `Each VM on ${hostOf(host)} is looked at for some seconds; then those that can leave do${windows ? ', once a window is open' : ''}.`,
      'Without a plan nobody has seen yet who cannot, and how long it takes.',
      ...calm,
      end,
    ];
  const intensive = plan.moves.filter(({ memoryIntensive }) => memoryIntensive);
  return [
    planSentence(plan),
    ...(plan.held.length > 0
      ? [
          allOrNothing
            ? 'All or nothing is asked for: nothing will be moved.'
            : `${plan.held.map(({ name }) => name).join(', ')} ${plan.held.length === 1 ? 'stays' : 'stay'}, and the drain waits for you.`,
        ]
      : []),
    ...(intensive.length > 0
      ? [
          `${intensive.map(({ name }) => name).join(', ')} will pause for longer than what is always fine, within ${intensive.length === 1 ? 'its' : 'their'} limits.`,
        ]
      : []),
    ...calm,
    end,
  ];
}
