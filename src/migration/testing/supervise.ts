/** A supervisor over a scripted migration, and what such a migration tells. */
import type { MigrationEvent } from '../../hypervisor/hypervisor.ts';
import type { Happening } from '../../journal/journal-entry.ts';
import { mp } from '../../policy/mp.ts';
import { DEFAULT_LIMITS, type Decision, type Limits, type PolicyKind } from '../../policy/policy.ts';
import type { OtherHand } from '../other-hand.ts';
import { Supervisor } from '../supervisor.ts';
import type { ScriptedMigration } from './scripted-migration.ts';

export const MB = 1e6;
export function boundary(
  pass: number,
  atMs: number,
  remainingMB: number,
  sentMB = atMs * 0.06,
): MigrationEvent {
  return {
    kind: 'boundary',
    pass,
    atMs,
    sentBytes: sentMB * MB,
    remainingBytes: remainingMB * MB,
    totalBytes: 537 * MB,
  };
}

export function tick(atMs: number, sentMB: number, throttlePercent = 0): MigrationEvent {
  return {
    kind: 'tick',
    pass: 2,
    atMs,
    sentBytes: sentMB * MB,
    remainingBytes: 50 * MB,
    totalBytes: 537 * MB,
    throttlePercent,
  };
}

export const ARRIVED = {
  result: 'completed',
  whereabouts: { source: 'handed-over', destination: 'running' },
  destinationEverRan: true,
} as const;
export const STAYED = {
  result: 'cancelled',
  whereabouts: { source: 'running', destination: 'gone' },
} as const;

export function supervise(
  migration: ScriptedMigration,
  {
    kind = mp(),
    limits = {},
    otherHand,
  }: { kind?: PolicyKind; limits?: Partial<Limits>; otherHand?: OtherHand } = {},
) {
  const journal: (Happening & { atMs: number })[] = [];
  const supervisor = new Supervisor(
    migration,
    kind,
    { ...DEFAULT_LIMITS, ...limits },
    { write: (atMs, happening) => journal.push({ atMs, ...happening }) },
    undefined,
    [],
    otherHand,
  );
  return { supervisor, journal, done: supervisor.run() };
}

/** A policy that says the same thing at every boundary. */
export function always(decision: Decision): PolicyKind {
  return {
    name: 'always',
    summary: '',
    begin: () => ({ initialDowntimeLimitMs: 300, observe: () => decision }),
  };
}

/** Lets the supervisor take everything that was emitted. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));
