import { definedOnly } from '../../config/defined-only.ts';
import { exitStatusOf } from '../exit-status.ts';
import { Signals } from '../follow.ts';
import { destinationOf, type MigrateOptions } from '../migrate.ts';
import { assertUsage, outputOf } from '../migration-options.ts';
import { Reporter } from '../render/reporter.ts';
import { type ServerOptions, throughServer } from './connect.ts';
import { FollowedRun } from './followed-run.ts';
import { askedLimits } from './requests.ts';

const DETACHING =
  'detaching: the service goes on with the migration; `switchover follow` follows it again, and `switchover cancel` cancels it';

/** `switchover migrate VM DESTINATION --server …`: the same, but for who does it. @returns the exit status */
export async function migrateByServer(
  vm: string,
  destination: string,
  options: MigrateOptions & ServerOptions,
): Promise<number> {
  const reporter = new Reporter(outputOf(options), options.quiet === true);
  // The service has a configuration of its own.
  assertUsage({ ...options, config: '/dev/null' });
  destinationOf(vm, destination, options);
  const { reason, correlationId } = options;
  const request = { vm, destination, ...askedLimits(options), ...definedOnly({ reason, correlationId }) };
  return await throughServer(options, async (client) => {
    const signals = new Signals(reporter, DETACHING);
    try {
      const { id } = await client.start(request);
      const run = new FollowedRun(client, id, reporter, options.reconnectFor);
      signals.apply(run);
      return exitStatusOf(await run.outcome);
    } finally {
      signals.release();
    }
  });
}
