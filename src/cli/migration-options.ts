/** What `migrate` and `attach` were told on the command line, laid over what the configuration says. */
import type { Domain } from '../config/config.ts';
import { findConfig } from '../config/config-file.ts';
import type { Layer } from '../config/merge.ts';
import { noticeOf } from '../config/notice.ts';
import { limitsOf, policyOf, type Settings, stated } from '../config/settings.ts';
import { settingsOver } from '../config/settings-over.ts';
import { formatDuration } from '../model/units.ts';
import {
  type BrakeTime,
  type Limits,
  mayBrake,
  type OverBudgetAction,
  type PolicyKind,
} from '../policy/policy.ts';
import type { OUTPUTS } from './options.ts';
import { UsageError } from './usage-error.ts';

/** An empty file. */
const NO_CONFIG = '/dev/null';

export type Output = (typeof OUTPUTS)[number];

/** What commander hands over, already parsed, from flags and the environment. */
export interface MigrationOptions {
  readonly config?: string;
  readonly policy?: string;
  readonly policyOption?: Record<string, string>;
  readonly downtime?: number;
  readonly maxDowntime?: number;
  readonly timeout?: number;
  readonly stallTimeout?: number;
  readonly bandwidth?: number;
  readonly lineRate?: number;
  readonly overBudget?: OverBudgetAction;
  readonly brake?: BrakeTime;
  readonly brakeFor?: number;
  /** Of `migrate` only. */
  readonly tls?: boolean;
  readonly tlsDir?: string;
  readonly output?: Output;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly stateDir?: string;
}

export interface Settled {
  readonly limits: Limits;
  readonly kind: PolicyKind;
  /** So long before a drain moves it its guest is told; 0: it is not. */
  readonly noticeMs: number;
  /** What drains go by beside the limits. */
  readonly own: Pick<Settings, 'maintenance' | 'apart' | 'priority'>;
  /** What is said of encryption. */
  readonly encryption: Pick<Settings, 'tls' | 'tlsDir'>;
  /** What was put right in the configuration to get here, as sentences; to be told, not to be stopped by. */
  readonly problems: readonly string[];
}

/**
 * Flag and environment before the domain's metadata, `[[domain]]`, `[defaults]` and what is built in.
 * @param domain undefined for a guest without a libvirt name: of the configuration only [defaults] hold
 * @throws {ConfigError}
 * @throws {UsageError} when what the command line says contradicts the rest
 */
export function settled(options: MigrationOptions, domain?: Domain): Settled {
  const commandLine: Layer = {
    from: 'the command line',
    stated: stated({
      ...askedFor(options),
      tls: options.tls,
      tlsDir: options.tlsDir,
    }),
    nameOf: (name) => `--${name}`,
  };
  const config = findConfig(options.config);
  const { settings, problems, contradiction } = settingsOver(config, domain, commandLine);
  if (contradiction) throw new UsageError(contradiction.sentence);
  assertBrakes(options.brakeFor, settings);
  const notice = noticeOf(config, domain);
  return {
    limits: limitsOf(settings),
    kind: policyOf(settings),
    noticeMs: notice.noticeMs,
    own: { maintenance: settings.maintenance, apart: settings.apart, priority: settings.priority },
    encryption: { tls: settings.tls, tlsDir: settings.tlsDir },
    problems: [...problems, ...notice.problems],
  };
}

/** Policy and limits, by the names that they have everywhere else. What was not given is undefined. */
export function askedFor(options: MigrationOptions) {
  return {
    policy: options.policy,
    policyOption: options.policyOption,
    downtimeMs: options.downtime,
    maxDowntimeMs: options.maxDowntime,
    timeoutMs: options.timeout,
    stallTimeoutMs: options.stallTimeout,
    bandwidthBytesPerSecond: options.bandwidth,
    lineRateBytesPerSecond: options.lineRate,
    overBudget: options.overBudget,
    brake: options.brake,
    brakeForMs: options.brakeFor,
  };
}

/**
 * Tells what is wrong in the configuration or on the command line by itself before anybody is asked anything; a
 * domain's own settings may still come in between.
 * @throws {ConfigError} @throws {UsageError}
 */
export function assertUsage(options: MigrationOptions): void {
  findConfig(options.config);
  assertBrakes(options.brakeFor, {
    overBudget: options.overBudget ?? 'brake',
    brake: options.brake ?? 'over-budget',
  });
  const { brakeFor, ...others } = options;
  settled({ ...others, config: NO_CONFIG });
}

/** @throws {UsageError} when the length of a brake is given and nothing is to be braked */
function assertBrakes(brakeForMs: number | undefined, limits: Pick<Limits, 'overBudget' | 'brake'>): void {
  if (brakeForMs === undefined || mayBrake(limits)) return;
  throw new UsageError(
    `--brake-for ${formatDuration(brakeForMs)} says how long a brake may last, and --over-budget is ${limits.overBudget}: add --over-budget brake or --brake when-it-pays, or leave it out`,
  );
}

/** @throws {UsageError} when --json meets another --output */
export function outputOf({ json, output }: Pick<MigrationOptions, 'json' | 'output'>): Output {
  if (json && output !== undefined && output !== 'json')
    throw new UsageError(`--json and --output ${output} exclude each other`);
  return json ? 'json' : (output ?? 'text');
}
