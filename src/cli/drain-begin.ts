/** Writes a drain into the tables of the fleet for the command line, or changes what is wanted of the one that the host has. */
import type { Config } from '../config/config.ts';
import { definedOnly } from '../config/defined-only.ts';
import { stated } from '../config/settings.ts';
import { drainDocumentOf } from '../drain/document.ts';
import { STAGES } from '../drain/stages.ts';
import { beginPlanned, setWidths } from '../fleet/begin-drain.ts';
import { startWhen } from '../fleet/calm-again.ts';
import { drainOfHost } from '../fleet/drain-rows.ts';
import { type DrainSettings, mannerOf, parseDrainSettings } from '../fleet/drain-settings.ts';
import { neverOpens, openingOf } from '../fleet/drain-window.ts';
import { changeDrain, releaseAllHeld } from '../fleet/drains.ts';
import { hooksOf, stagesOf } from '../fleet/hooks.ts';
import { initiatorHere } from '../journal/initiator.ts';
import type { Database } from '../postgres/database.ts';
import {
  assertCalm,
  type DrainOptions,
  groupOf,
  hookProgramsOf,
  mannerAsked,
  say,
  saying,
} from './drain-options.ts';
import { type DrainOf, planned } from './drain-plan.ts';
import { askedFor } from './migration-options.ts';
import { standardError } from './output/standard.ts';
import { drainText } from './render/drain-text.ts';
import { UsageError } from './usage-error.ts';

interface Wish extends Pick<DrainOf, 'host' | 'deadlineInMs'> {
  /** Asked for only where a drain is begun: one that is gone on with has some. @throws {UsageError} */
  to(): DrainOf['to'];
}

/** @returns its id; undefined: not all can leave, and all or nothing was asked for @throws {UsageError} @throws {RefusedError} */
export async function beginOrGoOn(
  database: Database,
  wish: Wish,
  options: DrainOptions,
  config: Config,
): Promise<string | undefined> {
  return (
    (await goOnWith(database, wish, options, config)) ??
    (await begin(database, { ...wish, to: wish.to() }, options, config))
  );
}

/**
 * The same again is one drain: what waited for a person is tried again, with what is said of limits, destinations and time
 * this time; what is not said stays. @returns undefined where there is none
 */
async function goOnWith(
  database: Database,
  { host, deadlineInMs, to }: Wish,
  options: DrainOptions,
  config: Config,
): Promise<string | undefined> {
  const there = await drainOfHost(database, host);
  if (!there || there.outcome !== null) return undefined;
  if (there.kind === 'return')
    throw new UsageError(
      `what left ${host} is being brought back: \`switchover drain cancel ${host}\` ends that, then drain it again`,
    );
  const before = parseDrainSettings(there.settings);
  assertUnchanged(host, before, options);
  const hooks = hooksOf(config.drain, hookProgramsOf(options));
  const settings: DrainSettings = {
    ...before,
    ...(options.to === undefined ? {} : { to: wayOf(to()) }),
    ...mannerAsked(options),
    force: before.force || options.force === true,
    hooks: STAGES.filter((stage) => before.hooks?.includes(stage) || hooks.has(stage)),
    returns: before.returns === true || options.return === true,
    abortRunning: before.abortRunning === true || options.abortRunning === true,
    stated: { ...before.stated, ...stated(askedFor(options)) },
  };
  assertCalm(options, settings, there.deadlineMs !== null || deadlineInMs() !== undefined);
  const missing = (before.hooks ?? []).filter((stage) => !hooks.has(stage));
  if (missing.length > 0)
    say(
      `drain: it asks programs of yours, and neither this command nor its configuration names those: nothing begins here without ${missing.map((stage) => `--${stage}`).join(', ')}`,
    );
  const window = options.window && (await windowOn(settings));
  const { priority } = options;
  await changeDrain(database, there.id, {
    ...{ settings, ...deadlineOn(deadlineInMs()), ...window },
    ...definedOnly({ priority }),
  });
  if (options.atATime !== undefined || options.to !== undefined) await setWidths(database, host, settings);
  if (options.startWhen !== undefined || settings.startWhen === 'calm')
    await startWhen(database, there.id, settings);
  await releaseAllHeld(database, there.id);
  say(
    `drain: ${host} is being drained since ${new Date(there.createdMs).toISOString()}: that is gone on with (\`switchover drain release ${host}\` ends it)`,
  );
  return there.id;
}

/** Its VMs stand in their order, and in their groups, since it began. @throws {UsageError} */
function assertUnchanged(host: string, before: DrainSettings, { order, apart }: DrainOptions): void {
  if (order !== undefined && order !== before.order)
    throw begunOtherwise(host, `in the order "${before.order}"`, '--order');
  const kept = groupsText(before.apart);
  if (apart !== undefined && groupsText(apart.map(groupOf)) !== kept)
    throw begunOtherwise(host, `with ${kept || 'no VMs'} kept apart`, '--apart');
}

function begunOtherwise(host: string, how: string, flag: string): UsageError {
  return new UsageError(
    `${host} is being drained ${how}: end that with \`switchover drain release ${host}\`, then drain it again, or leave out ${flag}`,
  );
}

function groupsText(apart: DrainSettings['apart']): string {
  return apart.map((group) => group.join(',')).join(' and ');
}

/** @throws {UsageError} where there will be none any more */
async function windowOn(
  settings: Pick<DrainSettings, 'windows'>,
): Promise<{ readonly opens?: Date; readonly closes?: Date }> {
  if (settings.windows === undefined) return {};
  const opening = await openingOf(settings, Date.now());
  if (!opening) throw new UsageError(neverOpens(settings.windows));
  return { opens: new Date(opening.opensMs), closes: new Date(opening.closesMs) };
}

function deadlineOn(leftMs: number | undefined): { readonly deadline?: Date } {
  return leftMs === undefined ? {} : { deadline: new Date(Date.now() + leftMs) };
}

function wayOf(to: DrainOf['to']): DrainSettings['to'] {
  return to.map(({ uri, migrateUri }) => (migrateUri === undefined ? { uri } : { uri, migrateUri }));
}

/** @returns its id; undefined: not all can leave, and all or nothing was asked for */
async function begin(
  database: Database,
  wish: DrainOf,
  options: DrainOptions,
  config: Config,
): Promise<string | undefined> {
  const manner = mannerOf(mannerAsked(options), config);
  assertCalm(options, manner, wish.deadlineInMs() !== undefined);
  const plan = await planned(wish, options);
  if (!options.quiet) standardError().write(drainText(plan));
  if (options.allOrNothing && plan.plan.verdict === 'some-stay') {
    if (options.json) process.stdout.write(`${JSON.stringify(drainDocumentOf(plan), null, 2)}\n`);
    say('drain: all or nothing was asked for, and not all can leave: nothing is moved');
    return undefined;
  }
  const { user, host: machine } = initiatorHere();
  const wanted = {
    ...{ host: wish.host, requestedBy: `${user} on ${machine}` },
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    priority: options.priority ?? config.drain.priority ?? 0,
    ...deadlineOn(wish.deadlineInMs()),
    settings: {
      ...{ to: wayOf(wish.to), force: options.force === true },
      ...manner,
      apart: (options.apart ?? []).map(groupOf),
      stated: { ...stated(askedFor(options)) },
      ...(options.return ? { returns: true } : {}),
      ...(options.abortRunning ? { abortRunning: true } : {}),
      hooks: stagesOf(hooksOf(config.drain, hookProgramsOf(options))),
    },
  };
  const { id } = await saying(async () => await beginPlanned(database, wanted, plan));
  return id;
}
