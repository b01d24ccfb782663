/** Opening QEMU's monitors, and reading from them what the driver needs to know of each side. */

import { isUnderWay } from '../../model/migration-status.ts';
import { type Clock, REAL_CLOCK } from '../clock.ts';
import { type GuestFacts, type RefusalCode, RefusedError, type SideState } from '../hypervisor.ts';
import { askedPromptly, migrationMark } from '../migration-mark.ts';
import { losesWritesUnder } from '../qemu-rules/known-defects.ts';
import { tripleOf, versionText } from '../qemu-rules/version.ts';
import { isSameVm, type VmIdentity } from '../same-vm.ts';
import { type ConnectOptions, connectQmp, type QmpClient } from './qmp/client.ts';
import type { MigrationInfo } from './qmp/commands.ts';
import {
  QmpClosedError,
  QmpCommandError,
  QmpConnectError,
  QmpError,
  QmpNegotiationError,
} from './qmp/errors.ts';

const PREFIX = 'qmp:';

/** `qmp:/run/vm1.sock` to `/run/vm1.sock`. @throws {RefusedError} */
export function socketPath(address: string): string {
  const path = address.startsWith(PREFIX) ? address.slice(PREFIX.length) : '';
  if (path === '')
    throw new RefusedError(
      'bad-address',
      `"${address}" is no QEMU address: write qmp: and the monitor's socket, like qmp:/run/vm1.sock`,
    );
  return path;
}

/** @throws {RefusedError} when nothing that speaks QMP answers there, or somebody else holds the monitor */
export async function openMonitor(address: string, options: ConnectOptions = {}): Promise<QmpClient> {
  const path = socketPath(address);
  try {
    return await connectQmp(path, options);
  } catch (error) {
    if (error instanceof QmpError)
      throw new RefusedError(refusalOf(error), `${address}: ${error.message}`, { cause: error });
    throw error;
  }
}

function refusalOf(error: QmpError): RefusalCode {
  if (error instanceof QmpConnectError) return error.code === 'no-socket' ? 'no-socket' : 'unreachable';
  if (error instanceof QmpNegotiationError) return error.code === 'busy' ? 'monitor-busy' : 'not-a-monitor';
  return 'unreachable';
}

/**
 * QEMU's run state as what it means for a migration. States that only a healthy, stopped guest has
 * count as paused. A connection that closes meanwhile proves nothing of QEMU (S1): then it is out of reach.
 */
export async function sideState(client: QmpClient): Promise<SideState> {
  try {
    const { status } = await client.execute('query-status', undefined, { timeoutMs: 2000 });
    switch (status) {
      case 'running':
        return 'running';
      case 'inmigrate':
        return 'incoming';
      case 'postmigrate':
        return 'handed-over';
      case 'finish-migrate':
      case 'colo':
        return 'switching-over';
      default:
        return 'paused';
    }
  } catch (error) {
    return error instanceof QmpClosedError ? 'unreachable' : 'silent';
  }
}

/**
 * Asks a side by opening its monitor anew. Never throws. That nobody answers there is no proof of an end: the way may be
 * lost, so it is `unreachable`.
 */
export async function sideStateAt(
  address: string | undefined,
  options: ConnectOptions,
  meant?: VmIdentity,
): Promise<SideState> {
  if (address === undefined) return 'unknown';
  try {
    await using client = await openMonitor(address, {
      ...options,
      greetingTimeoutMs: 1000,
      commandTimeoutMs: 2000,
    });
    if (meant && !isSameVm(meant, await guestFacts(address, client))) return 'unknown';
    return await sideState(client);
  } catch (error) {
    const cause = error instanceof RefusedError ? error.cause : undefined;
    return cause instanceof QmpNegotiationError ? 'silent' : 'unreachable';
  }
}

export async function guestFacts(
  address: string,
  client: QmpClient,
  clock: Clock = REAL_CLOCK,
): Promise<GuestFacts> {
  const [name, uuid, accelerator, memory, vcpus, machine, state, migration] = await Promise.all([
    client.execute('query-name'),
    uuidOf(client),
    acceleratorOf(client),
    client.execute('query-memory-size-summary'),
    vcpusOf(client),
    machineType(client),
    sideState(client),
    migrationNow(client, clock),
  ]);
  return {
    vm: address,
    name: name.name ?? guestNameFromPath(address),
    uuid,
    hypervisor: versionText(client.version),
    accelerator,
    machineType: machine,
    memoryBytes: memory['base-memory'] + (memory['plugged-memory'] ?? 0),
    vcpus,
    state,
    ...migration,
    losesWrites: losesWritesUnder(accelerator, tripleOf(client.version)),
  };
}

async function migrationNow(
  client: QmpClient,
  clock: Clock,
): Promise<{ readonly migrating: boolean; readonly mark: string | undefined }> {
  const info = await askedPromptly(clock, async () => await client.execute('query-migrate'));
  const migrating = isUnderWay(info.status);
  return { migrating, mark: migrating ? migrationMark(info['total-time'] ?? 0, clock) : undefined };
}

/** As QEMU 10.2 and newer are asked; before, there is only `query-kvm`, which 11.0 deprecates. */
async function acceleratorOf(client: QmpClient): Promise<'kvm' | 'tcg'> {
  try {
    return (await client.execute('query-accelerators')).enabled === 'kvm' ? 'kvm' : 'tcg';
  } catch (error) {
    if (!isUnknownCommand(error)) throw error;
    return (await client.execute('query-kvm')).enabled ? 'kvm' : 'tcg';
  }
}

/** Of a QEMU that was started without one, all digits are 0. */
const NO_UUID = /^[0-]*$/;

async function uuidOf(client: QmpClient): Promise<string | undefined> {
  try {
    const { UUID } = await client.execute('query-uuid');
    return NO_UUID.test(UUID) ? undefined : UUID;
  } catch (error) {
    if (!isUnknownCommand(error)) throw error;
    return undefined;
  }
}

async function vcpusOf(client: QmpClient): Promise<number | undefined> {
  try {
    return (await client.execute('query-cpus-fast')).length;
  } catch (error) {
    if (!isUnknownCommand(error)) throw error;
    return undefined;
  }
}

function isUnknownCommand(error: unknown): boolean {
  return error instanceof QmpCommandError && error.errorClass === 'CommandNotFound';
}

function guestNameFromPath(address: string): string {
  const file = address.split('/').at(-1) ?? address;
  return file.replace(/\.(sock|socket|qmp|monitor)$/, '');
}

/** `pc-i440fx-10.0`; undefined where QEMU does not tell. */
async function machineType(client: QmpClient): Promise<string | undefined> {
  try {
    const type = await client.execute('qom-get', { path: '/machine', property: 'type' });
    return typeof type === 'string' ? type.replace(/-machine$/, '') : undefined;
  } catch (error) {
    if (error instanceof QmpClosedError) throw error;
    return undefined;
  }
}

/** @throws {RefusedError} when no migration is under way */
export function assertUnderWay(vm: string, info: MigrationInfo, state: SideState): void {
  if (isUnderWay(info.status)) return;
  const now =
    state === 'handed-over' ? 'its guest was handed over to the destination' : `its guest is ${state} there`;
  throw new RefusedError('not-migrating', `no migration of ${vm} is under way; ${now}`);
}
