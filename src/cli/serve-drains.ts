/** The drains of a service's database, carried out by it. Whatever is wrong with the database, the service serves. */
import type { Config } from '../config/config.ts';
import { FLEET_TABLES } from '../fleet/fleet-tables.ts';
import { isOnItsWay, leavingToDrains } from '../fleet/left-to-drains.ts';
import { startDrains } from '../fleet/libvirt-runner.ts';
import { REAL_ACCESS } from '../hypervisor/libvirt/access.ts';
import { EventHub } from '../hypervisor/libvirt/virsh/event-hub.ts';
import type { RunStore } from '../migration/run.ts';
import type { Database } from '../postgres/database.ts';
import { openStore, type StoreChoice } from '../postgres/open-store.ts';
import { openSchema } from '../postgres/schema.ts';
import { StoreError } from '../postgres/store-error.ts';
import type { WatchedWorld } from '../watch/watcher.ts';
import { probeWriting } from '../watch/write-probe.ts';

export interface ServedDrainsParts {
  readonly choice: StoreChoice;
  readonly store: RunStore;
  config(): Config;
  say(sentence: string): void;
}

const AGAIN_AFTER_MS = 5000;

export class ServedDrains {
  private readonly parts: ServedDrainsParts;
  private readonly ending = Promise.withResolvers<undefined>();
  /** Settles once the database was there, or was not. */
  private readonly tried = Promise.withResolvers<undefined>();
  /** While it is there. */
  private database: Database | undefined;
  private readonly running: Promise<void>;
  private isEnding = false;
  private told = '';

  constructor(parts: ServedDrainsParts) {
    this.parts = parts;
    this.running = this.run();
  }

  /** Lets go: migrations go on, and whoever else there is goes on with the drains. */
  async close(): Promise<void> {
    this.isEnding = true;
    this.ending.resolve(undefined);
    await this.running;
  }

  /** For the watch beside it, which leaves to drains what they have on their way. */
  worldOfWatch(): WatchedWorld {
    return {
      ...{ access: REAL_ACCESS, hub: new EventHub() },
      takeLease: leavingToDrains(async (vm) => await this.moves(vm)),
      probe: async () => await probeWriting(this.parts.store.place),
    };
  }

  /** While nobody can tell it does not: what others begin is not left alone for that. */
  private async moves(vm: string): Promise<boolean> {
    await this.tried.promise;
    try {
      return this.database !== undefined && (await isOnItsWay(this.database, vm));
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  }

  private async run(): Promise<void> {
    while (!this.isEnding) {
      try {
        await this.runOnce();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (this.told !== error.message) this.parts.say(`drains are not carried out: ${error.message}`);
        this.told = error.message;
      }
      this.database = undefined;
      this.tried.resolve(undefined);
      await Promise.race([
        this.ending.promise,
        new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS).unref()),
      ]);
    }
  }

  /** Until it is told to end, or its tables are of a newer switchover. @throws {StoreError} */
  private async runOnce(): Promise<void> {
    const { choice, store, config, say } = this.parts;
    await using opened = await openStore(choice);
    const { database, isOwn } = opened;
    await openSchema(database, [FLEET_TABLES], isOwn ? 'upgrade' : 'refuse');
    await using runner = await startDrains({
      database,
      store,
      config,
      say: (words) => say(`drains: ${words}`),
    });
    this.told = '';
    this.database = database;
    this.tried.resolve(undefined);
    await Promise.race([this.ending.promise, runner.closed]);
  }
}
