/**
 * What the driver makes of QEMUs that answer, and tell, what an input says: it looks at both ends, begins a migration, follows
 * it for a while, lets go and takes over. On a simulated pair, in virtual time.
 */
import {
  type MigrationEnd,
  type MigrationEvent,
  NotBegunError,
  RefusedError,
  type RunningMigration,
  type Side,
} from '../src/hypervisor/hypervisor.ts';
import type { Fault } from '../src/hypervisor/simulated/protocol/faults.ts';
import { SimulatedPair } from '../src/hypervisor/simulated/protocol/simulated-pair.ts';
import { OPTIONS } from '../src/hypervisor/simulated/testing/drive.ts';
import { CALM_GUEST } from '../src/hypervisor/simulated/testing/small-guest.ts';
import { VirtualClock } from '../src/hypervisor/testing/virtual-clock.ts';
import { hold, holdFigure, orRejected } from './hold.ts';

/** Nobody waits longer for a driver that is out of luck: it would be no end. */
const PATIENCE_MS = 120_000;
/** Before it is let go of. */
const FIRST_MS = 300;
/** A migration of this guest is over by then. */
const REST_MS = 2500;
const MOST_ANSWERS = 16;

/** @param input a line for each answer: {"side": "source", "of": "query-migrate", "nth": 2, "is": {…}}; left out: each time */
export async function drive(input: Buffer): Promise<void> {
  const clock = new VirtualClock();
  const pair = new SimulatedPair({ clock, scenario: CALM_GUEST, faults: answersIn(input) });
  const hypervisor = pair.hypervisor({ reconnectForMs: 500 });
  const attempt = async <T>(trying: Promise<T>) =>
    await orRejected(async () => await clock.until(trying, PATIENCE_MS), RefusedError, NotBegunError);

  holdFigures(await attempt(hypervisor.inspect(pair.vm)));
  const report = await attempt(hypervisor.check(pair.vm, pair.target, OPTIONS));
  holdFigures(report);
  for (const finding of report?.findings ?? [])
    hold(
      finding instanceof RefusedError && finding.message !== '',
      'a finding is a refusal with words',
      finding,
    );
  const follow = async (migration: RunningMigration | undefined, forMs: number) => {
    if (migration === undefined) return;
    holdFigures({
      cap: migration.passCapBytesPerSecond,
      most: migration.maxSentBytes,
      guest: migration.guest,
    });
    const seen = eventsOf(migration);
    await clock.pass(forMs);
    await clock.until(migration.detach(), PATIENCE_MS);
    holdFigures(await clock.until(migration.ended, PATIENCE_MS));
    holdFigures(await clock.until(seen, PATIENCE_MS));
  };
  await follow(await attempt(hypervisor.start(pair.vm, pair.target, OPTIONS)), FIRST_MS);
  const { vm: destination } = pair.target;
  const inherited = { began: true, destinationWaits: true, former: [] };
  const attaching = {
    meant: undefined,
    destination,
    brake: 'none',
    lineRateBytesPerSecond: undefined,
    inherited,
  } as const;
  await follow(await attempt(hypervisor.attach(pair.vm, attaching)), REST_MS);
  await clock.until(hypervisor.locate(pair.vm, destination), PATIENCE_MS);
}

/** What is no such line is passed over. */
function answersIn(input: Buffer): readonly Fault[] {
  return input
    .toString()
    .split('\n', MOST_ANSWERS)
    .flatMap((line) => answerIn(line) ?? []);
}

function answerIn(line: string): Fault | undefined {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null) return undefined;
  const { side, of, nth, is: value } = read as Readonly<Record<string, unknown>>;
  if (!isSide(side) || typeof of !== 'string') return undefined;
  const on = /^[A-Z]/.test(of) ? { event: of, side } : { command: of, side };
  return { on, nth: typeof nth === 'number' ? nth : 'every', do: 'garbled', value };
}

function isSide(side: unknown): side is Side {
  return side === 'source' || side === 'destination';
}

async function eventsOf(migration: RunningMigration): Promise<readonly MigrationEvent[]> {
  const events: MigrationEvent[] = [];
  for await (const event of migration.events) events.push(event);
  return events;
}

type Told = MigrationEnd | readonly MigrationEvent[] | object;

/** Every number in it. */
function holdFigures(told: Told | undefined): void {
  const waiting: [string, unknown][] = [['it', told]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [name, value] = next;
    // What nobody saw may be of any age.
    if (typeof value === 'number' && !(name === 'unseenMs' && value === Number.POSITIVE_INFINITY))
      holdFigure(value, `${name} of a migration`);
    if (typeof value === 'object' && value !== null && !(value instanceof Error))
      waiting.push(...Object.entries(value));
  }
}
