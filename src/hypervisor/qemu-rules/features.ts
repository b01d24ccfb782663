/** What a QEMU of some version can do, as far as a migration cares. */
import { isAtLeast, type QemuVersion } from './version.ts';

export interface QemuFeatures {
  /** `avail-switchover-bandwidth` states the rate of the stop-and-copy (since 8.2). */
  readonly availSwitchoverBandwidth: boolean;
  /** `calc-dirty-rate` takes milliseconds (since 8.2). */
  readonly dirtyRateInMilliseconds: boolean;
  /** In post-copy the source takes the guest back while the destination still loads its devices (since 10.2). */
  readonly postCopyWaitsForDevices: boolean;
}

export function featuresOf(version: QemuVersion): QemuFeatures {
  return {
    availSwitchoverBandwidth: isAtLeast(version, 8, 2),
    dirtyRateInMilliseconds: isAtLeast(version, 8, 2),
    postCopyWaitsForDevices: isAtLeast(version, 10, 2),
  };
}
