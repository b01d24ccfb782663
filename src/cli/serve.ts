import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { findConfig } from '../config/config-file.ts';
import { definedOnly } from '../config/defined-only.ts';
import { RefusedError } from '../hypervisor/hypervisor.ts';
import { assertUsableVirsh } from '../hypervisor/libvirt/virsh/usable-virsh.ts';
import { errnoWords } from '../journal/errno-words.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { AccessError } from '../service/access.ts';
import { isThisMachineOnly, type Place, PlaceError, parsePlace, placeInWords } from '../service/serve-at.ts';
import { Service } from '../service/service.ts';
import type { Tls } from '../service/tls.ts';
import { VERSION } from '../version.ts';
import { ServiceManager, takeServiceManager } from '../watch/service-manager.ts';
import { Watcher } from '../watch/watcher.ts';
import { daemonLog, ended, readAgainOnHangUp, toldToEnd } from './daemon.ts';
import { giveBackOnceStarted } from './give-back-memory.ts';
import { connectUri } from './hypervisor-of.ts';
import { beScheduledPromptly } from './priority.ts';
import { archiveOf, drainsToShow, drainsToTell } from './serve-database.ts';
import type { ServedDrains } from './serve-drains.ts';
import { SERVE_SOCKET } from './serve-socket.ts';
import { type ServeTlsOptions, tlsOf } from './serve-tls.ts';
import { storeChoiceOf } from './store-choice.ts';
import { UsageError } from './usage-error.ts';

export interface ServeOptions extends ServeTlsOptions {
  readonly listen?: readonly string[];
  readonly name?: readonly string[];
  readonly connect?: readonly string[];
  readonly watch: boolean;
  readonly webhooks?: string;
  readonly demo?: boolean;
  readonly guests?: number;
  readonly config?: string;
  readonly output?: 'text' | 'jsonl';
  readonly stateDir?: string;
  readonly database?: string;
  readonly dataDir?: string;
  readonly keepFor?: number;
  readonly keepSize?: number;
}

const USUAL_PLACE = '127.0.0.1:8686';

/** `switchover serve`. Runs until it is told to end. @returns the exit status */
export async function serve(options: ServeOptions): Promise<number> {
  if (options.guests !== undefined && !options.demo)
    throw new UsageError('--guests counts simulated guests: give it with --demo');
  if (!options.demo) return await serveFrom(options, undefined);
  const stateDir = mkdtempSync(path.join(os.tmpdir(), 'switchover-demo-'));
  try {
    return await serveFrom(options, stateDir);
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

/** @param demoDir of a demonstration, which follows no host @throws {UsageError} @throws {RefusedError} @throws {ConfigError} */
async function serveFrom(options: ServeOptions, demoDir: string | undefined): Promise<number> {
  // Before anything is started that would inherit it.
  const manager = takeServiceManager(process.env);
  const config = findConfig(options.config);
  const stateDir = demoDir ?? stateDirectory(options.stateDir ?? config.watch.stateDir);
  makeStateFolder(stateDir);
  const places = placesOf(options, stateDir);
  const log = daemonLog(options.output);
  const say = (sentence: string) => log.say(sentence);
  const keep = definedOnly({ olderThanMs: options.keepFor, maxBytes: options.keepSize });
  const archive = demoDir === undefined ? await archiveOf({ ...options, stateDir, keep }, say) : undefined;
  using tls = tlsOf(options, places, say);
  const uris = demoDir === undefined ? await hostsOf(options, config, say) : [];
  let watcher: Watcher | undefined;
  const configNow = () => watcher?.config ?? config;
  const told =
    demoDir === undefined
      ? await drainsToTell({ ...options, stateDir }, uris, configNow)
      : await drainsToShow(options, stateDir, say);
  const service = new Service({
    stateDir,
    journals: new FolderJournals(stateDir),
    archive,
    config: configNow,
    ...(told === undefined ? {} : { drains: told }),
    hosts: uris,
    connect: uris[0] ?? connectUri({}),
    hostNames: options.name ?? [],
    demo: demoDir !== undefined,
    webhooks: options.webhooks,
    demoGuests: options.guests,
    keep,
    say,
  });
  assertGuarded(service, places);
  beScheduledPromptly();
  await listenAt(service, places, tls, say);
  process.on('SIGHUP', () => {
    tls?.readAgain();
    service.readAgain();
  });
  say(
    `switchover ${VERSION} ${demoDir === undefined ? `follows ${uris.join(', ') || 'no host'}; journals in ${stateDir}` : 'shows a demonstration: all guests are simulated'}`,
  );
  // First: what an earlier service began is not taken over by watch.
  await service.begin();
  const drains =
    demoDir === undefined ? await drainsOf({ ...options, stateDir }, service, configNow, say) : undefined;
  watcher =
    uris.length === 0
      ? undefined
      : new Watcher({
          uris,
          config,
          store: service.store,
          log,
          ...(drains && { world: drains.worldOfWatch() }),
        });
  const health = () => watcher?.health() ?? { words: 'serves', hangs: undefined };
  const systemd = manager && new ServiceManager({ ...manager, health, say });
  if (watcher) readAgainOnHangUp(watcher, options.config, log);
  giveBackOnceStarted(() => service.isIdle);
  const signal = await toldToEnd(log);
  const reason = `detached, as serve ended on ${signal}`;
  await Promise.all([watcher?.close(reason), drains?.close(), service.close(reason), systemd?.stopping()]);
  return await ended();
}

/** The first journal would make it, but its socket is there sooner. @throws {UsageError} */
function makeStateFolder(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new UsageError(
      `the state folder ${stateDir} cannot be made (${errnoWords(cause)}): choose another with --state-dir`,
    );
  }
}

/** Of the database that was asked for. @throws {UsageError} @throws {StoreError} */
async function drainsOf(
  options: ServeOptions & { readonly stateDir: string },
  { store }: Service,
  config: () => Config,
  say: (sentence: string) => void,
): Promise<ServedDrains | undefined> {
  const { database, dataDir, stateDir } = options;
  if (database === undefined && dataDir === undefined) return undefined;
  const { ServedDrains } = await import('./serve-drains.ts');
  return new ServedDrains({ choice: storeChoiceOf(options, stateDir, true), store, config, say });
}

/** @throws {UsageError} */
function placesOf({ listen }: ServeOptions, stateDir: string): Place[] {
  const texts = listen ?? [USUAL_PLACE, `unix:${path.join(stateDir, SERVE_SOCKET)}`];
  return texts.map((text) => {
    try {
      return parsePlace(text);
    } catch (error) {
      throw error instanceof PlaceError ? new UsageError(`--listen ${error.message}`) : error;
    }
  });
}

/** Those that were asked for, or configured; else this machine's own, where it has a libvirt. @throws {RefusedError} */
async function hostsOf(
  options: ServeOptions,
  config: Config,
  say: (sentence: string) => void,
): Promise<string[]> {
  if (!options.watch) return [];
  const asked = options.connect ?? (config.file === undefined ? undefined : config.watch.connect);
  try {
    await assertUsableVirsh();
  } catch (error) {
    if (asked !== undefined || !(error instanceof RefusedError)) throw error;
    say(`no host is followed: ${error.message}`);
    return [];
  }
  return [...new Set(asked ?? [connectUri({})])];
}

/** Whoever reaches it may do everything until there is a token. @throws {UsageError} */
function assertGuarded(service: Service, places: readonly Place[]): void {
  try {
    if (service.access.tokens().length > 0) return;
  } catch (error) {
    throw error instanceof AccessError ? new UsageError(error.message) : error;
  }
  const open = places.find((place) => !isThisMachineOnly(place));
  if (open)
    throw new UsageError(
      `--listen ${placeInWords(open)} is open to other machines, and there is no token yet: make one with \`switchover token add NAME --role operate\` first`,
    );
}

/** @throws {RefusedError} */
async function listenAt(
  service: Service,
  places: readonly Place[],
  tls: Tls | undefined,
  say: (sentence: string) => void,
): Promise<void> {
  try {
    for (const place of places)
      say(`listens at ${placeInWords(await service.listen(place, tls), tls !== undefined)}`);
  } catch (error) {
    throw error instanceof PlaceError ? new RefusedError('bad-address', error.message) : error;
  }
}
