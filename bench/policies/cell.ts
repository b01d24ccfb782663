/** One run: a guest at work on its bed, one contender, one migration, its figures. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bed } from '../../lab/bed.ts';
import { askMonitor } from '../../lab/monitor.ts';
import { documentFrom } from '../../lab/switchover-process.ts';
import type { MigrationDocument } from '../../src/journal/document.ts';
import { FolderJournals } from '../../src/journal/folder/folder-journals.ts';
import type { JournalEntry } from '../../src/journal/journal-entry.ts';
import type { StartsWith } from '../../src/policy/policy.ts';
import { watchCost } from '../process-cost.ts';
import type { CellKey, CellRecord } from './record.ts';

const WITH_PEERS = [process.execPath, path.join(import.meta.dirname, 'switchover-with-peers.ts')];

/** Between the last check of the guest and the next start: its work has to be under way again. */
const SETTLE_MS = 1500;

/** After any other end QEMU may be left as the next run must not find it. */
const ENDED_ORDERLY: ReadonlySet<string> = new Set(['completed', 'aborted']);

export interface Trial extends CellKey {
  readonly stage: CellRecord['stage'];
  readonly limitMs: number | null;
  readonly allowedPauseMs: number | null;
  readonly args: readonly string[];
  readonly startsWith: StartsWith;
  readonly timeLimitMs: number;
}

export interface Ran {
  readonly record: CellRecord;
  readonly journal: string;
  /** The guest is whole and runs on one side, and nothing failed: the bed can be used again. */
  readonly reusable: boolean;
}

/** Leaves the guest at work on the bed's source, wherever it arrived. */
export async function runCell(bed: Bed, trial: Trial): Promise<Ran> {
  const startedMs = performance.now();
  await sleep(SETTLE_MS);
  // Its own folder for each run: what one migration has learned must not help the next.
  const stateDir = await mkdtemp(path.join(os.tmpdir(), 'switchover-bench-'));
  try {
    await startAs(bed, trial.startsWith, true);
    const timeout = `${trial.timeLimitMs}ms`;
    const args = ['--json', '--timeout', timeout, ...trial.args, '--state-dir', stateDir];
    const running = await bed.migrateBy(WITH_PEERS, ...args);
    const cost = watchCost(running.process.pid);
    const document = documentFrom(await running.ended);
    const spent = cost();
    const side = document.runsOn === 'destination' ? 'destination' : 'source';
    const { ok, reason } = await bed.arrival(side);
    const { entries } = await new FolderJournals(stateDir).read(document.id, 0, { samples: true });
    const { guest, contender, repeat, stage, limitMs, allowedPauseMs } = trial;
    const figures = figuresOf(document, throttleIn(entries));
    if (ok) {
      if (side === 'destination') await bed.turnAround();
      // One that was given up late is still there, and waits for nobody any more.
      else await bed.pair.startDestination();
      await startAs(bed, trial.startsWith, false);
    }
    const record: CellRecord = {
      ...{ guest, contender, repeat, stage, limitMs, allowedPauseMs },
      args: ['--timeout', timeout, ...trial.args],
      success: ok && document.outcome === 'completed' && document.totalMs <= trial.timeLimitMs,
      ...figures,
      ...{ memoryOk: ok, memoryReason: reason, ...spent },
      tookMs: Math.round(performance.now() - startedMs),
      finishedAt: new Date().toISOString(),
    };
    const journal = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    return { record, journal, reusable: ok && ENDED_ORDERLY.has(record.outcome) };
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
}

/** Switches on (or off again) what a peer's system has QEMU do, as that system would: before the start. */
async function startAs(bed: Bed, { autoConverge, xbzrle }: StartsWith, on: boolean): Promise<void> {
  const wanted = [...(autoConverge ? ['auto-converge'] : []), ...(xbzrle ? ['xbzrle'] : [])];
  if (wanted.length === 0) return;
  const capabilities = wanted.map((capability) => ({ capability, state: on }));
  const { source, destination } = bed.pair;
  await askMonitor(source.monitor2Path, 'migrate-set-capabilities', { capabilities });
  // A destination whose migration was given up has ended, and the next one begins with QEMU's defaults.
  if (on) await askMonitor(destination.monitor2Path, 'migrate-set-capabilities', { capabilities });
  if (autoConverge && on)
    await askMonitor(source.monitor2Path, 'migrate-set-parameters', {
      'cpu-throttle-initial': autoConverge.initialPercent,
      'cpu-throttle-increment': autoConverge.incrementPercent,
      'throttle-trigger-threshold': autoConverge.triggerThresholdPercent,
    });
}

function figuresOf(document: MigrationDocument, throttlePercent: number) {
  const { outcome, reason, totalMs, sentBytes, pauseMs, reportedDowntimeMs } = document;
  return {
    ...{ outcome: outcome ?? 'unknown', reason, totalMs, sentBytes, pauseMs, reportedDowntimeMs },
    ...{ throttlePercent, brownOutMs: document.brownOut?.ms ?? null },
    probeMs: document.foreseen?.tookMs ?? 0,
    boundaries: document.boundaries.map(({ pass, atMs, sentBytes: sent, remainingBytes }) => ({
      ...{ pass, atMs, sentBytes: sent, remainingBytes },
    })),
    decisions: document.decisions
      .filter(({ action }) => action !== 'continue')
      .map(({ atMs, pass, action }) => ({ atMs, pass, action })),
  };
}

function throttleIn(entries: readonly JournalEntry[]): number {
  const percents = entries.map((entry) => (entry.type === 'tick' ? entry.tick.throttlePercent : 0));
  return Math.max(0, ...percents);
}
