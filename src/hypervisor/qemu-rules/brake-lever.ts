/**
 * The brake on QEMU: auto-converge, whose capability has to be on before the migration starts, held back by
 * parameters, which QEMU takes on the way. Pure: what is seen in, what is to be set out.
 *
 * QEMU throttles at a bitmap sync when the guest had dirtied more than the trigger's share of what was sent, for
 * the second time, and then counts anew (ram.c: migration_trigger_throttle). Only syncs more than a second after
 * the last one that counted do count. So a trigger that is high until the brake is wanted costs two whole passes.
 *
 *     open ──counted sync──▶ cocked ──▶ pulled           open, cocked, spent: throttles to 1 % at most
 *      │                       └─throttled all the same─▶ spent ──▶ pulled
 *      └───────▶ pulled
 *
 * - `open`: the trigger is at its lowest, so that the next counted sync is counted as high.
 * - `cocked`: it was; the trigger is at its highest, where a guest in balance with the link does not reach it. The
 *   next counted sync after the trigger was lowered again bites.
 * - `spent`: it was reached all the same; QEMU throttles to 1 % and what it has counted is not known any more. The
 *   trigger stays low, and a brake bites after one or two syncs.
 */
import { IDLE_THROTTLE_PERCENT } from '../../model/braking.ts';

export interface ThrottleParameters {
  readonly 'throttle-trigger-threshold': number;
  readonly 'cpu-throttle-initial': number;
  readonly 'cpu-throttle-increment': number;
  readonly 'max-cpu-throttle': number;
  readonly 'cpu-throttle-tailslow': boolean;
}

/** What a driver that brakes has to put back. */
export const THROTTLE_PARAMETERS = [
  'throttle-trigger-threshold',
  'cpu-throttle-initial',
  'cpu-throttle-increment',
  'max-cpu-throttle',
  'cpu-throttle-tailslow',
] as const;

const LOWEST_TRIGGER_PERCENT = 1;
const HIGHEST_TRIGGER_PERCENT = 100;
/** ram.c: migration_bitmap_sync. */
const COUNTED_AFTER_MS = 1000;

function held(triggerPercent: number, throttlePercent: number): ThrottleParameters {
  return {
    'throttle-trigger-threshold': triggerPercent,
    'cpu-throttle-initial': throttlePercent,
    // Where QEMU throttles already, to the 1 % or to less than this, it adds this and cuts at the maximum.
    'cpu-throttle-increment': throttlePercent,
    'max-cpu-throttle': throttlePercent,
    'cpu-throttle-tailslow': false,
  };
}

/** In force before the migration starts. */
export const BRAKE_HELD_READY: ThrottleParameters = held(LOWEST_TRIGGER_PERCENT, IDLE_THROTTLE_PERCENT);

/** migration/options.c: DEFAULT_MIGRATE_THROTTLE_TRIGGER_THRESHOLD and its neighbours. */
export const QEMU_THROTTLE_DEFAULTS: ThrottleParameters = {
  'throttle-trigger-threshold': 50,
  'cpu-throttle-initial': 20,
  'cpu-throttle-increment': 10,
  'max-cpu-throttle': 99,
  'cpu-throttle-tailslow': false,
};

/** Whether a brake was at these: nobody else sets all three alike. What they were before only it knew. */
export function areOfABrake(parameters: Partial<ThrottleParameters>): boolean {
  const { 'cpu-throttle-initial': initial, 'max-cpu-throttle': most } = parameters;
  return initial !== undefined && initial === most && initial === parameters['cpu-throttle-increment'];
}

export class BrakeLever {
  private state: 'open' | 'cocked' | 'spent' | 'pulled';
  private lastCountedMs: number | undefined;

  private constructor(state: BrakeLever['state']) {
    this.state = state;
  }

  /** Of a migration that starts with {@link BRAKE_HELD_READY}. */
  static atStart(): BrakeLever {
    return new BrakeLever('open');
  }

  /** Of a migration that somebody else began with auto-converge: what was counted is not known. */
  static underWay(): BrakeLever {
    return new BrakeLever('spent');
  }

  /** @returns what is to be set because of this sync, if anything */
  sync(atMs: number): ThrottleParameters | undefined {
    this.lastCountedMs ??= atMs;
    if (atMs <= this.lastCountedMs + COUNTED_AFTER_MS) return undefined;
    this.lastCountedMs = atMs;
    if (this.state !== 'open') return undefined;
    this.state = 'cocked';
    return held(HIGHEST_TRIGGER_PERCENT, IDLE_THROTTLE_PERCENT);
  }

  /** @param percent that QEMU says it throttles to @returns what is to be set because of it, if anything */
  throttled(percent: number): ThrottleParameters | undefined {
    if (this.state !== 'cocked' || percent === 0) return undefined;
    this.state = 'spent';
    return BRAKE_HELD_READY;
  }

  /** @returns what makes QEMU throttle to that */
  pull(percent: number): ThrottleParameters {
    this.state = 'pulled';
    return held(LOWEST_TRIGGER_PERCENT, percent);
  }
}
