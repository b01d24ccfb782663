/** A memory-intensive guest and an idle one, each between two QEMUs, in turn. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Bed, LOOP } from '../lab/bed.ts';
import type { Workload } from '../lab/guest/workload.ts';
import { askMonitor, runState } from '../lab/monitor.ts';
import { documentFrom, type Ran } from '../lab/switchover-process.ts';
import type { Course, Footprint, Hop } from './course.ts';
import { drawWish } from './drawn.ts';
import { leftBehind } from './footprint.ts';

const GUESTS = { loop: LOOP, idle: { kind: 'idle' } } as const satisfies Record<string, Workload>;
type Name = keyof typeof GUESTS;
const NAMES: readonly Name[] = ['loop', 'idle'];
const MEMORY_MIB = 256;

export class QemuCourse implements Course {
  private readonly seed: number;
  private readonly beds = new Map<Name, Bed>();
  /** Of all beds together. */
  private readonly stateDir: string;
  private readonly temporary: string;

  constructor(seed: number) {
    this.seed = seed;
    this.stateDir = mkdtempSync(path.join(os.tmpdir(), 'switchover-soak-'));
    this.temporary = mkdtempSync(path.join(os.tmpdir(), 'switchover-soak-tmp-'));
  }

  async hop(number: number): Promise<Hop> {
    const name = NAMES[number % NAMES.length] ?? 'loop';
    const bed = this.beds.get(name) ?? (await Bed.make(GUESTS[name], { memoryMiB: MEMORY_MIB }));
    this.beds.set(name, bed);
    const wish = drawWish(this.seed, number, 'qemu');
    const what = [name, ...wish].join(' ');
    const sinceMs = performance.now();
    const before = {
      source: await settingsOf(bed, 'source'),
      destination: await settingsOf(bed, 'destination'),
    };
    const ran = await this.migrate(bed, wish);
    const tookMs = performance.now() - sinceMs;
    const problems = [...saidWrong(ran), ...(await this.foundWrong(bed, before))];
    // Whatever is left of it proves nothing any more.
    if (problems.length > 0) await this.drop(name);
    else await bed.turnAround();
    return { what, problems, pauseMs: pauseOf(ran), tookMs, log: `${ran.stderr}\n${ran.stdout}` };
  }

  async footprint(): Promise<Footprint> {
    return leftBehind(this.stateDir, this.temporary, this.stateDir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of [...this.beds.keys()]) await this.drop(name);
    for (const folder of [this.stateDir, this.temporary]) rmSync(folder, { recursive: true, force: true });
  }

  private async migrate(bed: Bed, wish: readonly string[]): Promise<Ran> {
    const env = ['env', `TMPDIR=${this.temporary}`];
    const running = await bed.migrateBy(env, '--state-dir', this.stateDir, '--json', ...wish);
    return await running.ended;
  }

  /** By connections of the soak's own, and by the guest itself. */
  private async foundWrong(bed: Bed, before: Record<'source' | 'destination', string>): Promise<string[]> {
    const problems: string[] = [];
    const states = {
      source: await runState(bed.pair.source.monitor2Path),
      destination: await runState(bed.pair.destination.monitor2Path),
    };
    if (states.destination !== 'running') problems.push(`the destination is ${states.destination ?? 'gone'}`);
    if (states.source !== 'postmigrate') problems.push(`the source is ${states.source ?? 'gone'}`);
    if (problems.length > 0) return problems;
    const { ok, reason } = await bed.arrival('destination');
    if (!ok) problems.push(reason);
    for (const side of ['source', 'destination'] as const) {
      const after = await settingsOf(bed, side);
      if (after !== before[side])
        problems.push(`the ${side}'s settings were ${before[side]}, and are ${after}`);
    }
    return problems;
  }

  private async drop(name: Name): Promise<void> {
    await this.beds.get(name)?.[Symbol.asyncDispose]();
    this.beds.delete(name);
  }
}

/** What a migration sets, and has to put back. */
async function settingsOf(bed: Bed, side: 'source' | 'destination'): Promise<string> {
  const at = bed.pair[side].monitor2Path;
  const capabilities = (await askMonitor(at, 'query-migrate-capabilities')) as {
    capability: string;
    state: boolean;
  }[];
  const on = capabilities.filter(({ state }) => state).map(({ capability }) => capability);
  return JSON.stringify({ on, ...((await askMonitor(at, 'query-migrate-parameters')) as object) });
}

function saidWrong(ran: Ran): string[] {
  if (ran.status !== 0) return [`switchover ended with status ${ran.status}: ${lastLine(ran.stderr)}`];
  const { outcome, runsOn } = documentFrom(ran);
  return outcome === 'completed' && runsOn === 'destination'
    ? []
    : [`switchover said ${outcome}, runs on ${runsOn}`];
}

function pauseOf(ran: Ran): number | null {
  try {
    return documentFrom(ran).pauseMs;
  } catch {
    return null;
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
