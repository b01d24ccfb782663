/** What is fixed before a run, and the same for every policy. */
import { CONTENDERS, type Contender, type Relaxed } from './contenders.ts';
import { type BenchGuest, GUESTS } from './guests.ts';
import type { Pairing } from './matrix.ts';

export interface Settings {
  readonly quick: boolean;
  readonly guests: readonly BenchGuest[];
  readonly repeats: number;
  /** A migration that has not ended by then is given up. */
  readonly timeLimitMs: number;
  /** How often the smallest fixed limit must have succeeded before the matrix begins. */
  readonly confirmations: number;
  /** Fixed limits are tried in hindsight, for the distance to the best possible. */
  readonly oracle: boolean;
  /** What CPU and memory a migration costs the one who watches it, beside virsh and libvirt. */
  readonly cost: boolean;
  readonly rateBitsPerSecond: number;
  readonly memoryMiB: number;
  readonly seed: number;
}

const COMMON = { rateBitsPerSecond: 480e6, memoryMiB: 512, seed: 20_261_123, timeLimitMs: 25_000 };

export const FULL: Settings = {
  ...COMMON,
  ...{ quick: false, guests: GUESTS, repeats: 5, confirmations: 2, oracle: true, cost: true },
};

/** Under ten minutes on two cores. */
export const QUICK: Settings = {
  ...COMMON,
  ...{ quick: true, guests: GUESTS.filter(({ quick }) => quick) },
  ...{ repeats: 2, confirmations: 2, oracle: false, cost: false },
  // What fails here fails at 25 s too, and a search that is out of luck fails often.
  timeLimitMs: 15_000,
};

/** What a single run depends on: more contenders or repeats add runs and leave those that are there. */
export function conditionsOf({ guests, rateBitsPerSecond, memoryMiB, timeLimitMs }: Settings): unknown {
  const each = guests.map(({ name, workload, memoryMiB: own, rateBitsPerSecond: rate }) => ({
    name,
    workload,
    own,
    rate,
  }));
  return { each, rateBitsPerSecond, memoryMiB, timeLimitMs };
}

export function contendersOn(guest: BenchGuest, { quick }: Settings): Contender[] {
  return CONTENDERS.filter(
    (each) =>
      each.classes.includes(guest.class) &&
      (each.tier === 'own' || guest.peers === true) &&
      (!quick || each.quick === true),
  );
}

/** @param relaxed of each guest that has one */
export function pairingsOf(settings: Settings, relaxed: Readonly<Record<string, Relaxed>>): Pairing[] {
  return settings.guests.flatMap((guest) =>
    contendersOn(guest, settings)
      .filter(({ samePause }) => !samePause || relaxed[guest.name] !== undefined)
      .map(({ id, tier }) => ({ guest: guest.name, contender: id, onceIfFailed: tier === 'peer' })),
  );
}
