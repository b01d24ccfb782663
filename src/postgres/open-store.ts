/** The store of switchover's own, or the user's database: whichever was chosen. */
import fs from 'node:fs';
import path from 'node:path';
import { Database } from './database.ts';
import { EmbeddedServer } from './embedded-server.ts';
import { StoreError } from './store-error.ts';

export interface StoreChoice {
  /** Of the user's database; undefined: switchover's own. */
  readonly url: string | undefined;
  /** Where switchover's own is. */
  readonly folder: string;
  /** Whether one is made where there is none yet. */
  readonly make: boolean;
}

export interface OpenedStore extends AsyncDisposable {
  readonly database: Database;
  /** Switchover's own. */
  readonly isOwn: boolean;
}

/** Its tables are not looked at yet. @throws {StoreError} */
export async function openStore({ url, folder, make }: StoreChoice): Promise<OpenedStore> {
  if (url !== undefined) {
    const database = Database.at(url);
    return { database, isOwn: false, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
  }
  if (!make && !fs.existsSync(path.join(folder, 'data')))
    throw new StoreError(`there is no store in ${folder} yet: name another with --data-dir or --database`);
  const server = await EmbeddedServer.start(folder);
  const database = Database.of(server);
  return {
    database,
    isOwn: true,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await server.close();
    },
  };
}
