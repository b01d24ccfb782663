/** What KubeVirt's three convergence rules share: the cluster's migration options and what follows from them. */
import type { StartsWith } from '../policy.ts';
import { choice, duration, yesNo } from './parameters.ts';
import type { Chosen } from './peer.ts';

/** How often its monitor looks (live-migration-source.go, `monitorSleepPeriodMS`). */
export const MONITOR_INTERVAL_MS = 400;

export const KUBEVIRT_OPTIONS = {
  /** 0 s: never. Was 800 s up to release 1.2 at least. */
  completionTimeoutMsPerGB: duration('completion-timeout-per-gib', '150s'),
  allowPostCopy: yesNo('allow-post-copy', 'no'),
  /** Unset it is as allow-post-copy (virt-config.go). */
  allowWorkloadDisruption: choice('allow-workload-disruption', ['as-post-copy', 'yes', 'no'], 'as-post-copy'),
  vfio: yesNo('vfio', 'no'),
};

type Options = Pick<Chosen<typeof KUBEVIRT_OPTIONS>, 'allowPostCopy' | 'allowWorkloadDisruption' | 'vfio'>;

export function mayDisrupt({ allowPostCopy, allowWorkloadDisruption }: Options): boolean {
  return allowWorkloadDisruption === 'as-post-copy' ? allowPostCopy : allowWorkloadDisruption === 'yes';
}

/** Post-copy is not possible with a VFIO device. */
export function canPostCopy({ allowPostCopy, vfio }: Options): boolean {
  return allowPostCopy && !vfio;
}

/** Auto-converge is an option of the cluster (`allowAutoConverge`), and off by default. */
export function kubevirtStartsWith(options: Options): StartsWith {
  return { postCopyCapable: canPostCopy(options) };
}

/**
 * The time it gives a migration. The option says GiB and the code counts GB: `ScaledValue(Giga)` is decimal and
 * rounds up, so 16 GiB are 18 times the option (manager.go).
 *
 * KubeVirt counts the memory of the VM's spec; we are told all that QEMU migrates, video memory and firmware
 * included. That is a GB more where the spec is a whole number of GB (4G: 750 s and not 600 s), and seldom else.
 *
 * @returns whole seconds; 0: no limit
 */
export function acceptableCompletionSeconds(totalBytes: number, completionTimeoutMsPerGB: number): number {
  return Math.trunc(completionTimeoutMsPerGB / 1000) * Math.ceil(totalBytes / 1e9);
}
