/**
 * Four memory-intensive guests leave a real libvirt host over one link, turn about: by plain virsh with `switchover watch` beside them, one
 * after the other, all together as it comes, and together where one has the link alone (`share-link`); and by `switchover drain`.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { verifyArrival } from '../lab/arrival.ts';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import type { LibvirtGuest } from '../lab/libvirt/libvirt-guest.ts';
import { documentOf } from '../src/journal/document.ts';
import { FolderJournals } from '../src/journal/folder/folder-journals.ts';
import { viewOf } from '../src/journal/view.ts';
import { atLeast, atMost, type BenchResult, spread } from './goals.ts';

const GUESTS = 4;
const GUEST = { workload: { kind: 'loop', wssMiB: 48 }, memoryMiB: 160 } as const;
const REPEATS = 3;
/** More than any of them needs, however the link is shared. */
const MAX_DOWNTIME = '20s';

const LINE_RATE = '480mbit';

const WAYS = ['one after the other', 'together', 'together, share-link', 'a drain'] as const;
type Way = (typeof WAYS)[number];

interface Round {
  readonly pausesMs: readonly number[];
  /** From the first start to the last arrival. */
  readonly totalMs: number;
  readonly arrived: number;
}

export async function run({ quick }: { readonly quick: boolean }): Promise<BenchResult> {
  const repeats = quick ? 1 : REPEATS;
  await using bed = await LibvirtBed.make(GUEST);
  const names = Array.from({ length: GUESTS - 1 }, (_, index) => `vm${index + 2}`);
  const others = await Promise.all(
    names.map(async (name) => await bed.lab.startGuest(bed.source, { name, ...GUEST })),
  );
  const guests = [bed.guest, ...others];
  const rounds: Record<Way, Round[]> = {
    'one after the other': [],
    together: [],
    'together, share-link': [],
    'a drain': [],
  };
  let verified = 0;
  for (let repeat = 1; repeat <= repeats; repeat += 1)
    for (const way of WAYS) {
      const befores = await Promise.all(guests.map(async (guest) => await guest.status()));
      const round = way === 'a drain' ? await drainRound(bed) : await watchedRound(way, guests, bed);
      rounds[way].push(round);
      for (const [index, before] of befores.entries()) {
        const guest = guests[index];
        if (guest && (await verifyArrival(before, guest)).ok) verified += 1;
      }
      await bed.turnAround();
      process.stderr.write(`bench: ${way}, ${repeat} of ${repeats}: ${inWords(round)}\n`);
    }
  const median = (way: Way) => figuresOf(rounds[way]);
  const alone = median('one after the other');
  const all = GUESTS * repeats;
  return {
    bench: 'share',
    figures: Object.fromEntries(WAYS.map((way) => [way, median(way)])),
    goals: [
      ...(['together, share-link', 'a drain'] as const).flatMap((way) => [
        atMost(`${way}: pause ÷ alone`, median(way).pauseMs.median / alone.pauseMs.median, '', 1.1),
        atMost(
          `${way}: total ÷ one after the other`,
          median(way).totalMs.median / alone.totalMs.median,
          '',
          1,
        ),
      ]),
      ...WAYS.map((way) => atLeast(`${way}: arrived`, median(way).arrived, `of ${all}`, all)),
      atLeast('memory verified', verified, `of ${all * WAYS.length}`, all * WAYS.length),
    ],
  };
}

async function watchedRound(
  way: Exclude<Way, 'a drain'>,
  guests: readonly LibvirtGuest[],
  bed: LibvirtBed,
): Promise<Round> {
  const config = path.join(bed.stateDir, 'share.toml');
  const shares = way === 'together, share-link';
  await writeFile(
    config,
    `[watch]\nshare-link = ${shares}\n[defaults]\nmax-downtime = "${MAX_DOWNTIME}"\nline-rate = "${LINE_RATE}"\n`,
  );
  const watching = await bed.watch('--config', config, '--output', 'jsonl');
  const { tcpUri, address } = bed.destination;
  const move = async ({ uuid }: LibvirtGuest): Promise<boolean> =>
    await bed.source
      .virsh('migrate', '--live', '--p2p', uuid, tcpUri, '--migrateuri', `tcp://${address}`)
      .then(() => true)
      .catch((error: Error) => {
        process.stderr.write(`bench: ${error.message}\n`);
        return false;
      });
  const startedMs = performance.now();
  const arrived: boolean[] = [];
  if (way === 'one after the other') for (const guest of guests) arrived.push(await move(guest));
  else arrived.push(...(await Promise.all(guests.map(move))));
  const totalMs = performance.now() - startedMs;
  await watching.prints(new RegExp(`(?:"event":"ended"[\\s\\S]*){${GUESTS}}`));
  watching.process.kill('SIGTERM');
  await watching.ended;
  const pausesMs = watching.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event?: string; outcome?: { pauseMs: number | null } })
    .flatMap(({ event, outcome }) => (event === 'ended' ? (outcome?.pauseMs ?? []) : []));
  return { pausesMs, totalMs, arrived: arrived.filter(Boolean).length };
}

/** Its journals tell the pauses, and when the first began and the last had arrived: the plan before that is not counted. */
async function drainRound(bed: LibvirtBed): Promise<Round> {
  const { source, destination, stateDir } = bed;
  const journals = new FolderJournals(stateDir);
  const earlier = new Set(await journals.list());
  const drained = await bed.run(
    'drain',
    ...['--to', destination.tcpUri, '--migrateuri', `tcp://${destination.address}`, '--reserve', '0'],
    ...['--line-rate', LINE_RATE, '--probe', '1s', '--max-downtime', MAX_DOWNTIME],
    ...[...bed.common(), '--', source.uri],
  ).ended;
  if (drained.status !== 0) process.stderr.write(`bench: ${drained.stderr}${drained.stdout}\n`);
  await bed.run('drain', 'release', ...bed.common(), '--', source.uri).ended;
  const ids = (await journals.list()).filter((id) => !earlier.has(id));
  const moves = await Promise.all(
    ids.map(async (id) => documentOf(viewOf((await journals.read(id)).entries))),
  );
  const starts = moves.map(({ startedAt }) => Date.parse(startedAt));
  const ends = moves.map(({ startedAt, totalMs }) => Date.parse(startedAt) + totalMs);
  return {
    pausesMs: moves.flatMap(({ pauseMs }) => pauseMs ?? []),
    totalMs: Math.max(...ends) - Math.min(...starts),
    arrived: moves.filter(({ outcome }) => outcome === 'completed').length,
  };
}

function figuresOf(rounds: readonly Round[]) {
  return {
    pauseMs: spread(rounds.flatMap(({ pausesMs }) => pausesMs)),
    totalMs: spread(rounds.map(({ totalMs }) => totalMs)),
    arrived: rounds.reduce((sum, { arrived }) => sum + arrived, 0),
  };
}

function inWords({ pausesMs, totalMs, arrived }: Round): string {
  const pauses = pausesMs.map((ms) => (ms / 1000).toFixed(2)).join(', ');
  return `${arrived} arrived in ${(totalMs / 1000).toFixed(1)} s, pauses ${pauses} s`;
}
