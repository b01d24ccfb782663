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
  const { totalMs, qemuMs } = await reactions();
  const reaction = spread(totalMs);
  const cpuSeconds = await cpuSecondsPerMinute();
  const help = spread(helpTimesMs());
  return {
    bench: 'latency',
    figures: {
      passToSetParametersMs: reaction,
      ofWhichQemuMs: spread(qemuMs),
      ofWhichOursMs: spread(totalMs.map((ms, index) => ms - (qemuMs[index] ?? 0))),
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
  readonly totalMs: number[];
  /** Of these, what QEMU took: to bring the event to the socket, and to answer how much is left. */
  readonly qemuMs: number[];
}

async function reactions(): Promise<Reactions> {
  say(`${SAMPLES} reactions to MIGRATION_PASS`);
  // 16 MiB in a loop: three passes a second, and both cores as busy as they are in earnest.
  await using bed = await Bed.make({ kind: 'loop', wssMiB: 16 });
  const totalMs: number[] = [];
  const qemuMs: number[] = [];
  let pass: { readonly stampMs: number; qemuMs: number; askedMs: number | undefined } | undefined;
  const controller = { enough: () => {} };
  const record = ({ direction, line, atMs: sinceOriginMs }: QmpRecord) => {
    const atMs = performance.timeOrigin + sinceOriginMs;
    if (direction === 'in' && line.includes('"MIGRATION_PASS"')) {
      const { timestamp } = JSON.parse(line) as { timestamp: { seconds: number; microseconds: number } };
      const stampMs = timestamp.seconds * 1000 + timestamp.microseconds / 1000;
      pass = { stampMs, qemuMs: atMs - stampMs, askedMs: undefined };
    } else if (!pass) return;
    else if (direction === 'in') {
      if (pass.askedMs !== undefined) pass.qemuMs += atMs - pass.askedMs;
      pass.askedMs = undefined;
    } else if (line.includes('"migrate-set-parameters"')) {
      totalMs.push(atMs - pass.stampMs);
      qemuMs.push(pass.qemuMs);
      pass = undefined;
      if (totalMs.length >= SAMPLES) controller.enough();
    } else pass.askedMs ??= atMs;
  };
  // As the command does; it is set for this process only once QEMU, which would inherit it, has started.
  beScheduledPromptly();
  const hypervisor = new QemuHypervisor({ qmp: { record } });
  const migration = await hypervisor.start(
    bed.source,
    { vm: bed.destination, migrateUri: bed.pair.migrateUri, listenUri: undefined },
    {
      meant: undefined,
      force: bed.pair.source.losesWritesWorkaround,
      postCopy: false,
      brake: 'none',
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
    streams: null,
    encrypted: null,
    destinationWaits: false,
  });
  const supervisor = new Supervisor(migration, EAGER, LIMITS, sinkOf(journal));
  controller.enough = () => supervisor.cancel('enough samples');
  await supervisor.run();
  await migration.detach();
  await journal.close();
  return { totalMs, qemuMs };
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
