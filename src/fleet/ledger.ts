/**
 * What is held of each limit, and what may come in. Pure; whoever uses it holds the lock under which claims are written.
 */
export type ClaimKind = 'source' | 'destination' | 'link' | 'cluster' | 'memory';

export interface Capacity {
  readonly kind: ClaimKind;
  /** `*`: of all keys without a row of their own. */
  readonly key: string;
  readonly units: number;
}

export interface Claim {
  readonly kind: ClaimKind;
  readonly key: string;
  /** From 1 on. */
  readonly unit: number;
  readonly isAlone: boolean;
  /** How many units may be held while it is; left out: as many as there are. */
  readonly most?: number | undefined;
}

export interface Wanted {
  readonly kind: ClaimKind;
  readonly key: string;
  /** `all`: whatever there is, and nothing beside it. */
  readonly units: number | 'all';
  /** Not beside more than make so many units with its own; left out: beside any. */
  readonly most?: number | undefined;
}

interface Held {
  readonly units: Set<number>;
  isAlone: boolean;
  /** The least that one of those who hold some bears. */
  most: number;
  /** Kept free for one that needs all of it: nothing else comes in for now. */
  isReserved: boolean;
}

export class Ledger {
  private readonly capacities: ReadonlyMap<string, number>;
  private readonly held = new Map<string, Held>();

  constructor(capacities: readonly Capacity[], claims: readonly Claim[]) {
    this.capacities = new Map(capacities.map(({ kind, key, units }) => [placeOf(kind, key), units]));
    for (const claim of claims) this.note(claim);
  }

  /** Units that may still be taken; infinite where there is no limit. */
  free(kind: ClaimKind, key: string): number {
    const held = this.held.get(placeOf(kind, key));
    if (held?.isAlone || held?.isReserved) return 0;
    const { size = 0 } = held?.units ?? {};
    return Math.max(0, Math.min(this.capacity(kind, key), held?.most ?? Number.POSITIVE_INFINITY) - size);
  }

  /** Units that are held. */
  taken(kind: ClaimKind, key: string): number {
    return this.held.get(placeOf(kind, key))?.units.size ?? 0;
  }

  /** Nothing at all holds any of it. */
  isIdle(kind: ClaimKind, key: string): boolean {
    return (this.held.get(placeOf(kind, key))?.units.size ?? 0) === 0 && this.free(kind, key) > 0;
  }

  /** Nothing comes in there any more in this pass, so that it becomes idle in time. */
  reserve(kind: ClaimKind, key: string): void {
    this.at(kind, key).isReserved = true;
  }

  fits(wanted: readonly Wanted[]): boolean {
    return wanted.every(({ kind, key, units, most = Number.POSITIVE_INFINITY }) =>
      units === 'all'
        ? this.isIdle(kind, key)
        : units === 0 || (this.free(kind, key) >= units && this.taken(kind, key) + units <= most),
    );
  }

  /** @throws {RangeError} when it does not fit */
  take(wanted: readonly Wanted[]): readonly Claim[] {
    if (!this.fits(wanted)) throw new RangeError('more is asked for than is free');
    return this.write(wanted);
  }

  /** For what runs already: it counts, even where that is more than may be. */
  takeSeen(wanted: readonly Wanted[]): readonly Claim[] {
    return this.write(wanted);
  }

  private write(wanted: readonly Wanted[]): readonly Claim[] {
    const claims = wanted.flatMap(({ kind, key, units, most }) => {
      const isAlone = units === 'all';
      const capacity = this.capacity(kind, key);
      const count = isAlone ? (Number.isFinite(capacity) ? Math.max(1, capacity) : 1) : units;
      return this.lowestFree(kind, key, count).map((unit) => ({ kind, key, unit, isAlone, most }));
    });
    for (const claim of claims) this.note(claim);
    return claims;
  }

  private lowestFree(kind: ClaimKind, key: string, count: number): readonly number[] {
    const held = this.held.get(placeOf(kind, key))?.units;
    const units: number[] = [];
    for (let unit = 1; units.length < count; unit += 1) if (!held?.has(unit)) units.push(unit);
    return units;
  }

  private capacity(kind: ClaimKind, key: string): number {
    return (
      this.capacities.get(placeOf(kind, key)) ??
      this.capacities.get(placeOf(kind, '*')) ??
      Number.POSITIVE_INFINITY
    );
  }

  private note({ kind, key, unit, isAlone, most = Number.POSITIVE_INFINITY }: Claim): void {
    const held = this.at(kind, key);
    held.units.add(unit);
    held.isAlone ||= isAlone;
    held.most = Math.min(held.most, most);
  }

  private at(kind: ClaimKind, key: string): Held {
    const place = placeOf(kind, key);
    const held = this.held.get(place) ?? {
      units: new Set(),
      isAlone: false,
      most: Number.POSITIVE_INFINITY,
      isReserved: false,
    };
    this.held.set(place, held);
    return held;
  }
}

function placeOf(kind: ClaimKind, key: string): string {
  return `${kind} ${key}`;
}
