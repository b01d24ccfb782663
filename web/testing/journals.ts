/** Journals as switchover writes them: simulated guests, migrated by the supervisor that production uses. */
import { randomUUID } from 'node:crypto';
import {
  type Happening,
  JOURNAL_SCHEMA,
  type JournalEntry,
  type Opened,
} from '../../src/journal/journal-entry.ts';
import { drawGuest } from '../../src/simulate/draw-guest.ts';
import { kindOf } from '../../src/simulate/policy-choice.ts';
import { foreseenBy, hostsFor, runOne } from '../../src/simulate/run-one.ts';
import { parseScenario } from '../../src/simulate/scenario-file.ts';
import { VERSION } from '../../src/version.ts';

export interface Wish {
  readonly vm: string;
  readonly source: string;
  readonly destination: string;
  readonly policy: string;
  /** Of a scenario file: the tables `guest`, `link` and `limits`. */
  readonly scenario: string;
  readonly reason?: string;
  readonly correlationId?: string;
  readonly requestedBy?: string;
}

let count = 0;

/** @param startedAtMs wall clock @returns the whole journal, its entries dated from there on */
export async function journalOf(wish: Wish, startedAtMs: number): Promise<readonly JournalEntry[]> {
  const file = parseScenario(wish.scenario, wish.vm);
  const guest = { ...drawGuest(file, 0), tickMs: 250 };
  const happenings: { atMs: number; happening: Happening }[] = [];
  count += 1;
  const opened: Opened = {
    type: 'opened',
    id: `${new Date(startedAtMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}-${wish.vm}-${count}`,
    origin: 'migrate',
    switchoverVersion: VERSION,
    vm: wish.source,
    vmUuid: randomUUID(),
    destination: wish.destination,
    migrateUri: null,
    policy: wish.policy,
    limits: file.limits,
    guest: {
      vm: wish.source,
      name: wish.vm,
      hypervisor: 'QEMU 10.0.2',
      accelerator: 'kvm',
      machineType: 'pc-q35-10.0',
      memoryBytes: guest.memoryBytes,
      vcpus: 4,
      state: 'running',
      migrating: false,
      losesWrites: undefined,
    },
    initiator: {
      user: wish.requestedBy ?? 'ops',
      uid: 1000,
      host: 'control1',
      pid: 4711,
      command: ['switchover', 'serve'],
    },
    reason: wish.reason ?? null,
    correlationId: wish.correlationId ?? null,
    continues: null,
    inherits: [],
    destinationWaits: true,
    streams: null,
    encrypted: true,
  };
  happenings.push({ atMs: 0, happening: opened });
  const sink = { write: (atMs: number, happening: Happening) => void happenings.push({ atMs, happening }) };
  const kind = kindOf({ name: wish.policy, given: {} });
  const known = await foreseenBy(hostsFor(guest, kind, file.limits), file.limits);
  sink.write(0, { type: 'foreseen', known, tookMs: 0 });
  await runOne(guest, kind, file.limits, sink, known);
  return happenings.map(({ atMs, happening }, seq) => entryOf(seq, atMs, happening, startedAtMs));
}

export function entryOf(seq: number, atMs: number, happening: Happening, startedAtMs: number): JournalEntry {
  return {
    schema: JOURNAL_SCHEMA,
    seq,
    time: new Date(startedAtMs + atMs).toISOString(),
    atMs,
    ...happening,
  };
}

/** As the supervisor ends a migration of which both monitors are lost while the guest stands still. */
export function withBothLost(entries: readonly JournalEntry[], startedAtMs: number): readonly JournalEntry[] {
  const stopped = entries.findIndex((entry) => entry.type === 'guest' && entry.event === 'stopped');
  const { atMs = 0 } = entries[stopped] ?? {};
  const sentBytes = entries.findLast((entry) => entry.type === 'tick')?.tick.sentBytes ?? 0;
  const lost = (side: 'source' | 'destination'): Happening => ({
    type: 'monitor',
    side,
    state: 'lost',
    words: 'the connection was reset',
  });
  const ended: Happening = {
    type: 'ended',
    outcome: {
      outcome: 'failed',
      runsOn: 'unknown',
      reason:
        'neither hypervisor answers, so nothing was resumed: one of them may run the guest. Look at both hosts, and let it run on one',
      pauseMs: null,
      totalMs: atMs + 31_000,
      sentBytes,
      memoryIntensive: null,
      neededPauseMs: null,
      reportedDowntimeMs: null,
    },
  };
  const more: readonly (readonly [number, Happening])[] = [
    [300, lost('source')],
    [400, lost('destination')],
    [31_000, ended],
  ];
  return [
    ...entries.slice(0, stopped + 1),
    ...more.map(([afterMs, happening], index) =>
      entryOf(stopped + 1 + index, atMs + afterMs, happening, startedAtMs),
    ),
  ];
}
