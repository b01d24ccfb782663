/**
 * oVirt's migration policies as the data that they are: what the engine sends to VDSM as a convergence schedule.
 * The engine appends the last items with a limit of -1, which is always over.
 *
 * Source: ovirt-engine 4.8, packaging/dbscripts/upgrade/pre_upgrade/0000_config.sql, value `MigrationPolicies`;
 * ConvergenceSchedule.java; for `legacy`, vdsm migration.py `_legacy_convergence_schedule`.
 */

export type ConvergenceAction = { readonly downtimeMs: number } | 'post-copy' | 'abort';

export interface ConvergenceItem {
  /** Passes since the first look that must be exceeded. */
  readonly limit: number;
  readonly action: ConvergenceAction;
}

export interface ConvergenceSchedule {
  readonly initialDowntimeMs: number;
  readonly stalling: readonly ConvergenceItem[];
}

const ALWAYS = -1;

export const MINIMAL_DOWNTIME: ConvergenceSchedule = {
  initialDowntimeMs: 100,
  stalling: [
    ...downtimes([1, 150], [2, 200], [3, 300], [4, 400], [6, 500]),
    { limit: ALWAYS, action: 'abort' },
  ],
};

/** There is no suspend in it: it ends with a downtime of 5 s, then aborts. */
export const SUSPEND_WORKLOAD: ConvergenceSchedule = {
  initialDowntimeMs: 100,
  stalling: [
    ...downtimes([1, 150], [2, 200], [3, 300], [4, 400], [6, 500], [ALWAYS, 5000]),
    { limit: ALWAYS, action: 'abort' },
  ],
};

export const POST_COPY: ConvergenceSchedule = {
  initialDowntimeMs: 100,
  stalling: [
    ...downtimes([1, 150], [2, 200]),
    { limit: ALWAYS, action: 'post-copy' },
    { limit: ALWAYS, action: 'abort' },
  ],
};

export const VERY_LARGE_VMS: ConvergenceSchedule = {
  initialDowntimeMs: 300,
  stalling: [
    ...downtimes([1, 400], [2, 500], [3, 700], [4, 1000], [6, 1500], [ALWAYS, 5000]),
    { limit: ALWAYS, action: 'abort' },
  ],
};

/** For engines before 4.3, from 500 ms in 5 steps: 100 + 400^(i/4), the last one again after 42 passes. */
export const LEGACY: ConvergenceSchedule = {
  initialDowntimeMs: 101,
  stalling: [
    ...downtimes([1, 104], [2, 120], [3, 189], [4, 500], [42, 500]),
    { limit: ALWAYS, action: 'abort' },
  ],
};

function downtimes(...items: [limit: number, downtimeMs: number][]): ConvergenceItem[] {
  return items.map(([limit, downtimeMs]) => ({ limit, action: { downtimeMs } }));
}
