/**
 * How fast switchover reacts and what it costs, on real QEMU: from QEMU's MIGRATION_PASS to our
 * migrate-set-parameters on the socket, CPU time for each minute of migration, and the time of `--help`.
 */
import { spawnSync } from 'node:child_process';
import { Bed } from '../lab/bed.ts';
import { PROGRAM, type Running } from '../lab/switchover-process.ts';
import { beScheduledPromptly } from '../src/cli/priority.ts';
import { QemuHypervisor } from '../src/hypervisor/qemu/qemu-hypervisor.ts';
import type { QmpRecord } from '../src/hypervisor/qemu/qmp/connection.ts';
import { FolderJournals } from '../src/journal/folder/folder-journals.ts';
import { initiatorHere } from '../src/journal/initiator.ts';
import { sinkOf } from '../src/journal/journal-store.ts';
import { Supervisor } from '../src/migration/supervisor.ts';
import { DEFAULT_LIMITS, type Limits, type PolicyKind } from '../src/policy/policy.ts';
import { atMost, type BenchResult, spread } from './goals.ts';
import { watchCost } from './process-cost.ts';

const SAMPLES = 300;
const CPU_SECONDS = 60;
const HELP_RUNS = 20;

const LIMITS: Limits = { ...DEFAULT_LIMITS, downtimeMs: 1 };

/** Acts at every boundary, with a limit that never fits, so that one migration gives many samples. */
const EAGER: PolicyKind = {
  name: 'eager',
  summary: 'sets a limit at every boundary',
  begin: () => ({
    initialDowntimeLimitMs: 1,
    observe: (observation) =>
      observation.kind === 'boundary'
        ? { action: 'set-downtime-limit', downtimeLimitMs: 1, asIs: true, reason: 'a sample' }
        : { action: 'continue', reason: 'between boundaries' },
  }),
};

/** @param options.busy beside other processes: then only how soon it reacts has a goal */
export async function run({ busy }: { readonly busy: boolean }): Promise<BenchResult> {
  const { sinceStampMs, sinceReadMs } = await reactions();
  const reaction = spread(sinceStampMs);
  const cpuSeconds = await cpuSecondsPerMinute();
  const help = spread(helpTimesMs());
  return {
    bench: 'latency',
    figures: {
      passToSetParametersMs: reaction,
      readToSetParametersMs: spread(sinceReadMs),
      cpuSecondsPerMinute: cpuSeconds,
      helpMs: help,
    },
    goals: [
      atMost('MIGRATION_PASS to migrate-set-parameters, p99', reaction.p99, 'ms', busy ? 10 : 5),
      ...(busy
        ? []
        : [
            atMost('CPU time for a minute of migration', cpuSeconds, 's', 1),
            atMost('switchover --help, median', help.median, 'ms', 150),
          ]),
    ],
  };
}

interface Reactions {
  /** From the time stamp that QEMU put on the event to our write, on the one clock of this machine. */
  readonly sinceStampMs: number[];
  /** Of these, from our read to our write: the rest is QEMU's way to the socket, and ours to a processor. */
  readonly sinceReadMs: number[];
}

async function reactions(): Promise<Reactions> {
  say(`${SAMPLES} reactions to MIGRATION_PASS`);
  // 16 MiB in a loop: three passes a second, and both cores as busy as they are in earnest.
  await using bed = await Bed.make({ kind: 'loop', wssMiB: 16 });
  const sinceStampMs: number[] = [];
  const sinceReadMs: number[] = [];
  let pass: { readonly stampMs: number; readonly readMs: number } | undefined;
  const controller = { enough: () => {} };
  const record = ({ direction, line, atMs }: QmpRecord) => {
    if (direction === 'in' && line.includes('"MIGRATION_PASS"')) {
      const { timestamp } = JSON.parse(line) as { timestamp: { seconds: number; microseconds: number } };
      pass = { stampMs: timestamp.seconds * 1000 + timestamp.microseconds / 1000, readMs: atMs };
    }
    if (direction !== 'out' || !pass || !line.includes('"migrate-set-parameters"')) return;
    sinceStampMs.push(performance.timeOrigin + atMs - pass.stampMs);
    sinceReadMs.push(atMs - pass.readMs);
    pass = undefined;
    if (sinceStampMs.length >= SAMPLES) controller.enough();
  };
  // As the command does; it is set for this process only once QEMU, which would inherit it, has started.
  beScheduledPromptly();
  const hypervisor = new QemuHypervisor({ qmp: { record } });
  const migration = await hypervisor.start(
    bed.source,
    { vm: bed.destination, migrateUri: bed.pair.migrateUri, listenUri: undefined },
    {
      force: bed.pair.source.losesWritesWorkaround,
      postCopy: false,
      brake: false,
      downtimeLimitMs: 1,
      bandwidthBytesPerSecond: undefined,
      lineRateBytesPerSecond: undefined,
    },
  );
  const journal = await new FolderJournals(bed.stateDir).open({
    origin: 'migrate',
    switchoverVersion: '',
    vm: bed.source,
    vmUuid: null,
    destination: null,
    migrateUri: null,
    policy: EAGER.name,
    limits: LIMITS,
    guest: migration.guest,
    initiator: initiatorHere(),
    reason: null,
    correlationId: null,
    continues: null,
    inherits: [],
    destinationWaits: false,
  });
  const supervisor = new Supervisor(migration, EAGER, LIMITS, sinkOf(journal));
  controller.enough = () => supervisor.cancel('enough samples');
  await supervisor.run();
  await migration.detach();
  await journal.close();
  return { sinceStampMs, sinceReadMs };
}

/** User and system time of the command, from its start to its end, over a migration that stock QEMU never ends. */
async function cpuSecondsPerMinute(): Promise<number> {
  say(`CPU time over ${CPU_SECONDS} s of migration`);
  await using bed = await Bed.make({ kind: 'loop', wssMiB: 128 });
  const running = await bed.migrate('--policy', 'stock', '--timeout', `${CPU_SECONDS}s`, '--json');
  return (await lastCpuSeconds(running)) * (60 / CPU_SECONDS);
}

async function lastCpuSeconds(running: Running): Promise<number> {
  const cost = watchCost(running.process.pid);
  await running.ended;
  return cost().cpuMs / 1000;
}

function helpTimesMs(): number[] {
  say(`${HELP_RUNS} times --help`);
  return Array.from({ length: HELP_RUNS }, () => {
    const startedMs = performance.now();
    const { status } = spawnSync(PROGRAM, ['--help']);
    if (status !== 0) throw new Error(`switchover --help ended with ${status}`);
    return performance.now() - startedMs;
  });
}

function say(what: string): void {
  process.stderr.write(`bench: measuring ${what}\n`);
}
