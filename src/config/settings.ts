/** What can be set about a migration, in whatever way it is set, and what holds where nobody says anything. */

import { choosePolicy } from '../policy/policies.ts';
import { DEFAULT_LIMITS, type Limits, type PolicyKind } from '../policy/policy.ts';
import { definedOnly } from './defined-only.ts';

/**
 * A VM's own word for the maintenance of its host: it is moved; stays, and its host is not emptied; is shut down; the same, and
 * started again where it was once its host is back; somebody is asked.
 */
export const MAINTENANCE = ['move', 'leave', 'shutdown', 'shutdown-and-return', 'ask'] as const;
export type Maintenance = (typeof MAINTENANCE)[number];

export interface Settings extends Omit<Limits, 'maxSentBytes'> {
  /** A key of POLICIES. */
  readonly policy: string;
  /** Parameters of that policy by name, as text. */
  readonly policyOption: Readonly<Record<string, string>>;
  /** `switchover watch` leaves the domain's migrations alone. */
  readonly ignore: boolean;
  readonly maintenance: Maintenance;
  /** Groups of which no drain puts two VMs on one host. */
  readonly apart: readonly string[];
  /** VMs of a higher one leave a host that is emptied before all others. */
  readonly priority: number;
  /** Migrations that switchover itself starts are encrypted. */
  readonly tls: boolean;
  /** Where QEMUs without libvirt have their certificates, on both hosts; undefined: in the usual folder. */
  readonly tlsDir: string | undefined;
}

export type SettingKey = keyof Settings;

/** Some settings, as one place states them; what it does not state is absent, never undefined. */
export type Stated = Partial<Settings>;

/** What each is called in the file, in a domain's metadata and, with `--` before it, on the command line. */
export const SETTING_NAMES: Readonly<Record<SettingKey, string>> = {
  policy: 'policy',
  policyOption: 'policy-option',
  downtimeMs: 'downtime',
  maxDowntimeMs: 'max-downtime',
  timeoutMs: 'timeout',
  stallTimeoutMs: 'stall-timeout',
  lineRateBytesPerSecond: 'line-rate',
  bandwidthBytesPerSecond: 'bandwidth',
  overBudget: 'over-budget',
  brake: 'brake',
  brakeForMs: 'brake-for',
  ignore: 'ignore',
  maintenance: 'maintenance',
  apart: 'apart',
  priority: 'priority',
  tls: 'tls',
  tlsDir: 'tls-dir',
};

export const BUILT_IN: Settings = {
  ...DEFAULT_LIMITS,
  policy: 'forecast',
  policyOption: {},
  ignore: false,
  maintenance: 'move',
  apart: [],
  priority: 0,
  tls: false,
  tlsDir: undefined,
};

/** Drops what is undefined, so that it does not hide what another place states. */
export function stated(given: { readonly [Key in SettingKey]?: Settings[Key] | undefined }): Stated {
  return definedOnly(given) as Stated;
}

export function limitsOf(settings: Settings): Limits {
  const { policy, policyOption, ignore, maintenance, apart, priority, tls, tlsDir, ...limits } = settings;
  return limits;
}

/** @throws {PolicyError} never for settings that were merged: a parameter that is wrong is dropped there */
export function policyOf({ policy, policyOption }: Settings): PolicyKind {
  return choosePolicy(policy, policyOption);
}
