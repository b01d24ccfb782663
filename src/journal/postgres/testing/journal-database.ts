/** A PostgreSQL of a test's own, with the journals' tables. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Database } from '../../../postgres/database.ts';
import { EmbeddedServer } from '../../../postgres/embedded-server.ts';
import { openSchema } from '../../../postgres/schema.ts';
import { JOURNAL_TABLES } from '../journal-tables.ts';

export class JournalDatabase implements AsyncDisposable {
  readonly database: Database;
  /** Goes with it. */
  readonly folder: string;
  readonly server: EmbeddedServer;

  private constructor(folder: string, server: EmbeddedServer, database: Database) {
    this.folder = folder;
    this.server = server;
    this.database = database;
  }

  /** @param other the address of another PostgreSQL, in place of this one */
  static async start(other?: string): Promise<JournalDatabase> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-rows-'));
    const server = await EmbeddedServer.start(path.join(folder, 'store'));
    const database = other ? Database.at(other) : Database.of(server);
    await openSchema(database, [JOURNAL_TABLES], 'upgrade');
    return new JournalDatabase(folder, server, database);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database[Symbol.asyncDispose]();
    await this.server.close();
    fs.rmSync(this.folder, { recursive: true });
  }
}
