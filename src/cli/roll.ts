/** `switchover roll`: empties one host after the other, has something done to each, and lets VMs be moved there again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { findConfig } from '../config/config-file.ts';
import { readDrain } from '../fleet/drain-rows.ts';
import { drainStatusOf } from '../fleet/drain-status.ts';
import { releaseDrain, resumeDrain } from '../fleet/drains.ts';
import { returnWished } from '../fleet/return-drain.ts';
import { type RolledHost, type RollSteps, roll, type StepEnd } from '../fleet/roll.ts';
import { lookAtHost } from '../hypervisor/libvirt/host-look.ts';
import { RefusedError } from '../hypervisor/refusal.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import type { Database } from '../postgres/database.ts';
import { StoreError } from '../postgres/store-error.ts';
import { askYes } from './ask-yes.ts';
import { beginOrGoOn } from './drain-begin.ts';
import { carryOut, untilOver } from './drain-follow.ts';
import {
  assertHost,
  type DrainOptions,
  deadlineOf,
  hookProgramsOf,
  isLocalUri,
  say,
} from './drain-options.ts';
import { EXIT } from './exit-status.ts';
import { assertUsage } from './migration-options.ts';
import { openFleet } from './open-fleet.ts';
import { rollText } from './render/roll-text.ts';
import { UsageError } from './usage-error.ts';

export interface RollOptions extends Omit<DrainOptions, 'plan' | 'allOrNothing' | 'deadline'> {
  readonly hosts?: readonly string[];
  readonly from?: string;
  readonly maxUnavailable?: number;
  readonly approveEach?: boolean;
  /** In milliseconds. */
  readonly recoverWithin?: number;
}

const RECOVERS_WITHIN_MS = 15 * 60e3;
/** A host that goes down may still answer once. */
const ANSWERS_NEEDED = 3;
const ASK_EVERY_MS = 2000;

interface Place {
  readonly uri: string;
  readonly migrateUri: string | undefined;
}

/** @returns the exit status @throws {UsageError} @throws {RefusedError} */
export async function rollHosts(options: RollOptions): Promise<number> {
  const { hosts, others, from } = hostsOf(options);
  const { maxUnavailable = 1, approveEach = false, json = false } = options;
  if (approveEach && !process.stdin.isTTY)
    throw new UsageError(
      '--approve-each asks on a terminal, and there is none: leave it out, or start it on one',
    );
  assertUsage(options);
  const config = findConfig(options.config);
  const stateDir = stateDirectory(options.stateDir);
  await using fleet = await openFleet(options);
  const { database } = fleet;
  const carriedOut = {
    ...{ database, store: new FolderJournals(stateDir), config: () => config },
    hooks: hookProgramsOf(options),
  };
  return await carryOut(carriedOut, async (letGo) => {
    const rolling = new Rolling({ database, options, config, letGo, places: [...hosts, ...others] });
    const turns = hosts.slice(from).map(({ uri }) => uri);
    const ends = await roll(turns, { maxUnavailable }, rolling);
    process.stdout.write(json ? `${JSON.stringify({ schema: 1, hosts: ends }, null, 2)}\n` : rollText(ends));
    if (letGo.aborted) return EXIT.detached;
    return statusOf(ends);
  });
}

/** @throws {UsageError} */
function hostsOf({ hosts = [], to = [], migrateuri = [], from, maxUnavailable = 1 }: RollOptions) {
  const all = [...hosts, ...to];
  for (const uri of all) assertHost(uri);
  if (hosts.length === 0)
    throw new UsageError(
      '--hosts is missing: name the hosts that are to be emptied, one after the other, like --hosts qemu+ssh://root@host1/system qemu+ssh://root@host2/system',
    );
  if (new Set(all).size < all.length) throw new UsageError('--hosts and --to name a host twice');
  const local = all.find((uri) => isLocalUri(uri));
  if (local !== undefined)
    throw new UsageError(
      `the other hosts cannot reach ${local}: name each host as all of them do, like qemu+ssh://root@host1/system`,
    );
  if (maxUnavailable >= all.length)
    throw new UsageError(
      all.length === 1
        ? `there is no host that the VMs of ${hosts[0]} could go to: name more --hosts, or --to`
        : `of ${all.length} hosts ${maxUnavailable} cannot be away at a time, as no host would be left: lower --max-unavailable, or name more --to`,
    );
  if (migrateuri.length > 0 && migrateuri.length !== all.length)
    throw new UsageError(
      `there are ${all.length} hosts and ${migrateuri.length} --migrateuri: give one for each of --hosts and then of --to, in the same order, or none`,
    );
  const index = from === undefined ? 0 : hosts.indexOf(from);
  if (index === -1) throw new UsageError(`--from ${from} is none of --hosts`);
  const places = all.map((uri, at): Place => ({ uri, migrateUri: migrateuri[at] }));
  return { hosts: places.slice(0, hosts.length), others: places.slice(hosts.length), from: index };
}

interface Parts {
  readonly database: Database;
  readonly options: RollOptions;
  readonly config: Config;
  readonly letGo: AbortSignal;
  /** All hosts that VMs may be on. */
  readonly places: readonly Place[];
}

class Rolling implements RollSteps {
  private readonly parts: Parts;
  private readonly drains = new Map<string, string>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  async approve(host: string): Promise<boolean> {
    if (this.parts.letGo.aborted) return false;
    if (!this.parts.options.approveEach) return true;
    const { stdin: input, stderr: output } = process;
    return await askYes(`roll: empty ${host} now?`, { input, output, letGo: this.parts.letGo });
  }

  async empty(host: string): Promise<StepEnd> {
    const { database, options, config, places } = this.parts;
    const wish = {
      ...{ host, deadlineInMs: deadlineOf(options) },
      to: () => places.filter(({ uri }) => uri !== host),
    };
    try {
      const id = await beginOrGoOn(database, wish, options, config);
      if (id === undefined) return { isDone: false, words: 'it cannot be emptied', exitStatus: EXIT.refused };
      this.drains.set(host, id);
      await this.askProgramAgain(id);
      return await this.follow(host, id, 'empty');
    } catch (error) {
      if (error instanceof RefusedError || error instanceof UsageError)
        return notDone(error.message, EXIT.refused);
      if (error instanceof StoreError) return notDone(error.message, EXIT.unexpected);
      throw error;
    }
  }

  /** A program of the drain has held it before: whoever says the same again wants it asked anew. */
  private async askProgramAgain(id: string): Promise<void> {
    const { database } = this.parts;
    const rows = await readDrain(database, id);
    const { heldBy, vms } = rows ? drainStatusOf(rows) : { heldBy: null, vms: [] };
    // Of a VM of which it is not certain where it runs somebody has to say that he has looked.
    if (heldBy !== null && vms.every(({ state }) => state !== 'unknown')) await resumeDrain(database, id);
  }

  async recover(host: string): Promise<StepEnd> {
    const { options, letGo } = this.parts;
    const { recoverWithin = RECOVERS_WITHIN_MS } = options;
    const untilMs = performance.now() + recoverWithin;
    let answers = 0;
    let problem = '';
    while (!letGo.aborted) {
      try {
        await lookAtHost(host);
        answers += 1;
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        if (problem === '') this.say(host, `it does not answer yet: ${error.message}`);
        problem = error.message;
        answers = 0;
      }
      if (answers >= ANSWERS_NEEDED) return { isDone: true, words: 'it answers', exitStatus: EXIT.migrated };
      if (performance.now() >= untilMs) return notDone(`it did not answer in time: ${problem}`, EXIT.failed);
      await sleep(ASK_EVERY_MS);
    }
    return notDone('let go of', EXIT.detached);
  }

  async release(host: string): Promise<StepEnd> {
    const { database } = this.parts;
    const id = this.drains.get(host) ?? '';
    await releaseDrain(database, id);
    const { drain } = (await readDrain(database, id)) ?? {};
    const back = drain ? await returnWished(database, drain) : undefined;
    if (!back) {
      this.say(host, 'VMs may be moved there again');
      return { isDone: true, words: 'released', exitStatus: EXIT.migrated };
    }
    return await this.follow(host, back.id, 'ended');
  }

  /** @param state in which it has been done */
  private async follow(host: string, id: string, state: 'empty' | 'ended'): Promise<StepEnd> {
    const { database, letGo } = this.parts;
    const last = await untilOver({ database, id, letGo }, (words) => this.say(host, words));
    if (!last || letGo.aborted) return notDone('let go of', EXIT.detached);
    const isDone = last.state === state && (last.outcome === null || last.outcome === 'returned');
    if (isDone) return { isDone, words: last.words, exitStatus: EXIT.migrated };
    const left = last.vms.filter(
      (vm) => vm.state === 'held' || vm.state === 'unknown' || vm.state === 'left',
    );
    const words = [last.words, ...left.map(({ name, words: why }) => `${name}: ${why}`)].join('; ');
    return notDone(words, last.exitStatus);
  }

  private say(host: string, words: string): void {
    if (!this.parts.options.quiet) say(`roll: ${host}: ${words}`);
  }
}

function notDone(words: string, exitStatus: number): StepEnd {
  return { isDone: false, words, exitStatus: exitStatus === EXIT.migrated ? EXIT.gaveUp : exitStatus };
}

/** Of the first that is not done. */
function statusOf(ends: readonly RolledHost[]): number {
  const stopped = ends.find(({ state }) => state === 'stopped');
  if (stopped) return stopped.exitStatus;
  return ends.every(({ state }) => state === 'done') ? EXIT.migrated : EXIT.gaveUp;
}
