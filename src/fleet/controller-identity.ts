/**
 * Which process a controller is, so that another on the same machine can prove its end, and need not wait for its leases to
 * run out.
 */
import fs from 'node:fs';
import os from 'node:os';
import { identify, isRunning } from '../hypervisor/process-identity.ts';
import type { Database } from '../postgres/database.ts';

export interface ControllerIdentity {
  /** One start of one kernel, and one name space of process ids in it. Empty where that cannot be told. */
  readonly machine: string;
  readonly pid: number;
  readonly startTicks: number;
  readonly host: string;
}

export function ownIdentity(): ControllerIdentity {
  const startTicks = identify(process.pid)?.startTicks ?? 0;
  return { machine: thisMachine(), pid: process.pid, startTicks, host: os.hostname() };
}

/** @returns of how many controllers of this machine, which are proved dead, the leases were ended @throws {StoreError} */
export async function endLeasesOfDead(database: Database, own: ControllerIdentity): Promise<number> {
  if (own.machine === '') return 0;
  const neighbours = await database.query<{ id: string; pid: number; startTicks: number }>(
    `select id, pid, start_ticks::float8 as "startTicks" from fleet.controller
     where machine = $1 and (pid, start_ticks) <> ($2, $3)`,
    [own.machine, own.pid, own.startTicks],
  );
  const dead = neighbours.filter((each) => !isRunning(each)).map(({ id }) => id);
  if (dead.length === 0) return 0;
  await database.query("update fleet.lease set until = '-infinity' where holder = any($1)", [dead]);
  await database.query('delete from fleet.controller where id = any($1)', [dead]);
  return dead.length;
}

function thisMachine(): string {
  try {
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${fs.readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}
