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

  async empty(): Promise<void> {
    await this.database.query('truncate switchover.journal, switchover.taken_in cascade');
  }

  /** Another database of that server, as a user's would be, without tables. @returns its address */
  async another(name: string): Promise<string> {
    await this.database.query(`create database ${name}`);
    return `postgres:///${name}?host=${encodeURIComponent(path.join(this.server.folder, 'run'))}&user=switchover`;
  }

  /** Every process of the server, which `SIGSTOP` makes one that does not answer. */
  signal(signal: NodeJS.Signals): void {
    const file = path.join(this.server.folder, 'data', 'postmaster.pid');
    const first = Number(fs.readFileSync(file, 'utf8').split('\n', 1)[0]);
    const children = () =>
      fs.readFileSync(`/proc/${first}/task/${first}/children`, 'utf8').trim().split(' ').map(Number);
    // One that is stopped makes no more, and waits for none that ends.
    if (signal === 'SIGSTOP') process.kill(first, signal);
    for (const pid of [...children(), first])
      try {
        process.kill(pid, signal);
      } catch (error) {
        // One of them may have ended since it was listed.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database[Symbol.asyncDispose]();
    await this.server.close();
    fs.rmSync(this.folder, { recursive: true });
  }
}
