/** The drains of a service's database, carried out by it. Whatever is wrong with the database, the service serves. */
import type { Config } from '../config/config.ts';
import { FLEET_TABLES } from '../fleet/fleet-tables.ts';
import { startDrains } from '../fleet/libvirt-runner.ts';
import type { RunStore } from '../migration/run.ts';
import { openStore, type StoreChoice } from '../postgres/open-store.ts';
import { openSchema } from '../postgres/schema.ts';
import { StoreError } from '../postgres/store-error.ts';

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

  private async run(): Promise<void> {
    while (!this.isEnding) {
      try {
        await this.runOnce();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (this.told !== error.message) this.parts.say(`drains are not carried out: ${error.message}`);
        this.told = error.message;
      }
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
    await Promise.race([this.ending.promise, runner.closed]);
  }
}
