/** Carries out the drains of a database on libvirt hosts. */
import type { Config } from '../config/config.ts';
import type { HookPrograms } from '../drain/stages.ts';
import { initiatorHere } from '../journal/initiator.ts';
import type { RunStore } from '../migration/run.ts';
import type { Database } from '../postgres/database.ts';
import { DrainRunner } from './drain-runner.ts';
import { hooksOf } from './hooks.ts';
import { LibvirtCalmLooker } from './libvirt-calm-looker.ts';
import { LibvirtHosts } from './libvirt-hosts.ts';
import { LibvirtMover } from './libvirt-mover.ts';

interface LibvirtRunnerParts {
  readonly database: Database;
  readonly store: RunStore;
  config(): Config;
  /** That the command line names: they go before those of `[drain]`. */
  readonly hooks?: HookPrograms | undefined;
  say(sentence: string): void;
}

/** As journals have it, whichever process carries it out: none other than a drain goes on with them. */
const COMMAND = ['switchover', 'drain'];

const ON_ITS_WAY = `
select destination from fleet.move where vm = $1 and source = $2 and state in ('starting', 'moving', 'unknown')`;

/** @throws {StoreError} where the tables are not those that this switchover knows */
export async function startDrains({
  database,
  store,
  config,
  hooks,
  say,
}: LibvirtRunnerParts): Promise<DrainRunner> {
  return await DrainRunner.start({
    ...{ database, hosts: new LibvirtHosts(), config, warn: say, hooks: hooksOf(config().drain, hooks) },
    calmLooker: new LibvirtCalmLooker({ store, config }),
    moverOf: (book) =>
      new LibvirtMover({
        ...{ store, config, say, initiator: { ...initiatorHere(), command: COMMAND } },
        settingsOf: async (drain) => await book.settingsEvenOf(drain),
        wayOf: async (vm, source) => {
          const [move] = await database.query<{ destination: string }>(ON_ITS_WAY, [vm, source]);
          return move?.destination;
        },
        sources: () => book.sources(),
        destinations: () => book.destinations(),
      }),
  });
}
