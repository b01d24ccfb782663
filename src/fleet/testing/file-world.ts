/**
 * Hosts with VMs, as files: what stands in for hypervisors where controllers are killed. A migration is a file, and whether
 * it runs is a matter of its times: it goes on whether or not any process looks. All that tests judge by is read from here,
 * and never from what the engine believes.
 *
 *     vms.json                    where each VM begins
 *     VM/0001.json                its first migration: made by exclusive creation, as libvirt refuses a second job
 *     VM/0001.cancelled           when it was cancelled
 *     acts.jsonl, refused.jsonl   what controllers did, and what the world had to refuse
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface WorldVm {
  readonly vm: string;
  readonly host: string;
  readonly memoryGib: number;
  readonly intensive: boolean;
  /** Of its migrations. */
  readonly lastsMs: number;
  /** How many of its migrations end on the source. */
  readonly failures?: number;
  /** How long before its move its guest wants to be told; left out: it is not told. */
  readonly noticeMs?: number;
}

export interface WorldMigration {
  readonly vm: string;
  readonly source: string;
  readonly destination: string;
  readonly links: readonly string[];
  readonly by: string;
  /** Of this machine's uptime, as all times here. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly arrives: boolean;
}

export interface Act {
  readonly vm: string;
  readonly controller: string;
  readonly epoch: number;
  readonly what: string;
  readonly atMs: number;
}

/** What the world cannot do: the caller erred. */
export class WorldRefusal extends Error {
  override readonly name = 'WorldRefusal';
}

export class FileWorld {
  readonly folder: string;
  readonly vms: readonly WorldVm[];
  private readonly byName: ReadonlyMap<string, WorldVm>;

  constructor(folder: string) {
    this.folder = folder;
    this.vms = JSON.parse(fs.readFileSync(path.join(folder, 'vms.json'), 'utf8'));
    this.byName = new Map(this.vms.map((vm) => [vm.vm, vm]));
  }

  static make(folder: string, vms: readonly WorldVm[]): FileWorld {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'vms.json'), JSON.stringify(vms));
    for (const { vm } of vms) fs.mkdirSync(path.join(folder, vm));
    return new FileWorld(folder);
  }

  vm(vm: string): WorldVm {
    const found = this.byName.get(vm);
    if (!found) throw new WorldRefusal(`there is no VM ${vm}`);
    return found;
  }

  /** The link of a host. */
  static linkOf(host: string): string {
    return `${host}-uplink`;
  }

  /** @throws {WorldRefusal} where a migration of it runs, or it is not there */
  start(vm: string, source: string, destination: string, by: string): WorldMigration {
    const fromMs = uptimeMs();
    const { lastsMs, failures = 0 } = this.vm(vm);
    const earlier = this.migrationsOf(vm);
    const refuse = (words: string): never => {
      this.append('refused.jsonl', { vm, source, destination, by, words, atMs: fromMs });
      throw new WorldRefusal(words);
    };
    if (earlier.some((each) => runsAt(each, fromMs))) refuse(`a migration of ${vm} runs`);
    if (this.hostOf(vm) !== source) refuse(`${vm} is not on ${source}`);
    const number = String(earlier.length + 1).padStart(4, '0');
    const made: WorldMigration = {
      ...{ vm, source, destination, by, fromMs, toMs: fromMs + lastsMs },
      links: [FileWorld.linkOf(source), FileWorld.linkOf(destination)],
      arrives: earlier.length >= failures,
    };
    const next = path.join(this.folder, vm, `${number}.${process.pid}.${Math.random()}`);
    fs.writeFileSync(next, JSON.stringify(made));
    try {
      fs.linkSync(next, path.join(this.folder, vm, `${number}.json`));
    } catch {
      refuse(`a migration of ${vm} runs`);
    } finally {
      fs.rmSync(next);
    }
    return made;
  }

  cancel(vm: string): void {
    const number = this.migrationsOf(vm).findIndex((each) => runsAt(each, uptimeMs())) + 1;
    if (number === 0) throw new WorldRefusal(`no migration of ${vm} runs`);
    fs.writeFileSync(
      path.join(this.folder, vm, `${String(number).padStart(4, '0')}.cancelled`),
      String(uptimeMs()),
    );
  }

  /** Oldest first; one that was cancelled ends then. */
  migrationsOf(vm: string): readonly WorldMigration[] {
    const names = fs.readdirSync(path.join(this.folder, vm)).filter((name) => name.endsWith('.json'));
    return names.sort().map((name) => {
      const made: WorldMigration = JSON.parse(fs.readFileSync(path.join(this.folder, vm, name), 'utf8'));
      const cancelled = readNumber(path.join(this.folder, vm, name.replace('.json', '.cancelled')));
      return cancelled !== undefined && cancelled < made.toMs
        ? { ...made, toMs: cancelled, arrives: false }
        : made;
    });
  }

  migrations(): readonly WorldMigration[] {
    return this.vms.flatMap(({ vm }) => this.migrationsOf(vm));
  }

  runningOf(vm: string): WorldMigration | undefined {
    return this.migrationsOf(vm).find((each) => runsAt(each, uptimeMs()));
  }

  /** While it is migrated it counts as on the source. */
  hostOf(vm: string): string {
    const nowMs = uptimeMs();
    const arrived = this.migrationsOf(vm).findLast(({ arrives, toMs }) => arrives && toMs <= nowMs);
    return arrived?.destination ?? this.vm(vm).host;
  }

  act(act: Omit<Act, 'atMs'>): void {
    this.append('acts.jsonl', { ...act, atMs: uptimeMs() });
  }

  acts(): readonly Act[] {
    return this.lines<Act>('acts.jsonl');
  }

  refusals(): readonly { readonly vm: string; readonly by: string; readonly words: string }[] {
    return this.lines('refused.jsonl');
  }

  private append(name: string, line: object): void {
    fs.appendFileSync(path.join(this.folder, name), `${JSON.stringify(line)}\n`);
  }

  private lines<T>(name: string): readonly T[] {
    const file = path.join(this.folder, name);
    if (!fs.existsSync(file)) return [];
    return fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as T);
  }
}

/** Of all the migrations, how many ran at once at most, by what each is counted under. */
export function peaks(
  migrations: readonly WorldMigration[],
  under: (migration: WorldMigration) => readonly string[],
): ReadonlyMap<string, number> {
  const changes = migrations.flatMap((each) =>
    under(each).flatMap((key) => [
      { key, atMs: each.fromMs, by: 1 },
      { key, atMs: each.toMs, by: -1 },
    ]),
  );
  const now = new Map<string, number>();
  const most = new Map<string, number>();
  for (const { key, by } of changes.toSorted((a, b) => a.atMs - b.atMs || a.by - b.by)) {
    const count = (now.get(key) ?? 0) + by;
    now.set(key, count);
    most.set(key, Math.max(count, most.get(key) ?? 0));
  }
  return most;
}

export function uptimeMs(): number {
  return os.uptime() * 1000;
}

function runsAt({ fromMs, toMs }: WorldMigration, atMs: number): boolean {
  return fromMs <= atMs && atMs < toMs;
}

function readNumber(file: string): number | undefined {
  try {
    return Number(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
