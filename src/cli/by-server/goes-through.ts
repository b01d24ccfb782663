/** Which of a command's options a service takes. */
import type { Command } from 'commander';
import { UsageError } from '../usage-error.ts';

/** Of every command that goes through one. */
const OF_THE_WAY = ['server', 'serverCa', 'tokenFile', 'json', 'output', 'quiet'];

const LIMITS = [
  'policy',
  'policyOption',
  'downtime',
  'maxDowntime',
  'timeout',
  'stallTimeout',
  'lineRate',
  'bandwidth',
  'overBudget',
  'brake',
  'brakeFor',
];
const PLACES = ['connect', 'migrateUri', 'migrateuri'];

const GO_THROUGH: Readonly<Record<string, readonly string[]>> = {
  migrate: [
    ...LIMITS,
    ...PLACES,
    'listenUri',
    'listenAddress',
    'p2p',
    'live',
    'reconnectFor',
    'reason',
    'correlationId',
  ],
  plan: [...LIMITS, ...PLACES, 'probe', 'table'],
  list: [],
  drain: [
    ...LIMITS,
    ...[
      'to',
      'migrateuri',
      'apart',
      'reserve',
      'deadline',
      'for',
      'abortRunning',
      'order',
      'priority',
      'atATime',
      'linkBudget',
      'window',
      'startWhen',
      'calmWithin',
    ],
    ...['shutdownTimeout', 'probe', 'reason', 'return', 'allOrNothing', 'plan'],
  ],
  drains: [],
  cordon: ['reason'],
  uncordon: [],
  explain: [],
};

/** Of a command that does the same by itself. @throws {UsageError} where the command line has an option that the service would not hear of */
export function assertGoesThrough(command: Command): void {
  const ofIts: readonly string[] | undefined = GO_THROUGH[command.name()];
  if (ofIts === undefined) return;
  const taken = [...OF_THE_WAY, ...ofIts];
  // What the environment says is for every command, and may stand there for others.
  const lost = command.options.find(
    (option) =>
      command.getOptionValueSource(option.attributeName()) === 'cli' &&
      !taken.includes(option.attributeName()),
  );
  if (lost)
    throw new UsageError(
      `${lost.long} does not go through a service: leave it out, or leave --server out where switchover can do it itself`,
    );
}
