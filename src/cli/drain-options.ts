/** What `switchover drain` is given, and what it means. */
import { definedOnly } from '../config/defined-only.ts';
import type { StartWhen } from '../drain/calm.ts';
import type { Order } from '../drain/order.ts';
import { DrainError } from '../drain/reduce.ts';
import type { HookPrograms } from '../drain/stages.ts';
import { calmProblem, type Manner } from '../fleet/drain-settings.ts';
import type { DrainStatus } from '../fleet/drain-status.ts';
import { isQemuSocket } from '../hypervisor/vm-address.ts';
import { shown } from '../model/shown.ts';
import type { DrainTo } from '../service/plan-drain.ts';
import { parseDeadline } from './deadline.ts';
import type { MigrationOptions } from './migration-options.ts';
import { standardError } from './output/standard.ts';
import { drainStatusText } from './render/drain-status-text.ts';
import type { StoreOptions } from './store-choice.ts';
import { UsageError } from './usage-error.ts';

/** Programs, by the stage at which they are asked. */
export interface HookOptions {
  readonly beforeHost?: string;
  readonly afterHost?: string;
  readonly beforeVm?: string;
  readonly afterVm?: string;
}

export interface DrainOptions extends Omit<MigrationOptions, 'output'>, StoreOptions, HookOptions {
  readonly to?: readonly string[];
  readonly migrateuri?: readonly string[];
  readonly plan?: boolean;
  readonly allOrNothing?: boolean;
  readonly reason?: string;
  readonly deadline?: string;
  /** In milliseconds. */
  readonly for?: number;
  readonly atATime?: number;
  readonly order?: Order;
  /** Of the drain among others. */
  readonly priority?: number;
  readonly reserve?: number;
  /** In bytes per second. */
  readonly linkBudget?: number;
  readonly window?: readonly string[];
  readonly startWhen?: StartWhen;
  /** In milliseconds. */
  readonly calmWithin?: number;
  /** In milliseconds. */
  readonly shutdownTimeout?: number;
  readonly apart?: readonly string[];
  readonly force?: boolean;
  /** At the deadline what is on its way is cancelled; of `cancel`: at once. */
  readonly abortRunning?: boolean;
  /** What left comes back once the host is released. */
  readonly return?: boolean;
  readonly probe?: number;
}

/** @throws {UsageError} */
export function destinationsOf(host: string, { to = [], migrateuri = [] }: DrainOptions): DrainTo[] {
  for (const uri of [host, ...to]) assertHost(uri);
  if (to.length === 0)
    throw new UsageError(
      '--to is missing: name the hosts that the VMs may go to, like --to qemu+ssh://root@host2/system',
    );
  if (to.includes(host))
    throw new UsageError(`${host} is to be emptied, so it is no destination: leave it out of --to`);
  if (new Set(to).size < to.length) throw new UsageError('--to names a host twice');
  if (migrateuri.length > 0 && migrateuri.length !== to.length)
    throw new UsageError(
      `there are ${to.length} --to and ${migrateuri.length} --migrateuri: give one for each destination, in the same order, or none`,
    );
  return to.map((uri, index) => ({ uri, migrateUri: migrateuri[index] }));
}

/** @throws {UsageError} for what is no libvirt URI: virsh must not take it for an option, and a QEMU is no host */
export function assertHost(uri: string): void {
  if (isQemuSocket(uri))
    throw new UsageError(
      `${uri} is the monitor of a QEMU: a drain is of a libvirt host, like qemu:///system`,
    );
  if (!/^[a-z][\w+.-]*:\/\/\S*$/i.test(uri) || uri.includes('#'))
    throw new UsageError(
      `"${uri}" is no libvirt URI: write it like qemu:///system or qemu+ssh://root@host2/system`,
    );
}

/** The URI says nothing of the machine: from another one it means that one. */
export function isLocalUri(uri: string): boolean {
  return /^[a-z][\w+.-]*:\/\/\//i.test(uri);
}

/** @returns how many milliseconds are left, whenever it is asked; undefined: there is none @throws {UsageError} */
export function deadlineOf({ deadline, for: forMs }: DrainOptions): () => number | undefined {
  if (deadline !== undefined && forMs !== undefined)
    throw new UsageError('--deadline and --for mean the same: give one of them');
  if (deadline === undefined) return () => forMs;
  const atMs = parseDeadline(deadline, new Date());
  return () => atMs - Date.now();
}

/** @throws {UsageError} */
export function groupOf(text: string): string[] {
  const names = text.split(',').flatMap((name) => name.trim() || []);
  if (names.length < 2) throw new UsageError(`--apart ${text}: name at least two VMs, like --apart db1,db2`);
  return names;
}

/** Programs that the command line names. */
export function hookProgramsOf({ beforeHost, afterHost, beforeVm, afterVm }: HookOptions): HookPrograms {
  const given = {
    'before-host': beforeHost,
    'after-host': afterHost,
    'before-vm': beforeVm,
    'after-vm': afterVm,
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([stage, program]) => (program === undefined ? [] : [[stage, [program]]])),
  );
}

/** Where all that left comes back to, by what was given. @throws {UsageError} */
export function returnsTo({
  to = [],
  migrateuri = [],
}: Pick<DrainOptions, 'to' | 'migrateuri'>): Partial<DrainTo> {
  if (to.length > 1 || migrateuri.length > 1)
    throw new UsageError('all come back to one host: give one --to, and one --migrateuri at most');
  const [uri] = to;
  const [migrateUri] = migrateuri;
  if (uri !== undefined) assertHost(uri);
  return definedOnly({ uri, migrateUri });
}

/**
 * @param which a host's URI, which means its newest, or the beginning of an id
 * @param newest those that there are, the newest first @param where who knows of no other, in a sentence
 * @throws {UsageError}
 */
export function drainNamed(
  which: string,
  newest: readonly { readonly id: string; readonly host: string }[],
  where = 'there is',
): string {
  const ofHost = newest.find(({ host }) => host === which);
  if (ofHost) return ofHost.id;
  const [only, ...others] = /^[0-9a-f-]{4,36}$/.test(which)
    ? newest.filter(({ id }) => id.startsWith(which))
    : [];
  if (!only) throw new UsageError(`${where} no drain ${which}: \`switchover drains\` lists them`);
  if (others.length > 0)
    throw new UsageError(`${which} is the beginning of ${others.length + 1} drains' ids: give more of it`);
  return only.id;
}

/** What the flags say of how it is gone about. */
export function mannerAsked(options: DrainOptions): Partial<Manner> {
  const { order, atATime, reserve, shutdownTimeout, linkBudget, window, startWhen, calmWithin } = options;
  return definedOnly({
    ...{ order, atATime, reserveBytes: reserve, windows: window && [...window] },
    ...{ shutdownTimeoutMs: shutdownTimeout, linkBudgetBytesPerSecond: linkBudget },
    ...{ startWhen, calmWithinMs: calmWithin },
  });
}

/** @throws {UsageError} where a wait for a calmer moment has no bound, or a bound no wait */
export function assertCalm(
  options: DrainOptions,
  manner: Pick<Manner, 'startWhen' | 'calmWithinMs'>,
  hasDeadline: boolean,
): void {
  const problem = calmProblem(mannerAsked(options), manner, hasDeadline);
  if (problem !== undefined) throw new UsageError(problem);
}

/** What cannot be done is told as it is. @throws {UsageError} */
export async function saying<T>(doing: () => Promise<T>): Promise<T> {
  try {
    return await doing();
  } catch (error) {
    if (error instanceof DrainError) throw new UsageError(error.message);
    throw error;
  }
}

/** On standard output. */
export function writeDrain(drain: DrainStatus, json = false): void {
  process.stdout.write(json ? `${JSON.stringify(drain, null, 2)}\n` : drainStatusText(drain));
}

export function say(sentence: string): void {
  standardError().write(`${shown(sentence)}\n`);
}
