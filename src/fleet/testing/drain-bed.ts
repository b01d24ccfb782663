/** Simulated hosts, a database, and any number of runners of drains in this process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { phaseOf } from '../../drain/state.ts';
import { drainExitStatus, drainWords } from '../../drain/state-words.ts';
import { Database } from '../../postgres/database.ts';
import { setCapacity } from '../claims.ts';
import { type DrainRows, readDrain } from '../drain-rows.ts';
import { DrainRunner } from '../drain-runner.ts';
import { type DrainSettings, linkFrom, linkTo } from '../drain-settings.ts';
import { viewOf } from '../drain-view.ts';
import { beginDrain, type NewDrain } from '../drains.ts';
import { type Hooks, NO_HOOKS } from '../hooks.ts';
import { foundMoveOf } from '../new-move.ts';
import type { FleetServer } from './fleet-database.ts';
import { NO_CONFIG, type SimulatedHosts, SimulatedLooker, SimulatedMover } from './simulated-hosts.ts';

const SETTINGS: DrainSettings = {
  ...{ to: [{ uri: 'b' }, { uri: 'c' }], order: 'listed', atATime: 2, reserveBytes: 0 },
  ...{ apart: [], force: false, stated: {} },
};

export class DrainBed implements AsyncDisposable {
  readonly hosts: SimulatedHosts;
  readonly database: Database;
  readonly looker: SimulatedLooker;
  readonly warned: string[] = [];
  private readonly runners: DrainRunner[] = [];

  private constructor(hosts: SimulatedHosts, url: string) {
    this.hosts = hosts;
    this.looker = new SimulatedLooker(hosts);
    this.database = Database.at(url);
  }

  static async make(server: FleetServer, name: string, hosts: SimulatedHosts): Promise<DrainBed> {
    return new DrainBed(hosts, await server.make(name));
  }

  async runner(name = 'one', hooks: Hooks = NO_HOOKS): Promise<DrainRunner> {
    const runner = await DrainRunner.start({
      ...{ database: this.database, hosts: this.hosts, config: () => NO_CONFIG, hooks },
      moverOf: () => new SimulatedMover(this.hosts, name),
      calmLooker: this.looker,
      warn: (words) => this.warned.push(words),
      times: {
        leaseMs: 3000,
        roundMs: 100,
        reconcileMs: 200,
        keepMs: 150,
        lookMs: 150,
        calmMs: 50,
        lookingMs: 1500,
      },
    });
    this.runners.push(runner);
    return runner;
  }

  /** All that is on that host shall leave it. @returns the drain's id */
  async drain(
    host: string,
    given: Partial<DrainSettings> = {},
    drain: Partial<NewDrain> = {},
    intensive: readonly string[] = [],
  ): Promise<string> {
    const settings = { ...SETTINGS, ...given };
    const moves = [];
    for (const uuid of this.hosts.on(host)) {
      const vm = await this.hosts.vm(host, uuid);
      if (vm)
        moves.push(
          foundMoveOf(
            host,
            { ...vm, uuid, calmAmong: intensive.includes(uuid) ? 1 : null },
            NO_CONFIG,
            settings,
          ),
        );
    }
    for (const { uri } of settings.to) {
      await setCapacity(this.database, 'destination', uri, settings.atATime);
      await setCapacity(this.database, 'link', linkTo(uri), settings.atATime);
    }
    await setCapacity(this.database, 'source', host, settings.atATime);
    await setCapacity(this.database, 'link', linkFrom(host), settings.atATime);
    const made = { host, requestedBy: 'test', settings, ...drain };
    return (await beginDrain(this.database, made, moves)).id;
  }

  async rows(id: string): Promise<DrainRows> {
    const rows = await readDrain(this.database, id);
    if (!rows) throw new Error(`there is no drain ${id}`);
    return rows;
  }

  /** As a person is told it. */
  async told(id: string) {
    const rows = await this.rows(id);
    const view = viewOf(rows);
    const { nowMs } = rows.drain;
    const states = Object.fromEntries([...view.vms.values()].map(({ name, state }) => [name, state.is]));
    return {
      phase: phaseOf(view, nowMs),
      words: drainWords(view, nowMs),
      status: drainExitStatus(view),
      states,
      view,
    };
  }

  async until(id: string, isSo: (told: Awaited<ReturnType<DrainBed['told']>>) => boolean, withinMs = 25_000) {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const told = await this.told(id);
      if (isSo(told)) return told;
      if (performance.now() > deadline)
        throw new Error(`it did not come about: ${JSON.stringify(told)}, ${this.warned}`);
      await sleep(40);
    }
  }

  async untilPhase(id: string, phase: string, withinMs?: number) {
    return await this.until(id, (told) => told.phase === phase, withinMs);
  }

  /** What waits for its next try, or its next look, is tried or looked at now. */
  async hurry(): Promise<void> {
    await this.database.query(
      "update fleet.move set next_try = now() where state = 'queued' and next_try > now()",
    );
  }

  /** By the hosts' own record: no limit was exceeded, and nothing was moved twice at once. Nothing is held any more. */
  async expectTrue({ source = 2, destination = 2 } = {}): Promise<void> {
    expect(this.hosts.most(({ source: host }) => host)).toBeLessThanOrEqual(source);
    expect(this.hosts.most(({ destination: host }) => host)).toBeLessThanOrEqual(destination);
    expect(this.hosts.most(({ vm }) => vm)).toBeLessThanOrEqual(1);
    expect(this.hosts.refused).toEqual([]);
    expect(await this.database.query('select kind, key, unit from fleet.claim')).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner[Symbol.asyncDispose]()));
    await this.database[Symbol.asyncDispose]();
  }
}
