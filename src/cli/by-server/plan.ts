import { definedOnly } from '../../config/defined-only.ts';
import { shownLines } from '../../model/shown.ts';
import { destinationOf } from '../migrate.ts';
import { assertUsage } from '../migration-options.ts';
import { type PlanOptions, planStatusOf } from '../plan.ts';
import { type ServerOptions, throughServer } from './connect.ts';
import { askedLimits } from './requests.ts';

/** `switchover plan VM [DESTINATION] --server …`. @returns the exit status */
export async function planByServer(
  vm: string,
  destination: string | undefined,
  options: PlanOptions & ServerOptions,
): Promise<number> {
  assertUsage({ ...options, config: '/dev/null' });
  if (destination !== undefined) destinationOf(vm, destination, options);
  const more = definedOnly({ destination, whatIf: options.table, probeMs: options.probe });
  return await throughServer(options, async (client) => {
    const { text, ...document } = await client.plan({ vm, ...askedLimits(options), ...more });
    process.stdout.write(options.json ? `${JSON.stringify(document, null, 2)}\n` : shownLines(text));
    return planStatusOf(document);
  });
}
