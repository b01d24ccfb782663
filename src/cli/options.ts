/** The options that several commands share, for commander. Loaded for every `--help`, so it loads little. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDowntimeMs, parseMaxDowntimeMs, parsePolicyOption, parseTimeoutMs } from '../config/values.ts';
import { parseDurationMs, parseRate, spellDuration } from '../model/units.ts';
import { FRS_IS_SIMULATED } from '../policy/frs.ts';
import { OWN_POLICY_NAMES, OWN_POLICY_WORDS, peerRefusal } from '../policy/own-policy-words.ts';
import { PEER_NAMES } from '../policy/peers/peer-names.ts';
import { BRAKE_TIMES, OVER_BUDGET_ACTIONS } from '../policy/policy.ts';

export const OUTPUTS = ['text', 'json', 'jsonl'] as const;

/**
 * Limits, policy and output. None has a default for commander to fill in: what is not given has to stay so, for
 * the configuration to hold.
 * @param policies names that --policy takes
 */
export function addMigrationOptions(
  command: Command,
  policies: readonly string[] = OWN_POLICY_NAMES,
): Command {
  return addLimitOptions(command, policies)
    .addOption(new Option('--json', 'print one JSON document at the end; short for --output json'))
    .addOption(new Option('--output <form>', 'on standard output').choices(OUTPUTS).env('SWITCHOVER_OUTPUT'))
    .addOption(new Option('-q, --quiet', 'no progress on standard error'));
}

/** Limits and policy: what decides how a migration goes. */
export function addLimitOptions(command: Command, policies: readonly string[] = OWN_POLICY_NAMES): Command {
  return command
    .addOption(
      new Option('--policy <name>', 'how to decide (default: forecast)')
        .choices(policies)
        .argParser((name) => policyName(name, policies))
        .env('SWITCHOVER_POLICY'),
    )
    .addOption(
      new Option(
        '--policy-option <name=value>',
        `a parameter of the policy, may be repeated; ${parametersOf('forecast')}; ${parametersOf('mp')}`,
      ).argParser(collectPair),
    )
    .addOption(
      parsed('--downtime <time>', 'the pause that is always fine', 'DOWNTIME', '300ms', parseDowntimeMs),
    )
    .addOption(
      parsed('--max-downtime <time>', 'the longest pause allowed', 'MAX_DOWNTIME', '5s', parseMaxDowntimeMs),
    )
    .addOption(parsed('--timeout <time>', 'give up after this long', 'TIMEOUT', 'never', parseTimeoutMs))
    .addOption(
      parsed(
        '--stall-timeout <time>',
        'give up when nothing moves for this long',
        'STALL_TIMEOUT',
        '15s',
        parseTimeoutMs,
      ),
    )
    .addOption(
      parsed(
        '--line-rate <rate>',
        "the link's rate, which the last step runs at",
        'LINE_RATE',
        'as measured',
        parseRate,
      ),
    )
    .addOption(
      new Option('--over-budget <action>', 'when no pause within --max-downtime is possible (default: abort)')
        .choices(OVER_BUDGET_ACTIONS)
        .env('SWITCHOVER_OVER_BUDGET'),
    )
    .addOption(
      new Option(
        '--brake <when>',
        'when the guest may be slowed down: as --over-budget says, or also where a shorter pause is worth it (default: over-budget)',
      )
        .choices(BRAKE_TIMES)
        .env('SWITCHOVER_BRAKE'),
    )
    .addOption(
      parsed(
        '--brake-for <time>',
        'the longest that a brake may slow the guest down',
        'BRAKE_FOR',
        '10s',
        parseTimeoutMs,
      ),
    )
    .addOption(configOption())
    .addOption(stateDirOption());
}

/** Of commands that follow a migration to its end. */
export function addRunOptions(command: Command): Command {
  return command
    .addOption(
      parsed(
        '--reconnect-for <time>',
        'how long a lost way to a side is tried again',
        'RECONNECT_FOR',
        '60s',
        parseTimeoutMs,
      ),
    )
    .option('--reason <text>', 'why, for the journal')
    .option('--correlation-id <id>', 'your own number for it, for the journal: a ticket, a request');
}

/** For commands that compare policies. @param more names that others do not take */
export function policiesOption(text: string, more: readonly string[] = []): Option {
  return new Option('--policy <name>', text).argParser((name: string, before: string[] = []) => [
    ...before,
    policyName(name, [...OWN_POLICY_NAMES, ...PEER_NAMES, ...more]),
  ]);
}

function policyName(name: string, known: readonly string[]): string {
  if (known.includes(name)) return name;
  if (name === 'frs') throw new InvalidArgumentError(FRS_IS_SIMULATED);
  if (PEER_NAMES.includes(name)) throw new InvalidArgumentError(peerRefusal(name));
  throw new InvalidArgumentError(`there are ${known.join(', ')}`);
}

export function stateDirOption(): Option {
  return new Option('--state-dir <folder>', 'where journals are kept').env('SWITCHOVER_STATE_DIR');
}

export function configOption(): Option {
  return new Option('--config <file>', 'the configuration; `switchover config` says more').env(
    'SWITCHOVER_CONFIG',
  );
}

export function bandwidthOption(): Option {
  return parsed(
    '--bandwidth <rate>',
    'cap of the passes; QEMU lifts it for the last step',
    'BANDWIDTH',
    'no cap',
    parseRate,
  );
}

function parametersOf(policy: 'forecast' | 'mp'): string {
  const parameters = Object.entries(OWN_POLICY_WORDS[policy].parameters);
  return `${policy} has ${parameters.map(([name, fallback]) => `${name} (${fallback})`).join(', ')}`;
}

function parsed(
  flags: string,
  text: string,
  env: string,
  fallback: string,
  parse: (text: string) => number,
): Option {
  return new Option(flags, `${text} (default: ${fallback})`)
    .env(`SWITCHOVER_${env}`)
    .argParser(orInvalid(parse));
}

function collectPair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [name, value] = orInvalid(parsePolicyOption)(text);
  return { ...before, [name]: value };
}

/** @returns a parser for commander that holds a duration between two */
export function durationBetween(leastMs: number, mostMs: number): (text: string) => number {
  return orInvalid((text) => {
    const ms = parseDurationMs(text);
    if (ms >= leastMs && ms <= mostMs) return ms;
    throw new Error(`it takes ${spellDuration(leastMs)} to ${spellDuration(mostMs)}`);
  });
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

/** Of a daemon that follows hosts. */
export function hostsOption(): Option {
  return severalTimes(
    new Option('-c, --connect <uri>', 'a host to follow, may be repeated (default: as configured)'),
  );
}

/** @param parse of each value; what it throws is told with the option's name */
export function severalTimes(option: Option, parse: (text: string) => string = (text) => text): Option {
  const parsed = orInvalid(parse);
  return option.argParser((value: string, before: string[] = []) => [...before, parsed(value)]);
}

export function logFormOption(): Option {
  return new Option('--output <form>', 'of the log on standard output')
    .choices(['text', 'jsonl'])
    .env('SWITCHOVER_OUTPUT');
}

export function databaseOption(words: string): Option {
  return new Option('--database <place>', words).env('SWITCHOVER_DATABASE');
}

export function dataDirOption(): Option {
  return new Option(
    '--data-dir <folder>',
    "where switchover's own PostgreSQL is (default: postgres in the state folder)",
  ).env('SWITCHOVER_DATA_DIR');
}
