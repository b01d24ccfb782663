import { formatRate } from '../../src/model/units.ts';
import type { GuestStatus } from '../guest/answers.ts';
import { writeKeptPair } from '../kept-lab.ts';
import { type Lab, openLab } from '../lab.ts';
import type { QemuPair } from '../qemu-pair.ts';
import { describeSide, progress, report } from './output.ts';
import type { UpRequest } from './up-request.ts';

/** A guest on a QEMU, and an empty QEMU to migrate it to. */
export async function upPair(request: UpRequest): Promise<void> {
  const lab = await openLab(request.lab);
  try {
    const { pair, before } = await startKeptPair(lab, request);
    await reportUp(lab, pair, before, request);
    lab.release();
  } finally {
    await lab.close(); // only when the lab was not released
  }
}

async function startKeptPair(lab: Lab, { guest, wait }: UpRequest) {
  progress(`booting a guest in lab ${lab.id}`);
  const pair = await lab.startPair(guest);
  let before: GuestStatus | undefined;
  if (wait) {
    await pair.ready();
    before = await pair.source.status();
  }
  await writeKeptPair({ place: pair.place, options: guest, before });
  return { pair, before };
}

async function reportUp(
  lab: Lab,
  pair: QemuPair,
  before: GuestStatus | undefined,
  { guest, lab: { rateBitsPerSecond }, json }: UpRequest,
): Promise<void> {
  const { source, destination, migrateUri } = pair;
  const { workload, memoryMiB } = guest;
  // On a QEMU before 9.0 the guest's memory size keeps it safe, which switchover cannot know.
  const force = source.losesWritesWorkaround ? ' --force' : '';
  const migrate = `bin/switchover migrate qmp:${source.qmpPath} qmp:${destination.qmpPath} --migrate-uri ${migrateUri}${force}`;
  const text = `lab ${lab.id}: the guest ${before === undefined ? 'boots' : 'is at work'} on the source (${workload.kind}, ${workload.wssMiB} MiB of ${memoryMiB} MiB), the link carries ${formatRate(rateBitsPerSecond / 8)}
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
    linkBitsPerSecond: rateBitsPerSecond,
    workload,
    memoryMiB,
    losesWritesWorkaround: source.losesWritesWorkaround,
    guest: before ?? null,
    migrateCommand: migrate,
  };
  report(document, text, json);
}
