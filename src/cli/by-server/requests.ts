/** What a command was told, as the API takes it. */
import type { StartRequest } from '../../client/generated/api.ts';
import { definedOnly } from '../../config/defined-only.ts';
import type { MigrateOptions } from '../migrate.ts';
import { askedFor } from '../migration-options.ts';

type Common = Omit<StartRequest, 'vm' | 'destination' | 'reason' | 'correlationId'>;

/** What a start and a plan have in common. What was not given is left out: the service's configuration holds. */
export function askedLimits(options: MigrateOptions): Common {
  const { policyOption: policyOptions, ...limits } = askedFor(options);
  const asked = {
    connect: options.connect,
    migrateUri: options.migrateUri ?? options.migrateuri,
    listenUri: options.listenUri ?? options.listenAddress,
    policyOptions,
    ...limits,
  };
  return definedOnly(asked) as Common;
}
