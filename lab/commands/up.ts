import { formatRate } from '../../src/model/units.ts';
import type { GuestStatus } from '../guest/answers.ts';
import { WORKLOAD_KINDS, type Workload } from '../guest/workload.ts';
import { DEFAULT_RATE_BITS_PER_SECOND } from '../hosts.ts';
import { writeKeptPair } from '../kept-lab.ts';
import { type Lab, openLab } from '../lab.ts';
import type { PairOptions, QemuPair } from '../qemu-pair.ts';
import { UsageError } from '../usage-error.ts';
import {
  readArguments,
  readBitsPerSecond,
  readChoice,
  readMiB,
  readSeconds,
  readWhole,
} from './arguments.ts';
import { describeSide, progress, report } from './output.ts';

const OPTIONS = {
  id: { type: 'string' },
  workload: { type: 'string', default: 'loop' },
  wss: { type: 'string', default: '128M' },
  rate: { type: 'string', default: '0' },
  page: { type: 'string', default: 'word' },
  busy: { type: 'string', default: '5s' },
  calm: { type: 'string', default: '5s' },
  memory: { type: 'string', default: '512M' },
  link: { type: 'string' },
  'no-wait': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** What the guest's kernel and the workload's own table take, rounded up. */
const GUEST_OVERHEAD_MIB = 96;

/** Starts a pair that stays, and says what to do with it. */
export async function up(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, OPTIONS, 0);
  const workload: Workload = {
    kind: readChoice('--workload', values.workload, WORKLOAD_KINDS),
    wssMiB: readMiB('--wss', values.wss),
    pagesPerSecond: readWhole('--rate', values.rate),
    page: readChoice('--page', values.page, ['word', 'full']),
    busySeconds: readSeconds('--busy', values.busy),
    calmSeconds: readSeconds('--calm', values.calm),
  };
  const memoryMiB = readMiB('--memory', values.memory);
  if (workload.wssMiB !== undefined && workload.wssMiB + GUEST_OVERHEAD_MIB > memoryMiB)
    throw new UsageError(
      `--wss ${values.wss} does not fit into --memory ${values.memory}: leave ${GUEST_OVERHEAD_MIB}M to the guest's kernel`,
    );
  const rateBitsPerSecond =
    values.link === undefined ? DEFAULT_RATE_BITS_PER_SECOND : readBitsPerSecond('--link', values.link);

  const lab = await openLab({
    ...(values.id === undefined ? {} : { id: values.id }),
    rateBitsPerSecond,
    keep: true,
  });
  try {
    const { pair, before } = await startKeptPair(lab, { workload, memoryMiB }, values['no-wait']);
    await reportUp(lab, pair, { rateBitsPerSecond, workload, memoryMiB, before }, values.json);
    lab.release();
    return 0;
  } finally {
    await lab.close(); // only when the lab was not released
  }
}

async function startKeptPair(lab: Lab, options: PairOptions, noWait: boolean) {
  progress(`booting a guest in lab ${lab.id}`);
  const pair = await lab.startPair(options);
  let before: GuestStatus | undefined;
  if (!noWait) {
    await pair.ready();
    before = await pair.source.status();
  }
  await writeKeptPair({ place: pair.place, options, before });
  return { pair, before };
}

async function reportUp(
  lab: Lab,
  pair: QemuPair,
  facts: {
    rateBitsPerSecond: number;
    workload: Workload;
    memoryMiB: number;
    before: GuestStatus | undefined;
  },
  json: boolean,
): Promise<void> {
  const { source, destination, migrateUri } = pair;
  const { workload, before } = facts;
  // On a QEMU before 9.0 the guest's memory size keeps it safe, which switchover cannot know.
  const force = source.losesWritesWorkaround ? ' --force' : '';
  const migrate = `bin/switchover migrate qmp:${source.qmpPath} qmp:${destination.qmpPath} --migrate-uri ${migrateUri}${force}`;
  const text = `lab ${lab.id}: the guest ${before === undefined ? 'boots' : 'is at work'} on the source (${workload.kind}, ${workload.wssMiB} MiB of ${facts.memoryMiB} MiB), the link carries ${formatRate(facts.rateBitsPerSecond / 8)}
  source       pid ${source.pid}  qmp:${source.qmpPath}
  destination  pid ${destination.pid}  qmp:${destination.qmpPath}
  consoles     ${lab.folder}/*.console

Migrate it, check its memory, end the lab:
  ${migrate}
  ./dev lab verify ${lab.id}
  ./dev lab down ${lab.id}`;
  const sides = { source, destination };
  const document = {
    id: lab.id,
    folder: lab.folder,
    source: await describeSide(sides, 'source'),
    destination: await describeSide(sides, 'destination'),
    migrateUri,
    linkBitsPerSecond: facts.rateBitsPerSecond,
    workload,
    memoryMiB: facts.memoryMiB,
    losesWritesWorkaround: source.losesWritesWorkaround,
    guest: before ?? null,
    migrateCommand: migrate,
  };
  report(document, text, json);
}
