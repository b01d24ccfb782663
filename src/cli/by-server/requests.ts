/** What a command was told, as the API takes it. */
import type { StartRequest } from '../../client/generated/api.ts';
import type { MigrateOptions } from '../migrate.ts';

type Common = Omit<StartRequest, 'vm' | 'destination' | 'reason' | 'correlationId'>;

/** What a start and a plan have in common. What was not given is left out: the service's configuration holds. */
export function askedLimits(options: MigrateOptions): Common {
  const asked = {
    connect: options.connect,
    migrateUri: options.migrateUri ?? options.migrateuri,
    listenUri: options.listenUri ?? options.listenAddress,
    policy: options.policy,
    policyOptions: options.policyOption,
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
  return given(asked) as Common;
}

/** Without what is undefined. */
export function given<T extends object>(asked: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}
