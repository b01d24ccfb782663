/** A world, a database and any number of controllers, in processes of their own or in this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { Database } from '../../postgres/database.ts';
import { StoreError } from '../../postgres/store-error.ts';
import { type ControllerOptions, FleetController } from '../controller.ts';
import { beginDrain, type NewDrain, type NewMove } from '../drains.ts';
import type { MoveState } from '../move.ts';
import type { ProcessOptions } from './controller-process.ts';
import { FileMover } from './file-mover.ts';
import { FileWorld, peaks, type WorldVm } from './file-world.ts';
import type { FleetServer } from './fleet-database.ts';

const PROGRAM = path.join(import.meta.dirname, 'controller-process.ts');

/** Of tests; its 0.8 is longer than this machine is ever held up. */
export const LEASE_MS = 3000;

export class FleetBed implements AsyncDisposable {
  readonly url: string;
  readonly database: Database;
  readonly world: FileWorld;
  readonly destinations: readonly string[];
  private readonly children: ControllerProcess[] = [];
  private readonly here: FleetController[] = [];

  private constructor(url: string, world: FileWorld, destinations: readonly string[]) {
    this.url = url;
    this.database = Database.at(url);
    this.world = world;
    this.destinations = destinations;
  }

  static async make(
    server: FleetServer,
    vms: readonly Partial<WorldVm>[],
    destinations: readonly string[] = ['b', 'c'],
  ): Promise<FleetBed> {
    const url = await server.make('bed');
    const whole = vms.map((vm, index) => ({
      ...{ vm: `vm${index + 1}`, host: 'a', memoryGib: 2, intensive: false, lastsMs: 300 },
      ...vm,
    }));
    return new FleetBed(
      url,
      FileWorld.make(fs.mkdtempSync(path.join(server.folder, 'world-')), whole),
      destinations,
    );
  }

  /** All VMs of that host shall leave it. @returns the drain's id */
  async drain(host: string, given: Partial<NewDrain> = {}): Promise<string> {
    const moves = this.world.vms.filter((vm) => vm.host === host).map((vm) => this.moveOf(vm));
    return (await beginDrain(this.database, { host, requestedBy: 'test', ...given }, moves)).id;
  }

  moveOf({ vm, host, memoryGib, intensive }: WorldVm): NewMove {
    return {
      vm,
      name: vm,
      source: host,
      link: FileWorld.linkOf(host),
      memoryBytes: memoryGib * 2 ** 30,
      calmAmong: intensive ? 1 : null,
    };
  }

  async process(name: string, given: Partial<ProcessOptions> = {}): Promise<ControllerProcess> {
    const child = await ControllerProcess.start({
      ...{ name, url: this.url, world: this.world.folder, destinations: this.destinations },
      ...{ leaseMs: LEASE_MS, ...given },
    });
    this.children.push(child);
    return child;
  }

  /** In this process. */
  async controller(name: string, given: Partial<ControllerOptions> = {}): Promise<FleetController> {
    const mover = new FileMover(this.world, name);
    const controller = await FleetController.start({
      ...{ database: this.database, mover, place: mover.placeOn(this.destinations) },
      ...{ leaseMs: LEASE_MS, roundMs: 100, reconcileMs: 300, ...given },
    });
    this.here.push(controller);
    return controller;
  }

  async states(): Promise<Readonly<Record<string, MoveState>>> {
    const rows = await this.database.query<{ vm: string; state: MoveState }>(
      'select vm, state from fleet.move order by created, position',
    );
    return Object.fromEntries(rows.map(({ vm, state }) => [vm, state]));
  }

  async until(isSo: (states: Readonly<Record<string, MoveState>>) => boolean, withinMs = 45_000) {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const states = await this.states().catch(storeIsAway);
      if (states && isSo(states)) return;
      if (performance.now() > deadline) throw new Error(`it did not come about: ${JSON.stringify(states)}`);
      await sleep(50);
    }
  }

  async untilMoved(withinMs?: number): Promise<void> {
    await this.until((states) => Object.values(states).every((state) => state === 'moved'), withinMs);
  }

  /**
   * By the world, and not by the engine: every VM is where it should be, no limit was exceeded, and none was moved twice at
   * once. Nor is anything held any more.
   */
  async expectTrue(limits: { source?: number; destination?: number; link?: number } = {}): Promise<void> {
    const { source = 1, destination = 1, link = 2 } = limits;
    const migrations = this.world.migrations();
    const most = (under: Parameters<typeof peaks>[1]) => Math.max(0, ...peaks(migrations, under).values());
    expect(most((each) => [each.vm])).toBeLessThanOrEqual(1);
    expect(most((each) => [each.source])).toBeLessThanOrEqual(source);
    expect(most((each) => [each.destination])).toBeLessThanOrEqual(destination);
    expect(most((each) => each.links)).toBeLessThanOrEqual(link);
    expect(this.world.refusals()).toEqual([]);
    expect(await this.database.query('select kind, key, unit from fleet.claim')).toEqual([]);
    this.expectNoStaleAct();
  }

  /** Once one with a higher epoch has acted on a VM, none with a lower one did. */
  expectNoStaleAct(): void {
    const newest = new Map<string, number>();
    const stale = this.world.acts().filter(({ vm, epoch }) => {
      const before = newest.get(vm) ?? 0;
      newest.set(vm, Math.max(before, epoch));
      return epoch < before;
    });
    expect(stale).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.children.map((child) => child.kill()));
    await Promise.all(this.here.map((controller) => controller[Symbol.asyncDispose]()));
    await this.database[Symbol.asyncDispose]();
  }
}

/** A test may have ended its connections, or its server. */
function storeIsAway(error: unknown): undefined {
  if (!(error instanceof StoreError)) throw error;
}

export class ControllerProcess {
  readonly said: string[] = [];
  readonly child: ChildProcess;
  private heard = (): void => {};

  private constructor(child: ChildProcess) {
    this.child = child;
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.said.push(line);
      this.heard();
    });
  }

  static async start(options: ProcessOptions): Promise<ControllerProcess> {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const started = new ControllerProcess(child);
    await started.says(/^ready/);
    return started;
  }

  async says(words: RegExp): Promise<void> {
    const exit = once(this.child, 'exit').then(() => {
      throw new Error(`it ended before it said ${words}`);
    });
    exit.catch(() => {});
    while (!this.said.some((line) => words.test(line)))
      await Promise.race([
        exit,
        new Promise<void>((resolve) => {
          this.heard = resolve;
        }),
      ]);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
  }
}
