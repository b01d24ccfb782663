/**
 * Readies two QEMUs for a migration, and takes it back where that fails: what was set is put back, and what is true of
 * the start that failed is said (refused with nothing left, or not begun with something that may have been touched).
 */
import {
  type Destination,
  NotBegunError,
  RefusedError,
  type Side,
  type StartOptions,
} from '../hypervisor.ts';
import { postCopyHelp } from '../qemu-rules/post-copy.ts';
import {
  type Capabilities,
  capabilitiesOf,
  NO_POST_COPY_HELP,
  type PostCopyHelp,
  type StartCapabilities,
  startCapabilities,
  startParameters,
  streamParameters,
} from '../qemu-rules/start.ts';
import type { ChangedSettings } from './changed-settings.ts';
import { fence } from './fence.ts';
import { type LastingMonitor, UnreachableError } from './lasting-monitor.ts';
import type { QmpClient } from './qmp/client.ts';
import { isRefusal, QmpError } from './qmp/errors.ts';
import { refusedCredentials } from './tls/credentials.ts';
import type { TlsSettings } from './tls/tls-settings.ts';

export interface BothEnds {
  readonly source: LastingMonitor;
  readonly destination: LastingMonitor;
}

export async function closeAll({ source, destination }: BothEnds): Promise<void> {
  await Promise.all([source.close(), destination.close()]);
}

export function connectedClient(monitor: LastingMonitor): QmpClient {
  const { client } = monitor;
  if (!client) throw new RefusedError('unreachable', `${monitor.address} closed its monitor`);
  return client;
}

/** What a start is to set on either end, and the same without what only helps post-copy: a destination may refuse that. */
export interface WantedCapabilities {
  readonly wanted: StartCapabilities;
  readonly plain: StartCapabilities;
}

export async function capabilitiesFor(
  options: StartOptions,
  ends: BothEnds,
  target: Destination,
  machineType: string | undefined,
): Promise<WantedCapabilities> {
  const [here, there] = await Promise.all(
    [ends.source, ends.destination].map(async (each) => await each.execute('query-migrate-capabilities')),
  );
  const source = capabilitiesOf(here ?? []);
  const destination = capabilitiesOf(there ?? []);
  const plain = startCapabilities(options, source, destination, NO_POST_COPY_HELP);
  if (!options.postCopy) return { wanted: plain, plain };
  const help = await postCopyHelpOf(ends, { source, destination }, target, machineType);
  return { wanted: startCapabilities(options, source, destination, help), plain };
}

async function postCopyHelpOf(
  { source, destination }: BothEnds,
  capabilities: Readonly<Record<Side, Capabilities>>,
  { migrateUri = '', listenUri = migrateUri }: Destination,
  machineType: string | undefined,
): Promise<PostCopyHelp> {
  const [incoming, cpus, bootCpus] = await Promise.all([
    destination.execute('query-migrate'),
    destination.execute('query-cpus-fast'),
    bootCpusOf(destination),
  ]);
  return postCopyHelp({
    source: { version: connectedClient(source).version, capabilities: capabilities.source },
    destination: {
      version: connectedClient(destination).version,
      capabilities: capabilities.destination,
      listens: incoming['socket-address'] !== undefined,
      cpuIndexes: cpus.map((cpu) => cpu['cpu-index']),
      bootCpus,
    },
    machineType,
    uris: [migrateUri, listenUri],
  });
}

/** Undefined where QEMU does not say. */
async function bootCpusOf(monitor: LastingMonitor): Promise<number | undefined> {
  try {
    const smp = await monitor.execute('qom-get', { path: '/machine', property: 'smp' });
    const cpus: unknown = typeof smp === 'object' && smp !== null && 'cpus' in smp ? smp.cpus : undefined;
    return typeof cpus === 'number' ? cpus : undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined;
  }
}

/** Undefined: what is set there stays. */
export type TlsOfBoth = Readonly<Record<Side, TlsSettings | undefined>>;

/** Readies both sides, each after what it was is told. The destination first: it is the one that may refuse. */
export async function setUp(
  [ofSource, ofDestination]: readonly ChangedSettings[],
  { source, destination }: BothEnds,
  target: Destination,
  options: StartOptions,
  capabilities: WantedCapabilities,
  tls: TlsOfBoth,
): Promise<void> {
  const { remember } = options;
  let agreed = capabilities.wanted;
  await makeObjects(ofDestination, tls.destination, destination, remember);
  await makeObjects(ofSource, tls.source, source, remember);
  await asRefusal(
    'lacks-feature',
    `${destination.address} does not take the settings of the migration`,
    async () => {
      const parameters = { ...streamParameters(options.streams), ...tls.destination?.parameters };
      const set = async ({ destination: wanted }: StartCapabilities) =>
        await ofDestination?.set({ parameters, capabilities: wanted }, remember);
      try {
        await set(agreed);
      } catch (error) {
        if (!isRefusal(error) || agreed === capabilities.plain) throw error;
        // QEMU takes all of them or none. What it says of those that have to be is what counts.
        agreed = capabilities.plain;
        await set(agreed);
      }
    },
  );
  await listen(destination, target.listenUri ?? target.migrateUri ?? '');
  await asRefusal(
    'lacks-feature',
    `${source.address} does not take the settings of the migration`,
    async () =>
      await ofSource?.set(
        {
          parameters: {
            ...startParameters(options, connectedClient(source).version),
            ...tls.source?.parameters,
          },
          capabilities: agreed.source,
        },
        remember,
      ),
  );
  // Last of all, for it cannot be taken back.
  if (!options.destinationStartsItself)
    await asRefusal(
      'destination-not-waiting',
      `${destination.address} could not be told to wait`,
      async () => void (await fence(destination, async () => false)),
    );
}

async function makeObjects(
  changed: ChangedSettings | undefined,
  tls: TlsSettings | undefined,
  monitor: LastingMonitor,
  remember: StartOptions['remember'],
): Promise<void> {
  if (!changed || !tls) return;
  try {
    await changed.make(tls.objects, remember);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const dir = tls.objects.flatMap((object) => ('dir' in object ? [object.dir] : []))[0] ?? '';
    throw refusedCredentials(monitor.address, changed.side, dir, error.desc);
  }
}

/** With `-incoming defer` a QEMU opens its port now, else it is open already. */
async function listen(destination: LastingMonitor, uri: string): Promise<void> {
  const incoming = await destination.execute('query-migrate');
  if (incoming['socket-address'] !== undefined) return;
  await asRefusal('bad-migrate-uri', `the destination cannot listen on ${uri}`, async () => {
    try {
      await destination.execute('migrate-incoming', { uri });
    } catch (error) {
      if (!/already been started/.test(String(error))) throw error;
    }
  });
}

async function asRefusal(
  code: RefusedError['code'],
  sentence: string,
  doing: () => Promise<void>,
): Promise<void> {
  try {
    await doing();
  } catch (error) {
    throw refused(code, sentence, error);
  }
}

/**
 * Puts back what was set, lets go, and says what is true of the start that failed: refused with nothing left, or not
 * begun with something that may have been touched.
 */
export async function backOut(
  changed: readonly ChangedSettings[],
  ends: BothEnds,
  error: unknown,
): Promise<unknown> {
  const restored = await Promise.all(changed.map(async (each) => await each.putBack()));
  const sourceEnded = ends.source.state.kind === 'ended';
  await closeAll(ends);
  const problems = restored.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  if (error instanceof RefusedError && problems.length === 0) return error;
  const ours =
    error instanceof RefusedError || error instanceof QmpError || error instanceof UnreachableError;
  if (!ours && problems.length === 0) return error;
  const words = error instanceof Error ? error.message : String(error);
  return new NotBegunError([`the migration was not begun: ${words}`, ...problems].join('; '), {
    cause: error,
    sourceEnded,
    restored,
  });
}

/** A refusal of QEMU's in our words; no answer is none. */
export function refused(code: RefusedError['code'], sentence: string, error: unknown): unknown {
  if (!isRefusal(error)) return error;
  return new RefusedError(code, `${sentence}: ${error.message}`, { cause: error });
}
