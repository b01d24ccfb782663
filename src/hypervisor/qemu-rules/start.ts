/** How a migration of ours begins: every setting that decides how it goes is set, so that nothing left behind does. Pure. */

import type { Streams } from '../../model/streams.ts';
import type { StartOptions } from '../hypervisor.ts';
import { BRAKE_HELD_READY, type ThrottleParameters } from './brake-lever.ts';
import { featuresOf } from './features.ts';
import { downtimeLimitMs, type PauseParameters } from './switchover-limit.ts';
import type { QemuVersion } from './version.ts';

/** QEMU takes any number; this one is above every link. Its own default would cap the passes at 128 MiB/s. */
export const NO_CAP_BYTES_PER_SECOND = 2 ** 40;

/** @returns the `downtime-limit` of the start, in whole milliseconds */
export function startLimitMs(options: Pick<StartOptions, 'downtimeLimitMs' | 'fixedCostMs'>): number {
  return downtimeLimitMs(
    {
      pauseMs: options.downtimeLimitMs,
      fixedCostMs: options.fixedCostMs ?? 0,
      lineRateBytesPerSecond: undefined,
    },
    { lineRateStated: false, passCapBytesPerSecond: undefined },
  );
}

export type StartParameters = PauseParameters & {
  readonly 'max-bandwidth': number;
} & Partial<ThrottleParameters> &
  Partial<StreamParameters>;

export interface StreamParameters {
  readonly 'multifd-channels': number;
  readonly 'multifd-compression': Streams['compression'];
  readonly 'multifd-zstd-level'?: number;
}

/** More costs more processor than it saves of the wire: QEMU's own default. */
const ZSTD_LEVEL = 1;

/** The parameters by which both ends put the memory on the wire alike; none where one connection is to do. */
export function streamParameters(streams: Streams | undefined): Partial<StreamParameters> {
  if (!streams) return {};
  return {
    'multifd-channels': streams.connections,
    'multifd-compression': streams.compression,
    ...(streams.compression === 'zstd' ? { 'multifd-zstd-level': ZSTD_LEVEL } : {}),
  };
}

/**
 * The migration parameters of a start, all of them.
 * @param version of the source's QEMU
 */
export function startParameters(options: Omit<StartOptions, 'meant'>, version: QemuVersion): StartParameters {
  const limits = {
    'downtime-limit': startLimitMs(options),
    'max-bandwidth': Math.round(options.bandwidthBytesPerSecond ?? NO_CAP_BYTES_PER_SECOND),
    ...(options.brake === 'any' ? BRAKE_HELD_READY : {}),
    ...streamParameters(options.streams),
  };
  if (!featuresOf(version).availSwitchoverBandwidth) return limits;
  // 0: QEMU measures by itself. A rate that a killed run left behind would decide the switchover else.
  return { ...limits, 'avail-switchover-bandwidth': Math.round(options.lineRateBytesPerSecond ?? 0) };
}

/** Which capabilities a QEMU has, and which are on: `query-migrate-capabilities`. */
export type Capabilities = ReadonlyMap<string, boolean>;

export function capabilitiesOf(
  listed: readonly { readonly capability: string; readonly state: boolean }[],
): Capabilities {
  return new Map(listed.map(({ capability, state }) => [capability, state]));
}

export interface StartCapabilities {
  readonly source: Readonly<Record<string, boolean>>;
  readonly destination: Readonly<Record<string, boolean>>;
}

/** What helps post-copy where both ends have it (`post-copy.ts`). */
export interface PostCopyHelp {
  /** A page that the guest waits for overtakes the others, on a channel of its own. */
  readonly preempt: boolean;
  /** The destination counts how long vCPUs waited for pages. */
  readonly blocktime: boolean;
}

export const NO_POST_COPY_HELP: PostCopyHelp = { preempt: false, blocktime: false };

/** The capabilities that a start sets on either end. What is not named is left as the user has it. */
export function startCapabilities(
  options: Pick<StartOptions, 'postCopy' | 'brake' | 'streams'>,
  source: Capabilities,
  destination: Capabilities,
  help: PostCopyHelp,
): StartCapabilities {
  // Switched off too: both ends have to agree, and QEMU takes it only together with postcopy-ram.
  const preempt = (end: Capabilities) =>
    end.has('postcopy-preempt') ? { 'postcopy-preempt': help.preempt } : {};
  const both = {
    events: true,
    // The source counts a migration as completed only when the destination says that it loaded it all.
    'return-path': true,
    // Switched off too: a guest that once arrived by post-copy still has it on, and both ends have to agree.
    'postcopy-ram': options.postCopy,
    ...(options.streams ? { multifd: true } : {}),
    // The destination refuses another VM than the source's.
    ...(source.has('validate-uuid') && destination.has('validate-uuid') ? { 'validate-uuid': true } : {}),
  };
  return {
    source: {
      ...both,
      ...preempt(source),
      // QEMU would wait, the guest stopped, for a `migrate-continue` that nobody sends.
      ...(source.has('pause-before-switchover') ? { 'pause-before-switchover': false } : {}),
      ...(options.brake === 'any' ? { 'auto-converge': true } : {}),
    },
    destination: {
      ...both,
      ...preempt(destination),
      ...(help.blocktime ? { 'postcopy-blocktime': true } : {}),
    },
  };
}

/** Both ends have to agree on these, and a start of ours leaves them as they are. */
const AGREED = ['multifd', 'compress', 'x-colo', 'mapped-ram'] as const;

/** @returns the capabilities that are on at one end only */
export function differentCapabilities(source: Capabilities, destination: Capabilities): string[] {
  return AGREED.filter((name) => (source.get(name) ?? false) !== (destination.get(name) ?? false));
}
