/** What is done to drains that there are: each returns the exit status. */
import { findConfig } from '../config/config-file.ts';
import { stated } from '../config/settings.ts';
import type { Decision } from '../drain/own-word.ts';
import { decideVm } from '../fleet/decide.ts';
import { drainOfHost, listDrains, readDrain } from '../fleet/drain-rows.ts';
import { type DrainStatus, drainStatusOf } from '../fleet/drain-status.ts';
import {
  cancelDrain,
  endDrain,
  pauseDrain,
  releaseAllHeld,
  releaseDrain,
  resumeDrain,
} from '../fleet/drains.ts';
import { type Hooks, hooksOf, stagesOf } from '../fleet/hooks.ts';
import { cordonHost, uncordonHost } from '../fleet/hosts.ts';
import { beginReturn, returnWished } from '../fleet/return-drain.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { initiatorHere } from '../journal/initiator.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import type { Database } from '../postgres/database.ts';
import {
  assertHost,
  type DrainOptions,
  drainNamed,
  type HookOptions,
  hookProgramsOf,
  isLocalUri,
  returnsTo,
  say,
  saying,
  writeDrain,
} from './drain-options.ts';
import { EXIT } from './exit-status.ts';
import { askedFor, type MigrationOptions } from './migration-options.ts';
import { openFleet } from './open-fleet.ts';
import { cordonText, drainsText } from './render/drain-status-text.ts';
import type { StoreOptions } from './store-choice.ts';
import { UsageError } from './usage-error.ts';

interface ActOptions extends StoreOptions, HookOptions {
  readonly json?: boolean;
  readonly stateDir?: string;
  readonly abortRunning?: boolean;
  readonly reason?: string;
  readonly config?: string;
  readonly quiet?: boolean;
}

/** Of the newest. */
const MOST_LISTED = 50;

export async function drains(options: ActOptions): Promise<number> {
  return await withTables(options, async (database) => {
    const all: DrainStatus[] = [];
    for (const { id } of await listDrains(database, MOST_LISTED)) all.push(await statusOf(database, id));
    process.stdout.write(options.json ? `${JSON.stringify(all, null, 2)}\n` : drainsText(all));
    return EXIT.migrated;
  });
}

export async function show(which: string, options: ActOptions): Promise<number> {
  return await act(which, options, async () => {}, true);
}

export async function pause(which: string, options: ActOptions): Promise<number> {
  return await act(which, options, async (database, { id }) => {
    await pauseDrain(database, id);
  });
}

/** By a person who has looked, where it was not certain where a VM runs. */
export async function resume(which: string, options: ActOptions): Promise<number> {
  return await act(which, options, async (database, { id }) => {
    await resumeDrain(database, id);
  });
}

/** A person's word for one VM goes before its own. */
export async function decide(
  which: string,
  vm: string,
  decision: Decision,
  options: ActOptions & MigrationOptions,
): Promise<number> {
  const { user, host: machine } = initiatorHere();
  return await act(which, options, async (database, { id, host }) => {
    const wish = { decision, by: `${user} on ${machine}`, stated: { ...stated(askedFor(options)) } };
    await saying(async () => await decideVm(database, id, vm, wish));
    if (decision !== 'leave')
      say(
        `drain: whoever carries the drain out goes on with it; where nobody does, \`switchover drain ${host}\` does`,
      );
  });
}

export async function cancel(which: string, options: ActOptions): Promise<number> {
  return await act(which, options, async (database, { id }) => {
    await cancelDrain(database, id, { endRunning: options.abortRunning === true });
    await endDrain(database, id, 'cancelled');
  });
}

/** What was shut down to return is started again, and where that was asked for what left comes back: that is waited for. */
export async function release(which: string, options: ActOptions): Promise<number> {
  return await withTables(options, async (database) => {
    const id = await idOf(database, which);
    const isOver = await releaseDrain(database, id);
    if (!isOver) say('drain: nothing new begins; it is released once what is on its way has arrived');
    const { drain } = (await readDrain(database, id)) ?? {};
    const back = isOver && drain ? await returnWished(database, drain) : undefined;
    await tellStatus(database, id, options);
    return back ? await follow(database, back.id, options) : EXIT.migrated;
  });
}

/** `drain return`. The drain ends with it. */
export async function bringBack(which: string, options: ActOptions & ReturnOptions): Promise<number> {
  return await withTables(options, async (database) => {
    const { drain } = (await readDrain(database, await drainToReturn(database, which))) ?? {};
    if (!drain) throw new UsageError(`there is no drain ${which}: \`switchover drains\` lists them`);
    const { user, host: machine } = initiatorHere();
    const wish = { ...returnTo(drain.host, options), hooks: stagesOf(hooksFor(options)) };
    const back = await saying(
      async () => await beginReturn(database, drain, { by: `${user} on ${machine}`, ...wish }),
    );
    if (!back) {
      say(`drain: nothing that left ${drain.host} is to come back`);
      return EXIT.migrated;
    }
    if (!back.isNew) {
      say(`drain: what left ${drain.host} is being brought back already: that is gone on with`);
      await releaseAllHeld(database, back.id);
    }
    return await follow(database, back.id, options);
  });
}

type ReturnOptions = Pick<DrainOptions, 'to' | 'migrateuri'>;

/** @throws {UsageError} */
function returnTo(host: string, options: ReturnOptions) {
  const to = { uri: host, ...returnsTo(options) };
  if (isLocalUri(to.uri))
    throw new UsageError(
      `the hosts that its VMs are on cannot reach ${to.uri}: say by which URI they do, like --to qemu+ssh://root@host1/system`,
    );
  return { to };
}

/** Of a return the drain that it brings back from: the rest may come back, too. */
async function drainToReturn(database: Database, which: string): Promise<string> {
  const id = await idOf(database, which);
  const [row] = await database.query<{ of: string | null }>(
    'select returns_of as of from fleet.drain where id = $1',
    [id],
  );
  return row?.of ?? id;
}

/** What this command has, by its options and the configuration. */
function hooksFor(options: ActOptions): Hooks {
  return hooksOf(findConfig(options.config).drain, hookProgramsOf(options));
}

async function follow(database: Database, id: string, options: ActOptions): Promise<number> {
  const { config, json = false, quiet = false } = options;
  const { followDrain } = await import('./drain-follow.ts');
  const found = findConfig(config);
  return await followDrain(
    {
      ...{ database, id, store: new FolderJournals(stateDirectory(options.stateDir)) },
      config: () => found,
      hooks: hookProgramsOf(options),
    },
    { json, quiet },
  );
}

export async function cordon(host: string, options: ActOptions): Promise<number> {
  assertHost(host);
  return await withTables(options, async (database) => {
    const { user, host: machine } = initiatorHere();
    const isNews = await cordonHost(database, host, `${user} on ${machine}`, options.reason);
    process.stdout.write(cordonText('cordon', host, isNews));
    return EXIT.migrated;
  });
}

export async function uncordon(host: string, options: ActOptions): Promise<number> {
  assertHost(host);
  return await withTables(options, async (database) => {
    const was = await uncordonHost(database, host);
    process.stdout.write(cordonText('uncordon', host, was));
    return EXIT.migrated;
  });
}

/** @param mayBeOver also one that has ended @throws {UsageError} where there is no such drain */
async function act(
  which: string,
  options: ActOptions,
  doing: (database: Database, before: DrainStatus) => Promise<void>,
  mayBeOver = false,
): Promise<number> {
  return await withTables(options, async (database) => {
    const id = await idOf(database, which);
    const before = await statusOf(database, id);
    if (before.outcome !== null && !mayBeOver) {
      say(`drain: the drain of ${before.host} is over: it was ${before.outcome}`);
      return EXIT.refused;
    }
    await doing(database, before);
    await tellStatus(database, id, options);
    return EXIT.migrated;
  });
}

async function withTables(
  options: ActOptions,
  doing: (database: Database) => Promise<number>,
): Promise<number> {
  await using fleet = await openFleet(options);
  return await doing(fleet.database);
}

async function tellStatus(database: Database, id: string, { json }: ActOptions): Promise<void> {
  writeDrain(await statusOf(database, id), json);
}

async function statusOf(database: Database, id: string): Promise<DrainStatus> {
  const rows = await readDrain(database, id);
  if (!rows) throw new UsageError(`there is no drain ${id}`);
  return drainStatusOf(rows);
}

/** @throws {UsageError} */
async function idOf(database: Database, which: string): Promise<string> {
  return (
    (await drainOfHost(database, which))?.id ?? drainNamed(which, await listDrains(database, MOST_LISTED))
  );
}
