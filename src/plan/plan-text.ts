/** A plan as text for a terminal. */

import { shown } from '../model/shown.ts';
import { table } from '../model/table.ts';
import { transferMs } from '../model/transfer.ts';
import { formatBytes, formatDuration, formatRate, spellDuration } from '../model/units.ts';
import type { Planned } from './document.ts';
import { fixedCostLine } from './fixed-cost-line.ts';
import type { Plan } from './plan.ts';
import {
  around,
  changeInWords,
  meansInShort,
  slowedDown,
  verdictSentence,
  wayOutInWords,
} from './plan-words.ts';
import type { Rehearsal } from './rehearse.ts';
import type { WhatIf } from './what-if.ts';

/** @param peers names of policies that are rules of other systems */
export function planText(planned: Planned, peers: ReadonlySet<string>): string {
  const { guest, destination, plan, findings, limits } = planned;
  const lines: string[] = [];
  if (findings.length > 0)
    lines.push(
      `${guest.name} cannot be migrated to ${destination}; nothing was touched:`,
      ...findings.map(({ message }) => `  - ${message}`),
    );
  lines.push(`${guest.name}: ${verdictSentence(plan, limits)}`);
  for (const [name, words] of factsOf(planned)) lines.push(`  ${name.padEnd(8)} ${words}`);
  if (plan.waysOut.length > 0) {
    lines.push('', 'It would be possible with');
    const rows = plan.waysOut.map((way) => [`  ${changeInWords(way)}`, wayOutInWords(way)]);
    lines.push(...table(rows).split('\n'));
  }
  if (plan.chosen) lines.push('', ...comparison(plan.chosen, plan, peers), ...remarks(plan.others, peers));
  if (plan.whatIf) lines.push('', ...whatIfLines(plan.whatIf));
  return `${lines.map(shown).join('\n')}\n`;
}

function factsOf(planned: Planned): [string, string][] {
  const { guest, foreseen, plan, limits, notes } = planned;
  const { known, probeRefusal } = foreseen;
  const rows: [string, string][] = [
    ['guest', `${guest.hypervisor}, ${guest.accelerator.toUpperCase()}, ${guest.state}`],
  ];
  const held =
    known.residentBytes === undefined ? '' : `, of which ${formatBytes(known.residentBytes)} are in use`;
  rows.push(['memory', `${formatBytes(guest.memoryBytes)}${held}`]);
  const probed = known.probes.map(
    ({ bytes, durationMs }) => `${formatBytes(bytes)} within ${formatDuration(durationMs)}`,
  );
  if (probed.length > 0) rows.push(['dirties', probed.join(', ')]);
  if (plan.prospects)
    rows.push([
      'link',
      `carries ${around(plan.prospects.payloadRate, formatRate)} of memory` +
        (plan.prospects.lineUnknown ? ': only its cap is known, --line-rate makes the pause exact' : ''),
    ]);
  rows.push(['fixed', fixedCostLine(known)]);
  if (known.earlierPasses.length > 0 || known.passTransfers.length > 0)
    rows.push([
      'earlier',
      `${known.earlierPasses.length} passes of this guest and ${known.passTransfers.length} transfers over this link are known`,
    ]);
  if (plan.prospects?.hadPhases)
    rows.push([
      'note',
      'the guest changes what it does: the figures are of what it did last, and hold while it goes on so',
    ]);
  const short = watchedTooShort(planned);
  if (short) rows.push(['note', short]);
  if (probeRefusal !== undefined)
    rows.push([
      'note',
      `made without a probe of the guest, only from its earlier migrations: ${probeRefusal}`,
    ]);
  for (const note of notes) rows.push(['note', note]);
  rows.push([
    'limits',
    `a pause of ${spellDuration(limits.downtimeMs)} is always fine, ${spellDuration(limits.maxDowntimeMs)} the longest allowed`,
  ]);
  return rows;
}

/** A pass this many times as long as the guest was watched is told by little. */
const BEYOND_WATCHED = 4;

/** What would make the bounds narrower; undefined where nothing that easy does. */
function watchedTooShort({ foreseen: { known }, plan: { prospects } }: Planned): string | undefined {
  const watchedMs = Math.max(
    ...[...known.probes, ...known.earlierPasses].map(({ durationMs }) => durationMs),
  );
  const firstMs = prospects && transferMs(prospects.firstPassBytes.middle, prospects.payloadRate.middle);
  if (!firstMs || !(watchedMs > 0 && firstMs > BEYOND_WATCHED * watchedMs)) return undefined;
  return (
    `the first pass takes ${formatDuration(firstMs)}, and the guest was watched for ${formatDuration(watchedMs)}: ` +
    `--probe ${spellDuration(Math.min(60_000, Math.ceil(firstMs / 2 / 5000) * 5000))} would make the bounds narrower`
  );
}

function comparison(
  chosen: Rehearsal,
  { compressed, others }: Pick<Plan, 'compressed' | 'others'>,
  peers: ReadonlySet<string>,
): string[] {
  const named = (name: string, rehearsal: Rehearsal) => ({ ...rehearsal, policy: name });
  const rehearsals = [
    chosen,
    ...(compressed ? [named(`${chosen.policy}, --compress zstd`, compressed)] : []),
    ...others,
  ];
  return table([
    ['POLICY', 'TOTAL', 'SENT', 'PAUSE', ''],
    ...rehearsals.map((rehearsal) => {
      const { policy, end, figures, neededPauseMs } = rehearsal;
      const name = peers.has(policy) ? `${policy} *` : policy;
      if (!figures)
        return [name, end === 'never-ends' ? 'never ends' : 'gives up', '-', '-', needs(neededPauseMs)];
      return [
        name,
        around(figures.totalMs, formatDuration),
        formatBytes(figures.sentBytes.middle),
        around(figures.pauseMs, formatDuration),
        [...[slowedDown(rehearsal) ?? []].flat(), ...meansInShort(rehearsal)].join(', '),
      ];
    }),
  ]).split('\n');
}

function whatIfLines({ lineRates, maxDowntimesMs, cells }: WhatIf): string[] {
  const rows = table([
    ['LINE', ...maxDowntimesMs.map((ms) => `UP TO ${spellDuration(ms)}`)],
    ...cells.map((row, index) => [
      formatRate(lineRates[index] ?? 0),
      ...row.map((cell) => (cell ? `${formatDuration(cell.totalMs)}, ${formatDuration(cell.pauseMs)}` : '-')),
    ]),
  ]);
  return [
    'Total time and pause, if the line carried so much and --max-downtime were that (-: not possible)',
    ...rows.split('\n'),
  ];
}

function needs(pauseMs: number | undefined): string {
  return pauseMs === undefined ? '' : `needs a pause of ${formatDuration(pauseMs)}`;
}

function remarks(others: readonly Rehearsal[], peers: ReadonlySet<string>): string[] {
  return others.some(({ policy }) => peers.has(policy))
    ? ["* by that system's own rule and defaults, whatever your limits"]
    : [];
}
