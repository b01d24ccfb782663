/** `docs/benchmarks.md` and its pictures, from a result alone. Pure. */
import { compare, contenderOf, type GuestComparison } from '../comparison.ts';
import { type Held, heldAgainst, ratio } from '../held-against.ts';
import type { PoliciesResult } from '../result.ts';
import { rangeOf } from '../rows.ts';
import { frontierPlot, passesPlot } from './plots.ts';
import { costTable, goalsTable, oracleTable, ownTable, peersTable, policyCostTable } from './tables.ts';
import { changeText, rangeText, table } from './words.ts';

/** @param notes what a person has to say about the figures, in Markdown; it holds no figure of its own */
export function page(result: PoliciesResult, notes: string): Map<string, string> {
  const guests = compare(result);
  const files = new Map([['benchmarks.md', text(result, guests, notes)]]);
  for (const guest of guests) {
    files.set(passesFile(guest), passesPlot(result, guest));
    if (guest.peers) files.set(frontierFile(guest), frontierPlot(guest));
  }
  return files;
}

function text(result: PoliciesResult, guests: readonly GuestComparison[], notes: string): string {
  const held = heldAgainst(guests);
  const hard = guests.filter((guest) => guest.class !== 'healthy');
  const sections = [
    '# Benchmarks',
    'Made by `./dev bench report` from `bench/results/policies.json`; only the remarks are written by hand.',
    ...(result.quick ? ['**A quick run: few guests, few repeats. Not for quoting.**'] : []),
    howMeasured(result),
    notes.trim(),
    `## Goals\n\n${goalsMet(held)}\n\n${goalsTable(held)}`,
    `## Against the thesis\n\n${thesis(guests)}`,
    ...guests.map((guest) => ownSection(guest)),
    `## Peers\n\n${PEERS_WORDS}`,
    ...guests.filter(({ peers }) => peers).map(peerSection),
    ...(hard.some(({ fixed }) => fixed.length > 0)
      ? [`## The oracle\n\n${ORACLE_WORDS}\n\n${oracleTable(hard)}`]
      : []),
    costSection(result, guests),
    ...(result.broken.length > 0
      ? [`## Not run, or run again\n\n${result.broken.map((each) => `- ${each}`).join('\n')}`]
      : []),
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function howMeasured({ environment: where, settings, runs }: PoliciesResult): string {
  const sound = runs.filter(({ memoryOk }) => memoryOk).length;
  return [
    `Measured on ${where.date} at commit ${where.commit} by \`${where.command}\`: ${where.qemu}, TCG guests of ${settings.memoryMiB} MiB`,
    `on a link of ${settings.rateBitsPerSecond / 1e6} Mbit/s where nothing else is said; ${where.cores} cores of ${where.cpu}, ${where.kernel}, Node ${where.node}.`,
    `\n\n${runs.length} migrations; the guest's memory was checked after each and right in ${sound}. A run that did not arrive`,
    `within ${settings.timeLimitMs / 1000} s, or the guest's own limit, is a row that says so. Figures are medians of the runs that arrived, with minimum and maximum; total`,
    `time includes probing before the start. ${settings.repeats} repeats of each, in an order shuffled anew for each repeat; a peer whose`,
    'run failed is not repeated, because its rule would do the same again. Nobody is told which guest it is on, or',
    "remembers an earlier run; parameters are every policy's defaults, except: `=` behind a name gives it the pause that",
    'relaxed KVM takes, as its longest. Post-copy and auto-converge are switched on for those whose systems do that.',
  ]
    .join(' ')
    .replaceAll(' \n\n', '\n\n');
}

function goalsMet(held: readonly Held[]): string {
  return `${held.filter(({ met }) => met).length} of ${held.length} are met. A figure that missed is bold.`;
}

/** All memory-intensive guests in one line each way, beside what the thesis reports. */
function thesis(guests: readonly GuestComparison[]): string {
  const intensive = guests.filter((guest) => guest.class === 'intensive');
  const success = (id: string) => {
    const rows = intensive.flatMap(({ rows: of }) => of.get(id) ?? []);
    const runs = rows.reduce((sum, row) => sum + row.runs, 0);
    const arrived = rows.reduce((sum, row) => sum + row.successes, 0);
    return runs === 0 ? '-' : `${Math.round((100 * arrived) / runs)} % (${arrived} of ${runs})`;
  };
  const change = (id: string, figure: 'totalMs' | 'sentBytes' | 'pauseMs') =>
    rangeText(
      rangeOf(intensive.flatMap(({ rows }) => ratio(rows.get(id), rows.get('relaxed'), figure) ?? [])),
      changeText,
    ) || '-';
  const row = (name: string, id: string) => [
    ...[name, success(id)],
    ...[change(id, 'totalMs'), change(id, 'sentBytes'), change(id, 'pauseMs')],
  ];
  return [
    'Memory-intensive guests. Relaxed KVM is stock QEMU with the smallest fixed downtime limit, in steps of 100 ms, at',
    'which it completes every repeat; changes are against it: the median over the guests, with the least and the most.',
    `\n\n${table(
      ['', 'success', 'total time', 'data', 'pause'],
      [
        ['stock, thesis', '0 %', '', '', ''],
        ['MP, thesis', '100 %', '−22 %', '−19 %', ''],
        ['stock, here', success('stock'), '', '', ''],
        ['relaxed, here', success('relaxed'), '±0 %', '±0 %', '±0 %'],
        row('MP, here', 'mp'),
        row('forecast, here', 'forecast'),
        row('MP with the pause of relaxed', 'mp='),
        row('forecast with the pause of relaxed', 'forecast='),
      ],
    )}`,
  ]
    .join(' ')
    .replaceAll(' \n\n', '\n\n');
}

function ownSection(guest: GuestComparison): string {
  const { relaxedLimitMs: limitMs, allowedPauseMs: pauseMs } = guest;
  const allowed =
    limitMs === undefined || pauseMs === undefined
      ? ''
      : ` Relaxed KVM needs a limit of ${limitMs} ms; ${pauseMs} ms of pause is what \`=\` is allowed.${longerAllowed(guest)}`;
  const { rateBitsPerSecond: rate, timeLimitMs } = guest;
  const where = `${CLASS_WORDS[guest.class]}; ${rate / 1e6} Mbit/s, given up after ${timeLimitMs / 1000} s.`;
  return `### ${guest.name}: ${guest.summary}\n\n${where}${allowed}\n\n${ownTable(guest)}\n\n![Memory dirty at each boundary, and, shaded, how long the guest stood still](${passesFile(guest)})\n\nOf the first repeat; shaded: the guest stands still.`;
}

function longerAllowed({ rows, allowedPauseMs }: GuestComparison): string {
  const earlier = [...rows.keys()].some((name) => contenderOf(name) !== name);
  return earlier && allowedPauseMs !== undefined
    ? ' Rows with a time in their name were allowed that much, before relaxed KVM turned out to need more.'
    : '';
}

function peerSection(guest: GuestComparison): string {
  return `### Everybody on ${guest.name}\n\n${peersTable(guest)}\n\n![Pause over total time](${frontierFile(guest)})`;
}

function costSection({ cost }: PoliciesResult, guests: readonly GuestComparison[]): string {
  const onQemu = `## What the controller costs\n\n\`switchover migrate\`, start and end included:\n\n${policyCostTable(guests)}`;
  if (!cost) return onQemu;
  const { passToSetParametersMs: reaction } = cost.latency as {
    passToSetParametersMs?: { median: number; p99: number; count: number };
  };
  const latency = reaction
    ? `\n\nFrom QEMU's event to our command on its socket: ${reaction.median} ms, p99 ${reaction.p99} ms of ${reaction.count}.`
    : '';
  return `${onQemu}\n\nBetween libvirt hosts, the same guest, which arrives by itself:\n\n${costTable(cost)}${latency}`;
}

function passesFile({ name }: GuestComparison): string {
  return `benchmarks/${name}-passes.svg`;
}

function frontierFile({ name }: GuestComparison): string {
  return `benchmarks/${name}-everybody.svg`;
}

/** As it was expected to be when the guests were chosen. */
const CLASS_WORDS: Record<GuestComparison['class'], string> = {
  intensive: 'Memory-intensive',
  phased: 'Calm now and then',
  healthy: 'Healthy',
};

const PEERS_WORDS = `Each by its own rule and defaults ([peers.md](peers.md)); \`=\` behind a name: told the pause of relaxed KVM by its own
parameter for that, where it has one. Without it no pause was too long for a peer. \`virsh-timeout\` has no default
time and was given 10 s.`;

const ORACLE_WORDS = `The best fixed limit in hindsight: among the limits that came to a pause no longer than the policy's own, the one that
was quickest. Nobody knows it before.`;
