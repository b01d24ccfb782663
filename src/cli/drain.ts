/**
 * `switchover drain`: plans, writes the drain into the tables of the fleet, and carries it out itself, beside whatever service
 * does the same on that database. What it leaves when it ends is gone on with by the next that looks.
 */
import { findConfig } from '../config/config-file.ts';
import { stated } from '../config/settings.ts';
import { drainDocumentOf } from '../drain/document.ts';
import { STAGES } from '../drain/stages.ts';
import { beginPlanned } from '../fleet/begin-drain.ts';
import { drainOfHost } from '../fleet/drain-rows.ts';
import { type DrainSettings, parseDrainSettings } from '../fleet/drain-settings.ts';
import { changeDrain, releaseAllHeld } from '../fleet/drains.ts';
import { FLEET_TABLES } from '../fleet/fleet-tables.ts';
import { hooksOf, stagesOf } from '../fleet/hooks.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { initiatorHere } from '../journal/initiator.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import type { Database } from '../postgres/database.ts';
import { openStore } from '../postgres/open-store.ts';
import { openSchema } from '../postgres/schema.ts';
import { followDrain } from './drain-follow.ts';
import {
  assertHost,
  type DrainOptions,
  deadlineOf,
  destinationsOf,
  groupOf,
  hookProgramsOf,
  isLocalUri,
  mannerOf,
  say,
} from './drain-options.ts';
import { type DrainOf, planned } from './drain-plan.ts';
import { EXIT } from './exit-status.ts';
import { askedFor, assertUsage } from './migration-options.ts';
import { standardError } from './output/standard.ts';
import { drainText } from './render/drain-text.ts';
import { storeChoiceOf } from './store-choice.ts';
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
    const plan = await planned(wish, options);
    process.stdout.write(
      options.json ? `${JSON.stringify(drainDocumentOf(plan), null, 2)}\n` : drainText(plan),
    );
    return plan.plan.verdict === 'all-leave' ? EXIT.migrated : EXIT.refused;
  }
  assertUsage(options);
  const config = findConfig(options.config);
  const stateDir = stateDirectory(options.stateDir);
  await using store = await openStore(storeChoiceOf(options, stateDir, true));
  const { database, isOwn } = store;
  await openSchema(database, [FLEET_TABLES], isOwn ? 'upgrade' : 'refuse');
  const id =
    (await goOnWith(database, host, deadlineInMs, options)) ??
    (await begin(database, { host, deadlineInMs, to: destinationsOf(host, options) }, options));
  if (id === undefined) return EXIT.refused;
  return await followDrain(
    {
      ...{ database, id, store: new FolderJournals(stateDir), config: () => config },
      hooks: hookProgramsOf(options),
    },
    { json: options.json === true, quiet: options.quiet === true },
  );
}

/**
 * The same again is one drain: what waited for a person is tried again, with what is said of limits, destinations and time
 * this time; what is not said stays. @returns undefined where there is none
 */
async function goOnWith(
  database: Database,
  host: string,
  deadlineInMs: () => number | undefined,
  options: DrainOptions,
): Promise<string | undefined> {
  const there = await drainOfHost(database, host);
  if (!there || there.outcome !== null) return undefined;
  if (there.kind === 'return')
    throw new UsageError(
      `what left ${host} is being brought back: \`switchover drain cancel ${host}\` ends that, then drain it again`,
    );
  const before = parseDrainSettings(there.settings);
  const hooks = hooksOf(findConfig(options.config).drain, hookProgramsOf(options));
  const settings: DrainSettings = {
    ...before,
    ...(options.to === undefined ? {} : { to: wayOf(destinationsOf(host, options)) }),
    ...(options.reserve === undefined ? {} : { reserveBytes: options.reserve }),
    ...(options.shutdownTimeout === undefined ? {} : { shutdownTimeoutMs: options.shutdownTimeout }),
    force: before.force || options.force === true,
    hooks: STAGES.filter((stage) => before.hooks?.includes(stage) || hooks.has(stage)),
    returns: before.returns === true || options.return === true,
    abortRunning: before.abortRunning === true || options.abortRunning === true,
    stated: { ...before.stated, ...stated(askedFor(options)) },
  };
  const missing = (before.hooks ?? []).filter((stage) => !hooks.has(stage));
  if (missing.length > 0)
    say(
      `drain: it asks programs of yours, and neither this command nor its configuration names those: nothing begins here without ${missing.map((stage) => `--${stage}`).join(', ')}`,
    );
  await changeDrain(database, there.id, { settings, ...deadlineOn(deadlineInMs()) });
  await releaseAllHeld(database, there.id);
  say(
    `drain: ${host} is being drained since ${new Date(there.createdMs).toISOString()}: that is gone on with (\`switchover drain release ${host}\` ends it)`,
  );
  return there.id;
}

function deadlineOn(leftMs: number | undefined): { readonly deadline?: Date } {
  return leftMs === undefined ? {} : { deadline: new Date(Date.now() + leftMs) };
}

function wayOf(to: DrainOf['to']): DrainSettings['to'] {
  return to.map(({ uri, migrateUri }) => (migrateUri === undefined ? { uri } : { uri, migrateUri }));
}

/** @returns its id; undefined: not all can leave, and all or nothing was asked for */
async function begin(database: Database, wish: DrainOf, options: DrainOptions): Promise<string | undefined> {
  const plan = await planned(wish, options);
  if (!options.quiet) standardError().write(drainText(plan));
  if (options.allOrNothing && plan.plan.verdict === 'some-stay') {
    if (options.json) process.stdout.write(`${JSON.stringify(drainDocumentOf(plan), null, 2)}\n`);
    say('drain: all or nothing was asked for, and not all can leave: nothing is moved');
    return undefined;
  }
  const { user, host: machine } = initiatorHere();
  const config = findConfig(options.config);
  const { id } = await beginPlanned(
    database,
    {
      ...{ host: wish.host, requestedBy: `${user} on ${machine}` },
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...deadlineOn(wish.deadlineInMs()),
      settings: {
        ...{ to: wayOf(wish.to), force: options.force === true },
        ...mannerOf(options, config),
        apart: (options.apart ?? []).map(groupOf),
        stated: { ...stated(askedFor(options)) },
        ...(options.return ? { returns: true } : {}),
        ...(options.abortRunning ? { abortRunning: true } : {}),
        hooks: stagesOf(hooksOf(config.drain, hookProgramsOf(options))),
      },
    },
    plan,
  );
  return id;
}
