/** What a command was told, as the API takes it. */
import type { StartRequest } from '../../client/generated/api.ts';
import { definedOnly } from '../../config/defined-only.ts';
import type { MigrateOptions } from '../migrate.ts';
import { askedFor, type MigrationOptions } from '../migration-options.ts';

type Common = Omit<StartRequest, 'vm' | 'destination' | 'reason' | 'correlationId'>;

/** What a start and a plan have in common. What was not given is left out: the service's configuration holds. */
export function askedLimits(options: MigrateOptions): Common {
  const asked = {
    connect: options.connect,
    migrateUri: options.migrateUri ?? options.migrateuri,
    listenUri: options.listenUri ?? options.listenAddress,
    ...askedSettings(options),
  };
  return definedOnly(asked) as Common;
}

/** Of these, what holds wherever it goes. */
export function askedSettings(options: Omit<MigrationOptions, 'output'>): Partial<Common> {
  const { policyOption: policyOptions, ...limits } = askedFor(options);
  return definedOnly({ policyOptions, ...limits }) as Partial<Common>;
}
