/** `switchover follow`, `now`, `cancel` and `limits`, which are for the migrations of a service. Each returns the exit status. */
import type { MigrationSummary } from '../../client/generated/api.ts';
import { definedOnly } from '../../config/defined-only.ts';
import { documentOf } from '../../journal/document.ts';
import { viewOf } from '../../journal/view.ts';
import { shown } from '../../model/shown.ts';
import { formatDuration, spellDuration, spellRate } from '../../model/units.ts';
import { EXIT, exitStatusOf } from '../exit-status.ts';
import { type Output, outputOf } from '../migration-options.ts';
import { Reporter } from '../render/reporter.ts';
import { summaryLines } from '../render/summary.ts';
import { UsageError } from '../usage-error.ts';
import { orOwnService, type ServerOptions, throughServer } from './connect.ts';
import { findAt, journalAt } from './find.ts';
import { FollowedRun } from './followed-run.ts';

interface ActOptions extends ServerOptions {
  readonly json?: boolean;
  readonly stateDir?: string;
}

export async function follow(
  idOrPart: string,
  options: ActOptions & {
    readonly output?: Output;
    readonly quiet?: boolean;
    readonly reconnectFor?: number;
  },
): Promise<number> {
  const reporter = new Reporter(outputOf(options), options.quiet === true);
  return await throughServer(orOwnService(options), async (client) => {
    const id = await findAt(client, idOrPart);
    const run = new FollowedRun(client, id, reporter, options.reconnectFor);
    const leave = () => {
      reporter.say(`detaching: the migration goes on, and \`switchover follow ${id}\` follows it again`);
      void run.detach();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
    try {
      return exitStatusOf(await run.outcome);
    } finally {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, leave);
    }
  });
}

export async function switchOver(
  idOrPart: string,
  options: ActOptions & { readonly reason?: string },
): Promise<number> {
  return await throughServer(orOwnService(options), async (client) => {
    const { reason } = options;
    const now = await client.switchOver(await findAt(client, idOrPart), definedOnly({ reason }));
    if (options.json) process.stdout.write(`${JSON.stringify(now, null, 2)}\n`);
    else process.stdout.write(`${switchoverWords(now)}\n`);
    return EXIT.migrated;
  });
}

/** A limit that is too short for now is no failure, but whoever asked for a switchover has to hear of it. */
function switchoverWords({ id, maxDowntimeMs, forecastPauseMs }: MigrationSummary): string {
  const words = `${id}: switches over as soon as the rest fits a pause of ${spellDuration(maxDowntimeMs)}, the longest allowed`;
  if (forecastPauseMs === null) return words;
  const last = `${words}; at the last boundary it was ${formatDuration(forecastPauseMs)}`;
  return forecastPauseMs <= maxDowntimeMs
    ? last
    : `${last}, so it goes on copying: \`switchover limits ${id} --max-downtime\` allows a longer one`;
}

export async function cancel(
  idOrPart: string,
  options: ActOptions & { readonly reason?: string },
): Promise<number> {
  return await throughServer(orOwnService(options), async (client) => {
    const id = await findAt(client, idOrPart);
    const { reason } = options;
    await client.cancel(id, definedOnly({ reason }));
    await client.ended(id);
    const view = viewOf((await journalAt(client, id)).entries);
    if (options.json) process.stdout.write(`${JSON.stringify(documentOf(view), null, 2)}\n`);
    else process.stdout.write(`${summaryLines(view).map(shown).join('\n')}\n`);
    return EXIT.migrated;
  });
}

export async function limits(
  idOrPart: string,
  options: ActOptions & {
    readonly downtime?: number;
    readonly maxDowntime?: number;
    readonly bandwidth?: number | null;
  },
): Promise<number> {
  const { downtime, maxDowntime, bandwidth } = options;
  const asked = definedOnly({
    ...{ downtimeMs: downtime, maxDowntimeMs: maxDowntime, bandwidthBytesPerSecond: bandwidth },
  });
  if (Object.keys(asked).length === 0)
    throw new UsageError('nothing is to be changed: give --downtime, --max-downtime or --bandwidth');
  return await throughServer(orOwnService(options), async (client) => {
    const now = await client.setLimits(await findAt(client, idOrPart), asked);
    const { id, downtimeMs, maxDowntimeMs, bandwidthBytesPerSecond: cap } = now;
    const capped = cap === null ? '' : `; passes are capped at ${spellRate(cap)}`;
    if (options.json) process.stdout.write(`${JSON.stringify(now, null, 2)}\n`);
    else
      process.stdout.write(
        `${id}: a pause of ${spellDuration(downtimeMs)} is always fine, ${spellDuration(maxDowntimeMs)} the longest allowed${capped}\n`,
      );
    return EXIT.migrated;
  });
}
