/** What a drain's plan comes to, and what a start costs by it. */
import type { DrainPlan, DrainRequest, HeldInPlan } from '../drain-types.ts';
import { countOf } from './drains.ts';
import { formatBytes, formatTotal } from './format.ts';
import { hostOf, type Told } from './words.ts';

const VERDICTS: Readonly<Record<DrainPlan['verdict'], Told>> = {
  'all-leave': { words: 'all can leave', tone: 'good' },
  'some-stay': { words: 'not all can leave', tone: 'bad' },
  'too-late': { words: 'too late for the deadline', tone: 'bad' },
  'not-known': { words: 'its time cannot be told', tone: 'plain' },
};

export function planVerdict({ verdict }: Pick<DrainPlan, 'verdict'>): Told {
  return VERDICTS[verdict];
}

/** `5 of 6 VMs can leave, within 4 min 10 s (3 min to 6 min).` */
export function planSentence({ moves, held, wholeMs }: DrainPlan): string {
  const all = moves.length + held.length;
  if (all === 0) return 'No VM runs there.';
  const can =
    held.length === 0
      ? `${countOf(all)} ${all === 1 ? 'leaves' : 'leave'}`
      : `${moves.length} of ${countOf(all)} can leave`;
  if (moves.length === 0) return `None of ${countOf(all)} can leave.`;
  if (!wholeMs) return `${can}; how long that takes is not known.`;
  const [low, likely, high] = [wholeMs.low, wholeMs.likely, wholeMs.high].map(formatTotal);
  return `${can}, within ${likely}${low === high ? '' : ` (${low} to ${high})`}.`;
}

export function deadlineSentence({ deadline, moves }: DrainPlan): string | undefined {
  if (!deadline || moves.length === 0) return undefined;
  const { ms, verdict, probability, startTooLate } = deadline;
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
export function drainCost({ host, allOrNothing }: DrainRequest, plan: DrainPlan | undefined): string[] {
  const end = `Until it is released, no drain moves a VM to ${hostOf(host)}.`;
  if (!plan)
    return [
      `Each VM on ${hostOf(host)} is looked at for some seconds; then those that can leave do.`,
      'Without a plan nobody has seen yet who cannot, and how long it takes.',
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
    end,
  ];
}
