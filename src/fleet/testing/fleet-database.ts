/** A PostgreSQL of a test's own, on which each test has a database with the fleet's tables. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Database } from '../../postgres/database.ts';
import { EmbeddedServer } from '../../postgres/embedded-server.ts';
import { openSchema } from '../../postgres/schema.ts';
import { setCapacity } from '../claims.ts';
import { FLEET_TABLES } from '../fleet-tables.ts';

export class FleetServer implements AsyncDisposable {
  /** Goes with it. */
  readonly folder: string;
  readonly server: EmbeddedServer;
  /** Of another PostgreSQL, in place of this one. */
  private readonly other: string | undefined;
  private readonly made = new Set<string>();

  private constructor(folder: string, server: EmbeddedServer, other: string | undefined) {
    this.folder = folder;
    this.server = server;
    this.other = other;
  }

  /** @param other the address of another PostgreSQL, whose user may make databases */
  static async start(other?: string): Promise<FleetServer> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-fleet-'));
    const server = await EmbeddedServer.start(path.join(folder, 'store'));
    return new FleetServer(folder, server, other);
  }

  /**
   * A database with the tables, and nothing in them but the capacities by default. One of that name that is there is
   * emptied: that is quicker than another one.
   * @returns its address
   */
  async make(name: string): Promise<string> {
    const own = `${name}_${process.pid}`;
    const url = this.urlOf(own);
    if (this.made.has(own)) {
      await using database = Database.at(url);
      await emptyFleet(database);
      return url;
    }
    this.made.add(own);
    await using maintenance = this.other ? Database.at(this.other) : Database.of(this.server);
    await maintenance.query(`create database ${own} encoding 'UTF8' template template0`);
    await using database = Database.at(url);
    await openSchema(database, [FLEET_TABLES], 'upgrade');
    return url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.other) {
      await using maintenance = Database.at(this.other);
      for (const name of this.made) await maintenance.query(`drop database ${name} with (force)`);
    }
    await this.server.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private urlOf(name: string): string {
    if (this.other) {
      const url = new URL(this.other);
      url.pathname = `/${name}`;
      return url.href;
    }
    const sockets = encodeURIComponent(path.join(this.server.folder, 'run'));
    return `postgres:///${name}?host=${sockets}&user=switchover`;
  }
}

/** As new tables are. */
export async function emptyFleet(database: Database): Promise<void> {
  await database.query(
    'truncate fleet.drain, fleet.move, fleet.claim, fleet.lease, fleet.event, fleet.capacity, fleet.controller, fleet.host, fleet.look',
  );
  await setCapacity(database, 'source', '*', 1);
  await setCapacity(database, 'destination', '*', 1);
  await setCapacity(database, 'link', '*', 2);
}
