/** A world of many hosts, a PostgreSQL, and controllers of drains in processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setCapacity } from '../../src/fleet/claims.ts';
import type { DrainRunnerParts } from '../../src/fleet/drain-runner.ts';
import { beginDrain, releaseDrain } from '../../src/fleet/drains.ts';
import { newMoveOf } from '../../src/fleet/new-move.ts';
import { FleetServer } from '../../src/fleet/testing/fleet-database.ts';
import { Database } from '../../src/postgres/database.ts';
import { Random } from '../../src/simulate/random.ts';
import type { Admission } from './timed-database.ts';
import { World, type WorldVm } from './world.ts';
import { serveWorld } from './world-server.ts';

const PROGRAM = fileURLToPath(new URL('./controller.ts', import.meta.url));
const GIB = 2 ** 30;

export const HOST_GIB = 768;
const SIZES_GIB = [1, 2, 4, 4, 8, 8, 16, 32];
const INTENSIVE_SHARE = 0.1;
const SHORTEST_MS = 500;
const LONGEST_MS = 2500;
/** Of one drain. */
export const AT_A_TIME = 4;
const DESTINATIONS = 8;

interface DatabaseFigures {
  readonly transactions: number;
  readonly connections: number;
  readonly events: number;
  /** Of the fleet's tables, with their indexes. */
  readonly bytes: number;
}

interface FleetShape {
  readonly hosts: number;
  readonly vmsOfHost: number;
  /** Of the controllers; left out: as they are for everybody. */
  readonly times?: DrainRunnerParts['times'];
  readonly seed?: number;
}

export class Fleet implements AsyncDisposable {
  readonly world: World;
  readonly database: Database;
  readonly admissions: Admission[] = [];
  readonly hosts: readonly string[];
  private readonly server: FleetServer;
  private readonly url: string;
  private readonly socket: string;
  private readonly worldServer: net.Server;
  private readonly shape: FleetShape;
  readonly random: Random;
  private readonly controllers = new Map<string, ChildProcess>();
  /** Ids of drains, by their hosts. */
  readonly draining = new Map<string, string>();
  /** Those of them that bring back what left. */
  readonly returning = new Set<string>();
  /** The next host's turn. */
  private turn = 0;

  private constructor(shape: FleetShape, server: FleetServer, url: string) {
    this.shape = shape;
    this.random = new Random(shape.seed ?? 1);
    this.hosts = Array.from({ length: shape.hosts }, (_, index) => `host${index + 1}`);
    this.world = new World(new Map(this.hosts.map((host) => [host, this.vmsOf(host)])), HOST_GIB);
    this.server = server;
    this.url = url;
    this.socket = path.join(server.folder, 'world');
    this.database = Database.at(url);
    this.worldServer = serveWorld(this.world, this.socket);
  }

  static async make(shape: FleetShape): Promise<Fleet> {
    const server = await FleetServer.start();
    const url = await server.make('bench');
    const fleet = new Fleet(shape, server, url);
    await once(fleet.worldServer, 'listening');
    await fleet.limit(AT_A_TIME);
    return fleet;
  }

  /** Out of each host, into each, and on each link. @throws {StoreError} */
  async limit(atATime: number): Promise<void> {
    for (const kind of ['source', 'destination', 'link'] as const)
      await setCapacity(this.database, kind, '*', atATime);
  }

  /** @param dateStepMs what its clock of the day goes to and fro by */
  async start(name: string, dateStepMs = 0): Promise<void> {
    const args = [name, this.url, this.socket, JSON.stringify(this.shape.times ?? {}), String(dateStepMs)];
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ready = Promise.withResolvers<void>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'ready') ready.resolve();
      else this.admissions.push(JSON.parse(line));
    });
    const gone = once(child, 'exit').then(() => ready.reject(new Error(`controller ${name} has ended`)));
    gone.catch(() => {});
    this.controllers.set(name, child);
    await ready.promise;
  }

  async end(name: string, signal: NodeJS.Signals): Promise<void> {
    const child = this.controllers.get(name);
    this.controllers.delete(name);
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** Of the controllers that run. */
  get names(): readonly string[] {
    return [...this.controllers.keys()];
  }

  /** What it has done and holds so far, by its own account. */
  async databaseFigures(): Promise<DatabaseFigures> {
    const [row] = await this.database.query<DatabaseFigures>(`
      select (select xact_commit::int from pg_stat_database where datname = current_database()) as transactions,
        (select count(*)::int from pg_stat_activity where datname = current_database()) as connections,
        (select count(*)::int from fleet.event) as events,
        (select sum(pg_total_relation_size(oid))::float8 from pg_class
         where relnamespace = 'fleet'::regnamespace and relkind = 'r') as bytes`);
    if (!row) throw new Error('the database tells nothing of itself');
    return row;
  }

  /** @returns its process's id */
  pidOf(name: string): number | undefined {
    return this.controllers.get(name)?.pid;
  }

  /** Hosts in their turn, until so many are being emptied. @returns the new ones */
  async drainUpTo(count: number, before: (host: string) => void = () => {}): Promise<readonly string[]> {
    const begun: string[] = [];
    while (this.draining.size < count) {
      const host = this.hosts[this.turn % this.hosts.length] ?? '';
      this.turn += 1;
      if (this.draining.has(host)) continue;
      before(host);
      this.draining.set(host, await this.drain(host));
      begun.push(host);
    }
    return begun;
  }

  /** Hosts from which all have left may be moved to again. */
  async releaseEmpty(): Promise<void> {
    for (const [host, id] of this.draining) {
      if (this.world.on(host).length > 0) continue;
      await releaseDrain(this.database, id);
      this.draining.delete(host);
    }
  }

  /** @returns the drain's id */
  async drain(host: string): Promise<string> {
    const to = this.destinationsFor(host).map((uri) => ({ uri }));
    const moves = this.world.on(host).map(({ uuid, memoryGib, intensive }) =>
      newMoveOf(host, {
        ...{ uuid, name: uuid, memoryBytes: memoryGib * GIB },
        ...{ apart: [], word: 'move', priority: 0, obstacles: [], calmAmong: intensive ? 1 : null },
      }),
    );
    const settings = {
      ...{ to, order: 'listed', atATime: AT_A_TIME, reserveBytes: 0 },
      ...{ apart: [], force: false, stated: {} },
    };
    return (await beginDrain(this.database, { host, requestedBy: 'bench', settings }, moves)).id;
  }

  /** Others, that are not being emptied; those with the most room of twice as many. */
  private destinationsFor(host: string): string[] {
    const drawn = new Set<string>();
    while (drawn.size < 2 * DESTINATIONS) {
      const each = this.hosts[Math.floor(this.random.next() * this.hosts.length)] ?? '';
      if (each !== host && !this.draining.has(each)) drawn.add(each);
    }
    return [...drawn].sort((a, b) => this.world.memoryOn(a) - this.world.memoryOn(b)).slice(0, DESTINATIONS);
  }

  private vmsOf(host: string): WorldVm[] {
    return Array.from({ length: this.shape.vmsOfHost }, (_, index) => this.newVm(`${host}-${index + 1}`));
  }

  newVm(uuid: string): WorldVm {
    return {
      uuid,
      memoryGib: SIZES_GIB[Math.floor(this.random.next() * SIZES_GIB.length)] ?? 1,
      lastsMs: SHORTEST_MS + this.random.next() * (LONGEST_MS - SHORTEST_MS),
      intensive: this.random.next() < INTENSIVE_SHARE,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.controllers.keys()].map((name) => this.end(name, 'SIGKILL')));
    this.worldServer.close();
    await this.database[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}
