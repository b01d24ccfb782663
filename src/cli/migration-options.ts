/** The options that `migrate` and `attach` share: limits, policy, output. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDurationMs, parseRate } from '../model/units.ts';
import { choosePolicy, POLICIES, PolicyError } from '../policy/policies.ts';
import {
  DEFAULT_LIMITS,
  type Limits,
  OVER_BUDGET_ACTIONS,
  type OverBudgetAction,
  type PolicyKind,
} from '../policy/policy.ts';
import { UsageError } from './usage-error.ts';

export const OUTPUTS = ['text', 'json', 'jsonl'] as const;
export type Output = (typeof OUTPUTS)[number];

/** QEMU takes no downtime limit above 2000 s. */
const LONGEST_DOWNTIME_MS = 2_000_000;

/** What commander hands over, already parsed. */
export interface MigrationOptions {
  readonly policy: string;
  readonly policyOption?: Record<string, string>;
  readonly downtime?: number;
  readonly maxDowntime?: number;
  readonly timeout?: number;
  readonly stallTimeout?: number;
  readonly bandwidth?: number;
  readonly lineRate?: number;
  readonly overBudget: OverBudgetAction;
  readonly output?: Output;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly stateDir?: string;
}

export function addMigrationOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--policy <name>', 'how to decide')
        .choices(Object.keys(POLICIES))
        .default('mp')
        .env('SWITCHOVER_POLICY'),
    )
    .addOption(
      new Option(
        '--policy-option <name=value>',
        `a parameter of the policy, may be repeated; mp has ${mpParameters()}`,
      ).argParser(collectPair),
    )
    .addOption(duration('--downtime <time>', 'the pause that is always fine', 'DOWNTIME', '300ms'))
    .addOption(duration('--max-downtime <time>', 'the longest pause allowed', 'MAX_DOWNTIME', '5s'))
    .addOption(duration('--timeout <time>', 'give up after this long', 'TIMEOUT', 'never'))
    .addOption(
      duration('--stall-timeout <time>', 'give up when nothing moves for this long', 'STALL_TIMEOUT', '15s'),
    )
    .addOption(
      rate('--line-rate <rate>', "the link's rate, which the last step runs at", 'LINE_RATE', 'as measured'),
    )
    .addOption(
      new Option('--over-budget <action>', 'when no pause within --max-downtime is possible')
        .choices(OVER_BUDGET_ACTIONS)
        .default('abort')
        .env('SWITCHOVER_OVER_BUDGET'),
    )
    .addOption(new Option('--json', 'print one JSON document at the end; short for --output json'))
    .addOption(new Option('--output <form>', 'on standard output').choices(OUTPUTS).env('SWITCHOVER_OUTPUT'))
    .addOption(new Option('-q, --quiet', 'no progress on standard error'))
    .addOption(stateDirOption());
}

export function stateDirOption(): Option {
  return new Option('--state-dir <folder>', 'where journals are kept').env('SWITCHOVER_STATE_DIR');
}

export function bandwidthOption(): Option {
  return rate(
    '--bandwidth <rate>',
    'cap of the passes; QEMU lifts it for the last step',
    'BANDWIDTH',
    'no cap',
  );
}

/** @throws {UsageError} when limits contradict each other */
export function limitsOf(options: MigrationOptions): Limits {
  const maxDowntimeMs = options.maxDowntime ?? Math.max(DEFAULT_LIMITS.maxDowntimeMs, options.downtime ?? 0);
  const downtimeMs = options.downtime ?? Math.min(DEFAULT_LIMITS.downtimeMs, maxDowntimeMs);
  if (maxDowntimeMs <= 0)
    throw new UsageError(
      '--max-downtime must be above zero: every migration pauses the guest for some milliseconds',
    );
  if (maxDowntimeMs > LONGEST_DOWNTIME_MS)
    throw new UsageError('--max-downtime must not be over 2000 s, the most that QEMU takes');
  if (downtimeMs > maxDowntimeMs)
    throw new UsageError(
      `--downtime (${downtimeMs} ms) is longer than --max-downtime (${maxDowntimeMs} ms): lower the one or raise the other`,
    );
  if (options.timeout === 0) throw new UsageError('--timeout must be above zero');
  return {
    downtimeMs,
    maxDowntimeMs,
    timeoutMs: options.timeout,
    stallTimeoutMs: options.stallTimeout ?? DEFAULT_LIMITS.stallTimeoutMs,
    bandwidthBytesPerSecond: options.bandwidth,
    lineRateBytesPerSecond: options.lineRate,
    overBudget: options.overBudget,
  };
}

/** @throws {UsageError} */
export function policyOf(options: MigrationOptions): PolicyKind {
  try {
    return choosePolicy(options.policy, options.policyOption);
  } catch (error) {
    if (error instanceof PolicyError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** @throws {UsageError} when --json meets another --output */
export function outputOf({ json, output }: Pick<MigrationOptions, 'json' | 'output'>): Output {
  if (json && output !== undefined && output !== 'json')
    throw new UsageError(`--json and --output ${output} exclude each other`);
  return json ? 'json' : (output ?? 'text');
}

function mpParameters(): string {
  return Object.entries(POLICIES['mp']?.parameters ?? {})
    .map(([name, fallback]) => `${name} (${fallback})`)
    .join(', ');
}

function duration(flags: string, text: string, env: string, fallback: string): Option {
  return new Option(flags, `${text} (default: ${fallback})`)
    .env(`SWITCHOVER_${env}`)
    .argParser(orInvalid(parseDurationMs));
}

function rate(flags: string, text: string, env: string, fallback: string): Option {
  return new Option(flags, `${text} (default: ${fallback})`)
    .env(`SWITCHOVER_${env}`)
    .argParser(orInvalid(parseRate));
}

/** Commander adds the option's name to the sentence of an InvalidArgumentError. */
export function orInvalid<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

function collectPair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [name, value, ...rest] = text.split('=');
  if (!name || !value || rest.length > 0) throw new InvalidArgumentError('write it like min-shrink=5%');
  return { ...before, [name]: value };
}
