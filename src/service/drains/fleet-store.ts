/** The database with the fleet's tables, opened when it is first asked, and again where that did not succeed. */
import { FLEET_TABLES } from '../../fleet/fleet-tables.ts';
import type { Database } from '../../postgres/database.ts';
import { type OpenedStore, openStore, type StoreChoice } from '../../postgres/open-store.ts';
import { openSchema } from '../../postgres/schema.ts';

export class FleetStore implements AsyncDisposable {
  private readonly choice: StoreChoice;
  private opening: Promise<OpenedStore> | undefined;

  constructor(choice: StoreChoice) {
    this.choice = choice;
  }

  /** @throws {StoreError} where it cannot be reached, or its tables are not those that this switchover knows */
  async database(): Promise<Database> {
    this.opening ??= this.open();
    try {
      return (await this.opening).database;
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await this.opening?.catch(() => undefined);
    await opened?.[Symbol.asyncDispose]();
  }

  private async open(): Promise<OpenedStore> {
    const store = await openStore(this.choice);
    try {
      await openSchema(store.database, [FLEET_TABLES], store.isOwn ? 'upgrade' : 'refuse');
      return store;
    } catch (error) {
      await store[Symbol.asyncDispose]();
      throw error;
    }
  }
}
