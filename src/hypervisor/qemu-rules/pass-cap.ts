/**
 * The cap of the passes, which may be changed under way, and what that means for the limit of the pause: where QEMU reckons
 * with what it measured in its last windows of 100 ms, the limit makes up for the cap (`switchover-limit.ts`), and would let
 * it stop with too much where passes are quicker than that. So the limit is made shorter before they may be quicker, and
 * longer only once they are known to be slower.
 */
import type { Clock } from '../clock.ts';
import type { Effect, PauseRequest } from '../hypervisor.ts';
import { fastestUnderCap, LIMIT_HOLDS_MS } from './switchover-limit.ts';

export interface PassCapParts {
  readonly clock: Pick<Clock, 'sleep'>;
  /** As it begins, in bytes per second; undefined: none. */
  readonly bytesPerSecond: number | undefined;
  /** As in {@link fastestUnderCap}. */
  readonly connections: number | undefined;
  /** @param bytesPerSecond undefined: none */
  set(bytesPerSecond: number | undefined): Promise<Effect>;
  /** @param fastestBytesPerSecond that passes may go at; undefined: as fast as the link */
  setLimit(request: PauseRequest, fastestBytesPerSecond: number | undefined): Promise<Effect>;
}

export class PassCap {
  private readonly parts: PassCapParts;
  private cap: number;
  /** By which the limit is reckoned: no less than what passes may have been under just now. */
  private capOfLimit: number;
  private allowed: PauseRequest | undefined;
  private changes = 0;

  constructor(parts: PassCapParts) {
    this.parts = parts;
    this.cap = parts.bytesPerSecond ?? Number.POSITIVE_INFINITY;
    this.capOfLimit = this.cap;
  }

  /** Undefined: none. */
  get bytesPerSecond(): number | undefined {
    return finite(this.cap);
  }

  /** That pause is allowed from now on, under whatever cap. */
  allow(request: PauseRequest): Promise<Effect> {
    this.allowed = request;
    return this.limit(request);
  }

  /** No pause is allowed any more: a change that is under way makes no limit longer. */
  forbid(): void {
    this.allowed = undefined;
  }

  /** @throws {Error} when the hypervisor does not take it, or the limit that goes with it */
  async change(bytesPerSecond: number | undefined): Promise<Effect> {
    const wanted = bytesPerSecond ?? Number.POSITIVE_INFINITY;
    this.changes += 1;
    const change = this.changes;
    const effects: Effect[] = [];
    if (wanted > this.capOfLimit) {
      this.capOfLimit = wanted;
      effects.push(...(await this.limitAnew()));
    }
    effects.push(await this.parts.set(bytesPerSecond));
    this.cap = wanted;
    if (wanted < this.capOfLimit) {
      await this.parts.clock.sleep(LIMIT_HOLDS_MS);
      // Of several changes the last one tells what holds.
      if (change === this.changes) {
        this.capOfLimit = wanted;
        effects.push(...(await this.limitAnew()));
      }
    }
    return together(effects);
  }

  private async limitAnew(): Promise<readonly Effect[]> {
    return this.allowed ? [await this.limit(this.allowed)] : [];
  }

  private limit(request: PauseRequest): Promise<Effect> {
    return this.parts.setLimit(request, fastestUnderCap(finite(this.capOfLimit), this.parts.connections));
  }
}

function finite(bytesPerSecond: number): number | undefined {
  return Number.isFinite(bytesPerSecond) ? bytesPerSecond : undefined;
}

function together(effects: readonly Effect[]): Effect {
  const set: Record<string, unknown> = Object.assign({}, ...effects.map((each) => each.set));
  return { did: effects.map(({ did }) => did).join(', then '), set };
}
