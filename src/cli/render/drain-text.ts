/** A drain's plan as text for a terminal: who cannot leave first, with what would help. */
import { type PlannedDrain, whyNoTimes } from '../../drain/document.ts';
import type { Deadline, DrainPlan, HeldVm, PlannedMove } from '../../drain/drain-plan.ts';
import type { Reason } from '../../drain/facts.ts';
import type { Refused } from '../../drain/placement.ts';
import { reasonWords } from '../../drain/state-words.ts';
import { shown } from '../../model/shown.ts';
import { table } from '../../model/table.ts';
import { formatBytes, formatDuration } from '../../model/units.ts';
import { around } from '../../plan/plan-words.ts';
import { timesWords, whenAndIn, windowWords } from './drain-times.ts';

export function drainText(planned: PlannedDrain): string {
  const { plan, shutOff, atATime, order } = planned;
  const { moves, held, stopped } = plan;
  const lines = [headline(planned)];
  for (const [destination, words] of planned.unreachable)
    lines.push(`  ${destination} cannot be asked: ${words}`);
  for (const each of held) lines.push(...heldLines(each));
  if (held.length > 0 && moves.length > 0) lines.push('', othersLine(planned));
  if (plan.deadline) lines.push(deadlineLine(plan.deadline, plan));
  if (moves.length > 0) lines.push('', ...moveTable(moves), '');
  const waiting = waitingWords(planned);
  if (moves.length === 0 && (stopped.length > 0 || waiting !== undefined)) lines.push('');
  const row = (name: string, words: string) => lines.push(`  ${name.padEnd(8)} ${words}`);
  for (const words of new Set(moves.flatMap((move) => whyNoTimes(move, planned) ?? []))) {
    const names = moves.filter((move) => whyNoTimes(move, planned) === words).map(({ vm }) => vm.name);
    const isNever = names.some((name) => plan.neverBegin.includes(name));
    row(
      isNever ? 'never' : 'unknown',
      `${isNever ? names.join(', ') : `of ${names.join(', ')} the times are not known`}: ${words}`,
    );
  }
  for (const { vm, refused } of moves)
    for (const each of refused) row('not to', `${vm.name}, ${each.destination}: ${allWords(each.reasons)}`);
  if (waiting !== undefined) row('calm', waiting);
  const noticed = noticedWords(plan);
  if (noticed !== undefined) row('notice', noticed);
  if (stopped.length > 0) row('stops', stoppedWords(planned));
  if (moves.length > 0) {
    const width = atATime === 1 ? 'one at a time' : `up to ${atATime} calm ones at a time`;
    row('order', `${order}, ${width}, memory-intensive ones alone on their link`);
    row('memory', roomWords(planned));
  }
  const [window] = plan.openings;
  if (window) row('windows', windowWords(planned, window));
  if (shutOff > 0) row('note', `${counted(shutOff)} that do not run stay, and are not looked at`);
  return `${lines.map(shown).join('\n')}\n`;
}

function headline(planned: PlannedDrain): string {
  const { host, plan } = planned;
  const { moves, held, stopped } = plan;
  const all = moves.length + held.length + stopped.length;
  if (all === 0) return `${host}: no VM runs there, it is empty already; nothing was touched`;
  if (held.length > 0)
    return `${host}: ${held.length} of ${counted(all)} cannot leave as it is; nothing was touched`;
  if (moves.length === 0)
    return `${host}: ${all === 1 ? 'its one VM is' : `all ${counted(all)} are`} to be shut down, by their own word; nothing was touched`;
  const whom = all === 1 ? 'its one VM' : `all ${counted(all)}`;
  return `${host}: ${whom} can leave${wholeClause(planned)}; nothing was touched`;
}

/** Undefined: none would wait for a calmer moment. */
function waitingWords({ calm, plan }: PlannedDrain): string | undefined {
  const vms = [...plan.held.map(({ vm }) => vm), ...plan.moves.map(({ vm }) => vm)];
  const names = vms.flatMap(({ name, now }) =>
    now?.is === 'busy' || now?.is === 'no-pause-fits' ? [name] : [],
  );
  if (!calm || names.length === 0) return undefined;
  const bound =
    calm.withinMs === undefined
      ? 'as long as the deadline allows'
      : `for ${formatDuration(calm.withinMs)} at the longest`;
  return `${names.join(', ')}: busy now, so a calmer moment is waited for, ${bound}; times are told without that`;
}

/** Undefined: no guest has its notice. */
function noticedWords({ moves }: DrainPlan): string | undefined {
  const names = moves.flatMap(({ vm: { name, forecast } }) =>
    forecast?.noticeMs ? [`${name} (${formatDuration(forecast.noticeMs)})`] : [],
  );
  if (names.length === 0) return undefined;
  return `${names.join(', ')}: so long before it moves its guest is told, on top of what it takes`;
}

/** How long that takes, or, with windows, when it begins and is over; and whether that is too late. */
function wholeClause(planned: PlannedDrain): string {
  const { verdict, neverBegin, wholeMs } = planned.plan;
  if (neverBegin.length > 0) return ', but not in the windows that there will be';
  const inWindows = timesWords(planned);
  const times = inWindows ?? `that takes ${wholeWords(wholeMs)}`;
  if (verdict === 'too-late') return `, but not by the deadline: ${times}`;
  return inWindows === undefined ? `, and ${times}` : `: ${times}`;
}

function stoppedWords(planned: PlannedDrain): string {
  const { stopped, openings } = planned.plan;
  const [window] = openings;
  const when =
    window && window.opensMs > 0
      ? `as the window opens, ${whenAndIn(planned, window.opensMs)}`
      : 'as soon as the drain begins';
  const names = stopped.map(({ name, word }) =>
    word === 'shutdown-and-return' ? `${name} (until its host is back)` : name,
  );
  return `${names.join(', ')}: by their own word, ${when}; how long that takes is theirs`;
}

function othersLine(planned: PlannedDrain): string {
  const { moves, wholeMs, neverBegin } = planned.plan;
  if (neverBegin.length > 0) {
    const others = moves.length === 1 ? 'The other one' : `The other ${moves.length}`;
    return `${others} can leave, but not in the windows that there will be.`;
  }
  const times = timesWords(planned);
  const whom = moves.length === 1 ? 'The other one leaves' : `The other ${moves.length} leave`;
  if (times) return `${whom}: ${times}.`;
  return wholeMs ? `${whom} within ${wholeWords(wholeMs)}.` : `${whom}, within a time that is not known.`;
}

function wholeWords(wholeMs: PlannedDrain['plan']['wholeMs']): string {
  return wholeMs ? around(wholeMs, formatDuration) : 'a time that is not known';
}

function heldLines({ vm, reasons, refused }: HeldVm): string[] {
  if (reasons.length > 0) return [`  ${vm.name}: ${allWords(reasons)}`];
  const [first] = refused;
  // What all destinations say alike is said once.
  if (first && refused.every(({ reasons: theirs }) => allWords(theirs) === allWords(first.reasons)))
    return [`  ${vm.name}: ${allWords(first.reasons)}`];
  return [`  ${vm.name}:`, ...refused.map(refusedLine)];
}

function refusedLine({ destination, reasons }: Refused): string {
  return `    not to ${destination}: ${allWords(reasons)}`;
}

function allWords(reasons: readonly Reason[]): string {
  return reasons.map(reasonWords).join('; ');
}

function deadlineLine(
  { ms, verdict, probability, startTooLate }: Deadline,
  { openings: [window] }: DrainPlan,
): string {
  const when = ms <= 0 ? 'The deadline has passed' : `The deadline, ${formatDuration(ms)} from now,`;
  if (probability === undefined) return `${when} cannot be held against a time that is not known.`;
  const share = `by what is known all have arrived by then with a probability of ${Math.round(100 * probability)} %`;
  const late =
    startTooLate.length > 0
      ? `; ${startTooLate.join(', ')} would not have begun, and nothing begins after it`
      : '';
  if (ms <= 0) return `${when}: nothing would begin.`;
  if (window && window.opensMs >= ms)
    return `${when} passes before the window opens, ${formatDuration(window.opensMs)} from now: nothing would begin.`;
  if (verdict === 'holds') return `${when} holds: ${share}.`;
  if (verdict === 'doubtful') return `${when} may be missed: ${share}${late}.`;
  return `${when} will most likely be missed: ${share}${late}.`;
}

function moveTable(moves: readonly PlannedMove[]): string[] {
  return table([
    ['VM', 'MEMORY', 'TO', 'STARTS', 'TAKES', 'PAUSE', ''],
    ...moves.map(({ vm, to, times, totalMs, pauseMs, memoryIntensive, among }) => [
      vm.name,
      formatBytes(vm.memoryBytes),
      to.name,
      times ? `+${formatDuration(times.startMs.middle)}` : '-',
      totalMs ? around(totalMs, formatDuration) : '-',
      pauseMs ? around(pauseMs, formatDuration) : '-',
      memoryIntensive ? 'memory-intensive' : among > 1 ? `beside ${among - 1}` : '',
    ]),
  ]).split('\n');
}

function roomWords({ plan: { room } }: PlannedDrain): string {
  const { neededBytes, freeBytes, reservedBytes } = room;
  const needed = `${formatBytes(neededBytes)} are to leave`;
  if (freeBytes === undefined) return `${needed}; one destination does not tell what is free`;
  const kept = reservedBytes > 0 ? `, of which ${formatBytes(reservedBytes)} are kept in reserve` : '';
  return `${needed}; ${formatBytes(freeBytes)} are free at the destinations${kept}`;
}

function counted(vms: number): string {
  return vms === 1 ? '1 VM' : `${vms} VMs`;
}
