/** The tables of docs/benchmarks.md, from the rows of a result. Pure. */
import { contenderOf, type GuestComparison, oracleFor } from '../comparison.ts';
import { CONTENDERS } from '../contenders.ts';
import type { CostResult, CostRun } from '../controller-cost.ts';
import { type Held, ratio } from '../held-against.ts';
import { alwaysArrives, type Row, rangeOf } from '../rows.ts';
import {
  arrivedText,
  bytesText,
  changeText,
  failureText,
  msText,
  rangeText,
  ratioText,
  table,
} from './words.ts';

const OWN_ORDER = CONTENDERS.filter(({ tier }) => tier === 'own').map(({ id }) => id);
const FIGURES = ['arrived', 'total', 'of it probing', 'data', 'pause', 'slowed down'];

export function goalsTable(held: readonly Held[]): string {
  const goals = [...new Set(held.map(({ goal }) => goal))];
  const rows = goals.map((goal) => {
    const each = held.filter((one) => one.goal === goal);
    const { sense, limit } = each[0] as Held;
    const met = each.filter((one) => one.met).length;
    return [goal, `${sense} ${limit}`, `${met} of ${each.length}`, each.map(heldText).join('; ')];
  });
  return table(['goal', 'held against', 'met on', 'each guest'], rows);
}

/** What was measured, and how far off where it missed. */
function heldText({ guest, value, limit, met, note }: Held): string {
  const why = note ? ` (${note})` : '';
  if (value === undefined) return `**${guest}: not measured**${why}`;
  const off = limit > 0 ? `, ${changeText(value / limit)} off` : ', off';
  return met ? `${guest} ${ratioText(value)}${why}` : `**${guest} ${ratioText(value)}${off}**${why}`;
}

/** Our policies and QEMU's own rule on one guest, beside relaxed KVM where there is one. */
export function ownTable({ rows, relaxedLimitMs }: GuestComparison): string {
  const relaxed = rows.get('relaxed');
  const named = (row: Row) =>
    row.contender === 'relaxed' ? `relaxed, ${relaxedLimitMs ?? '?'} ms` : row.contender;
  const present = OWN_ORDER.flatMap((id) =>
    [...rows.values()].filter(({ contender }) => contenderOf(contender) === id),
  );
  const against = (row: Row) =>
    !relaxed || row === relaxed
      ? ['', '']
      : [changeText(ratio(row, relaxed, 'totalMs')), changeText(ratio(row, relaxed, 'sentBytes'))];
  const withRelaxed = relaxed ? ['total / relaxed', 'data / relaxed'] : [];
  return table(
    ['', ...FIGURES, ...withRelaxed, 'else'],
    present.map((row) => [named(row), ...figures(row), ...(relaxed ? against(row) : []), failureText(row)]),
  );
}

/** Everybody on one guest, the quickest first; those that do not always arrive behind. */
export function peersTable(guest: GuestComparison): string {
  const own = new Set(OWN_ORDER);
  const all = [...guest.rows.values()].sort(
    (a, b) => arrivalOrder(a) - arrivalOrder(b) || (a.totalMs?.median ?? 0) - (b.totalMs?.median ?? 0),
  );
  return table(
    ['', ...FIGURES, 'throttled to', 'else'],
    all.map((row) => [
      own.has(contenderOf(row.contender)) ? `**${row.contender}**` : row.contender,
      ...figures(row),
      row.throttlePercent > 0 ? `${row.throttlePercent} %` : '',
      failureText(row),
    ]),
  );
}

function arrivalOrder(row: Row): number {
  return row.successes === row.runs ? 0 : row.successes > 0 ? 1 : 2;
}

function figures(row: Row): string[] {
  const probing = row.probeMs && row.probeMs.max > 0 ? msText(row.probeMs) : '';
  return [
    ...[arrivedText(row), msText(row.totalMs), probing, bytesText(row.sentBytes)],
    ...[msText(row.pauseMs), msText(row.brownOutMs)],
  ];
}

/** The fixed limits that were tried, and which would have been best for whom. */
export function oracleTable(guests: readonly GuestComparison[]): string {
  const rows = guests.flatMap((guest) =>
    guest.fixed.map(({ limitMs, row }) => {
      const bestFor = OWN_ORDER.filter((id) => {
        const ours = guest.rows.get(id);
        return id !== 'relaxed' && alwaysArrives(ours) && oracleFor(ours, guest)?.limitMs === limitMs;
      });
      const pause = [arrivedText(row), msText(row.totalMs), bytesText(row.sentBytes), msText(row.pauseMs)];
      return [guest.name, `${limitMs} ms`, ...pause, bestFor.join(', ')];
    }),
  );
  return table(['guest', 'fixed limit', 'arrived', 'total', 'data', 'pause', 'the oracle for'], rows);
}

export function costTable({ runs }: CostResult): string {
  const whos: CostRun['who'][] = ['virsh migrate --verbose', 'switchover migrate'];
  const rows = whos.map((who) => {
    const own = runs.filter((run) => run.who === who);
    const range = (of: (run: CostRun) => number) => rangeOf(own.map(of));
    return [
      ...[who, String(own.length), msText(range(({ totalMs }) => totalMs))],
      ...[
        msText(range(({ commandCpuMs }) => commandCpuMs)),
        msText(range(({ libvirtdCpuMs }) => libvirtdCpuMs)),
      ],
      bytesText(range(({ commandRssBytes }) => commandRssBytes)),
    ];
  });
  const head = ['', 'runs', 'the whole command', 'its CPU time', "libvirtd's, at the source", 'its memory'];
  return table(head, rows);
}

/** CPU and memory of `switchover migrate` on QEMU, over all runs of a policy. */
export function policyCostTable(guests: readonly GuestComparison[]): string {
  const rows = ['stock', 'mp', 'forecast'].flatMap((id) => {
    const each = guests.flatMap(({ rows: of }) => of.get(id) ?? []);
    const cpu = rangeOf(each.flatMap(({ cpuMs }) => cpuMs?.median ?? []));
    const memory = rangeOf(each.flatMap(({ maxRssBytes }) => maxRssBytes?.median ?? []));
    return cpu ? [[id, rangeText(cpu, (ms) => `${Math.round(ms)} ms`), bytesText(memory)]] : [];
  });
  return table(['policy', 'CPU time of a migration, over the guests', 'memory'], rows);
}
