/** The store of drains, with their tables, for a command. */
import { FLEET_TABLES } from '../fleet/fleet-tables.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { type OpenedStore, openStore } from '../postgres/open-store.ts';
import { openSchema } from '../postgres/schema.ts';
import { type StoreOptions, storeChoiceOf } from './store-choice.ts';

/** Its own is brought up to date; one that others use is not. @throws {StoreError} */
export async function openFleet(
  options: StoreOptions & { readonly stateDir?: string },
): Promise<OpenedStore> {
  const store = await openStore(storeChoiceOf(options, stateDirectory(options.stateDir), true));
  try {
    await openSchema(store.database, [FLEET_TABLES], store.isOwn ? 'upgrade' : 'refuse');
    return store;
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}
