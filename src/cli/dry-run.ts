/** `switchover migrate --dry-run`: what forbids the migration, and what the guest's memory is like. */
import type {
  CheckOptions,
  CheckReport,
  Destination,
  DirtyRateProbe,
  Hypervisor,
} from '../hypervisor/hypervisor.ts';
import { chooseStreams, isAuto } from '../migration/choose-streams.ts';
import { expectedFixedCostMs, type GuestSize } from '../model/fixed-cost-by-size.ts';
import { shown } from '../model/shown.ts';
import type { AutoStreams, Streams } from '../model/streams.ts';
import { formatBytes, formatDuration, formatRate } from '../model/units.ts';
import type { Limits } from '../policy/policy.ts';
import { EXIT } from './exit-status.ts';

export interface DryRunParts {
  readonly hypervisor: Hypervisor;
  readonly vm: string;
  readonly destination: Destination;
  readonly checks: CheckOptions;
  readonly streams: Streams | AutoStreams | undefined;
  readonly limits: Limits;
  readonly json: boolean;
}

const PROBE_MS = 1000;

/** @returns the exit status @throws {RefusedError} when the guest itself cannot be reached */
export async function dryRun(parts: DryRunParts): Promise<number> {
  const report = await reportOf(parts);
  const probe =
    report.guest.state === 'running' && !report.guest.migrating
      ? await parts.hypervisor.probeDirtyRate(parts.vm, PROBE_MS, report.guest).catch(() => undefined)
      : undefined;
  process.stdout.write(
    parts.json
      ? `${JSON.stringify(documentOf(parts, report, probe), null, 2)}\n`
      : text(parts, report, probe),
  );
  return report.findings.length === 0 ? 0 : EXIT.refused;
}

/** Whether pages would be compressed is worth a note. */
async function reportOf(parts: DryRunParts): Promise<CheckReport> {
  const { hypervisor, vm, destination, checks, limits, streams } = parts;
  if (!isAuto(streams)) return await hypervisor.check(vm, destination, { ...checks, streams });
  const report = await hypervisor.check(vm, destination, { ...checks, streams: streams.otherwise });
  if (report.findings.length > 0) return report;
  const wish = { auto: streams, vm, destination, checks, limits, known: undefined };
  const { why } = await chooseStreams(hypervisor, report.guest, wish);
  return { ...report, notes: [...report.notes, why] };
}

function documentOf(
  parts: DryRunParts,
  { guest, findings, notes, warnings = [], encrypted }: CheckReport,
  probe: DirtyRateProbe | undefined,
) {
  return {
    schema: 1,
    vm: guest.name,
    source: parts.vm,
    destination: parts.destination.vm,
    possible: findings.length === 0,
    findings: findings.map(({ code, message }) => ({ code, message })),
    notes,
    warnings,
    encrypted: encrypted ?? null,
    guest: {
      hypervisor: guest.hypervisor,
      accelerator: guest.accelerator,
      machineType: guest.machineType ?? null,
      memoryBytes: guest.memoryBytes,
      state: guest.state,
    },
    dirtyRate: probe ? { bytesPerSecond: probe.dirtyRateBytesPerSecond, overMs: probe.durationMs } : null,
  };
}

function text(parts: DryRunParts, report: CheckReport, probe: DirtyRateProbe | undefined): string {
  const { guest, findings, notes, warnings = [], encrypted } = report;
  const to = parts.destination.vm;
  const lines =
    findings.length === 0
      ? [`${parts.vm} can be migrated to ${to}: nothing forbids it, and nothing was touched`]
      : [
          `${parts.vm} cannot be migrated to ${to}; nothing was touched:`,
          ...findings.map(({ message }) => `  - ${message}`),
        ];
  const row = (name: string, words: string) => lines.push(`  ${name.padEnd(8)} ${words}`);
  row('guest', `${guest.name}, ${guest.hypervisor}, ${guest.accelerator.toUpperCase()}, ${guest.state}`);
  row('memory', formatBytes(guest.memoryBytes));
  if (probe) row('dirties', dirtying(probe, parts.limits, guest));
  if (encrypted && findings.length === 0) row('stream', 'encrypted (TLS)');
  for (const warning of warnings) row('warning', warning);
  for (const note of notes) row('note', note);
  return `${lines.map(shown).join('\n')}\n`;
}

/**
 * Distinct pages found dirty within the probe: a lower bound of what any later second dirties, so what the line
 * cannot carry in that time no pass of that length or longer can get under.
 */
function dirtying(
  { dirtyRateBytesPerSecond: rate, durationMs }: DirtyRateProbe,
  limits: Limits,
  guest: GuestSize,
): string {
  const measured = `${formatRate(rate)}, sampled over ${formatDuration(durationMs)}`;
  const line = limits.lineRateBytesPerSecond;
  if (line === undefined) return `${measured} (--line-rate tells what that means for the pause)`;
  if (rate <= line) return `${measured}: less than the line of ${formatRate(line)} carries`;
  const pauseMs = ((rate * durationMs) / 1000 / line) * 1000 + expectedFixedCostMs(guest).middle;
  return (
    `${measured}: more than the line of ${formatRate(line)} carries, so it is memory-intensive ` +
    `and needs a pause of about ${formatDuration(pauseMs)} or more`
  );
}
