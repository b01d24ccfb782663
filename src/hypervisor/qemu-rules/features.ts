/** What a QEMU of some version can do, as far as a migration cares. */
import { isAtLeast, type QemuVersion } from './version.ts';

export interface QemuFeatures {
  /** `avail-switchover-bandwidth` states the rate of the stop-and-copy (since 8.2). */
  readonly availSwitchoverBandwidth: boolean;
  /** `calc-dirty-rate` takes milliseconds (since 8.2). */
  readonly dirtyRateInMilliseconds: boolean;
  /**
   * Under TCG every dirty-bitmap sync drops later writes: its fast path clears the bits without resetting
   * TCG's TLB. Mended in 9.0 ("physmem: Fix migration dirty bitmap coherency with TCG memory access").
   * KVM is not affected.
   */
  readonly tcgLosesWrites: boolean;
}

export function featuresOf(version: QemuVersion): QemuFeatures {
  return {
    availSwitchoverBandwidth: isAtLeast(version, 8, 2),
    dirtyRateInMilliseconds: isAtLeast(version, 8, 2),
    tcgLosesWrites: !isAtLeast(version, 9, 0),
  };
}
