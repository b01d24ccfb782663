/** Migrations to look at: of every kind that a screen shows, in the middle of what they do. */
import { journalOf, type Wish, withBothLost } from './journals.ts';
import { Replayed } from './replayed.ts';

function host(number: number): string {
  return `qemu+ssh://host${number}.rack2/system`;
}

function scenario(memory: string, writes: string, link: string, limits = ''): string {
  return `[guest]\nmemory = "${memory}"\nzero-pages = "20%"\nwrites = ${writes}\n[link]\nrate = "${link}"\n[limits]\n${limits}`;
}

const BUSY = '{ kind = "hot-cold", working-set = "6GiB", rate = "900MB/s", noise = "12%" }';
const CALM = '{ kind = "uniform", working-set = "300MiB", rate = "20MB/s" }';
/** It goes on for ever, over its limit. */
const NEVER = 'max-downtime = "3s"\nover-budget = "leave"\ntimeout = "20m"';
/** It is braked from 165 s on, for most of a minute. */
const BRAKED = 'max-downtime = "1s"\nover-budget = "brake"\nbrake-for = "300s"';

/** Each with how long ago it began, in seconds. */
const RUNNING: readonly (readonly [secondsAgo: number, wish: Wish])[] = [
  [310, wish('db-primary', 3, 7, scenario('24GiB', BUSY, '1gbit', NEVER), 'CHG-20418')],
  [172, wish('cache-eu-1', 3, 9, scenario('24GiB', BUSY, '1gbit', BRAKED), 'CHG-20418')],
  [60, wish('build-runner-17', 4, 7, scenario('64GiB', CALM, '2gbit'))],
  [24, wish('web-3', 5, 7, scenario('32GiB', CALM, '1gbit'))],
  [5, wish('mail', 5, 9, scenario('32GiB', CALM, '1gbit'))],
];

/** Each with how many minutes ago it began. */
const PAST: readonly (readonly [minutesAgo: number, wish: Wish])[] = [
  [4, wish('web-1', 5, 7, scenario('4GiB', CALM, '4gbit'))],
  [
    7,
    wish(
      'queue-2',
      4,
      9,
      scenario(
        '4GiB',
        '{ kind = "uniform", working-set = "2GiB", rate = "3GB/s" }',
        '2gbit',
        'max-downtime = "500ms"',
      ),
    ),
  ],
  [95, wish('web-2', 5, 7, scenario('4GiB', CALM, '4gbit'))],
  [60 * 26, wish('db-replica', 3, 8, scenario('8GiB', BUSY, '4gbit', 'max-downtime = "4s"'), 'CHG-20377')],
];

function wish(vm: string, from: number, to: number, text: string, correlationId?: string): Wish {
  return {
    vm,
    source: host(from),
    destination: host(to),
    policy: 'forecast',
    scenario: text,
    reason: 'kernel update of the rack',
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}

export async function samples(): Promise<Replayed[]> {
  const now = Date.now();
  const begun = [
    ...RUNNING.map(([seconds, each]) => [now - seconds * 1000, each] as const),
    ...PAST.map(([minutes, each]) => [now - minutes * 60_000, each] as const),
  ];
  const made = [];
  for (const [startedAtMs, each] of begun)
    made.push(new Replayed(await journalOf(each, startedAtMs), startedAtMs));
  const lostAtMs = now - 6 * 60_000;
  const lost = wish('ledger', 4, 8, scenario('8GiB', BUSY, '10gbit', 'max-downtime = "4s"'));
  made.push(new Replayed(withBothLost(await journalOf(lost, lostAtMs), lostAtMs), lostAtMs));
  return made;
}

/** What the form of the page begins: a guest that takes a while. */
export async function begun(vm: string, source: string, destination: string): Promise<Replayed> {
  const startedAtMs = Date.now();
  const asked = { vm, source, destination, policy: 'forecast', scenario: scenario('16GiB', CALM, '1gbit') };
  return new Replayed(await journalOf(asked, startedAtMs), startedAtMs);
}
