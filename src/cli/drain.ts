/**
 * `switchover drain`: plans, writes the drain into the tables of the fleet, and carries it out itself, beside whatever service
 * does the same on that database. What it leaves when it ends is gone on with by the next that looks.
 */
import { findConfig } from '../config/config-file.ts';
import { drainDocumentOf } from '../drain/document.ts';
import { mannerOf } from '../fleet/drain-settings.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { beginOrGoOn } from './drain-begin.ts';
import { followDrain } from './drain-follow.ts';
import {
  assertCalm,
  assertHost,
  type DrainOptions,
  deadlineOf,
  destinationsOf,
  hookProgramsOf,
  isLocalUri,
  mannerAsked,
} from './drain-options.ts';
import { planned } from './drain-plan.ts';
import { EXIT } from './exit-status.ts';
import { assertUsage } from './migration-options.ts';
import { openFleet } from './open-fleet.ts';
import { drainText } from './render/drain-text.ts';
import { UsageError } from './usage-error.ts';

/** `switchover drain HOST --to HOST…`. @returns the exit status */
export async function drain(host: string, options: DrainOptions): Promise<number> {
  assertHost(host);
  if (options.return && isLocalUri(host))
    throw new UsageError(
      `--return: the other hosts cannot reach ${host}: leave it out, and say \`switchover drain return ${host} --to URI\` afterwards, with the URI by which they do`,
    );
  const deadlineInMs = deadlineOf(options);
  if (options.plan) {
    const wish = { host, deadlineInMs, to: destinationsOf(host, options) };
    assertUsage(options);
    const manner = mannerOf(mannerAsked(options), findConfig(options.config));
    assertCalm(options, manner, deadlineInMs() !== undefined);
    const plan = await planned(wish, options);
    process.stdout.write(
      options.json ? `${JSON.stringify(drainDocumentOf(plan), null, 2)}\n` : drainText(plan),
    );
    return plan.plan.verdict === 'all-leave' ? EXIT.migrated : EXIT.refused;
  }
  assertUsage(options);
  const config = findConfig(options.config);
  const stateDir = stateDirectory(options.stateDir);
  await using fleet = await openFleet(options);
  const { database } = fleet;
  const id = await beginOrGoOn(
    database,
    { host, deadlineInMs, to: () => destinationsOf(host, options) },
    options,
    config,
  );
  if (id === undefined) return EXIT.refused;
  return await followDrain(
    {
      ...{ database, id, store: new FolderJournals(stateDir), config: () => config },
      hooks: hookProgramsOf(options),
    },
    { json: options.json === true, quiet: options.quiet === true },
  );
}
