/** docs/convergence.md: the thesis's table, emulated guests and KVM guests one below the other. */
import { formatBytes, formatDuration, formatRate } from '../../src/model/units.ts';
import type { Spread } from '../goals.ts';
import { rangeText, table } from '../policies/report/words.ts';
import type { ConvergenceFigures } from './figures.ts';
import type { RowFigures } from './run.ts';

const HEAD = [
  'policy',
  'arrived',
  'memory right',
  'passes',
  'total time',
  'data sent',
  'pause',
  'slowed down for',
];

const INTRODUCTION = `# The thesis's table

Made by \`./dev bench convergence --write\` and \`./dev bench convergence --kvm --write\` from what they keep in
\`bench/results/\`. A guest rewrites its memory faster than its link carries it: under stock QEMU it never arrives, under MP
and forecast it does, with all its memory, which the guest itself checks page by page after each run. Figures are medians,
with minimum and maximum; those of stock are of the time after which it was given up. With a [brake](brake.md#where-it-pays) that pays the guest is slowed
down, here to a fiftieth of its speed, in place of most of the pause; only guests on KVM get one. Each of forecast's runs has a guest
and a controller of its own, so that nothing is known from earlier runs.
`;

export function page(measured: readonly ConvergenceFigures[]): string {
  return [INTRODUCTION, ...measured.map(section)].join('\n');
}

function section(figures: ConvergenceFigures): string {
  const { accelerator, setting, environment, stock, mp, forecast, braking, idle } = figures;
  const rows: [string, RowFigures][] = [
    [`stock, given up after ${setting.stockSeconds} s`, stock],
    ['mp', mp],
    ['forecast', forecast],
    ...rowIfAny('forecast, `--brake when-it-pays`', braking),
    ...rowIfAny('forecast, an idle guest', idle),
  ];
  return `## ${accelerator === 'kvm' ? 'On KVM' : 'Emulated (TCG)'}

${whereabouts(figures)}

${table(
  HEAD,
  rows.map(([name, row]) => [name, ...cells(row)]),
)}

Measured on ${environment.date} at commit ${environment.commit} by \`${environment.command}\`: ${environment.qemu}, ${environment.cores} cores of ${environment.cpu}, ${environment.kernel}.
`;
}

function rowIfAny(name: string, row: RowFigures | null): [string, RowFigures][] {
  return row === null ? [] : [[name, row]];
}

function whereabouts({ accelerator, setting, brokenGuests = 0 }: ConvergenceFigures): string {
  const { workload, memoryMiB, rateBitsPerSecond } = setting;
  const { pagesPerSecond = 0 } = workload;
  const pace = pagesPerSecond === 0 ? 'flat out' : `at ${pagesPerSecond} pages a second`;
  const guest = `A guest of ${memoryMiB} MiB rewrites ${workload.wssMiB} MiB ${pace}; the link carries ${formatRate(rateBitsPerSecond / 8)}.`;
  if (accelerator === 'tcg') return guest;
  return `${guest} The host is a virtual machine whose processor, with AMD's virtualization, QEMU emulates: KVM's dirty log, the
passes and the decisions are real, and so is what the link does to them; times that the processor takes are the
emulation's, and longer than on a machine.${brokenGuests === 0 ? '' : ` Not counted, and made anew: ${brokenGuests} whose guest the emulation broke ([lab.md](lab.md)).`}`;
}

function cells({
  runs,
  completed,
  verified,
  passes,
  totalMs,
  sentBytes,
  pauseMs,
  brownOutMs,
}: RowFigures): string[] {
  return [
    `${completed} of ${runs}`,
    `${verified} of ${runs}`,
    rangeText(passes, String),
    rangeText(totalMs, formatDuration),
    rangeText(sentBytes, formatBytes),
    orNone(pauseMs),
    orNone(brownOutMs),
  ];
}

function orNone(ms: Spread | null): string {
  return ms === null ? '-' : rangeText(ms, formatDuration);
}
