/** What a QEMU says of itself that decides whether a migration from it, or to it, may start. */
import type { GuestFacts } from '../hypervisor.ts';
import { type Capabilities, capabilitiesOf } from '../qemu-rules/start.ts';
import type { QemuVersion } from '../qemu-rules/version.ts';
import { guestFacts } from './monitor.ts';
import type { QmpClient } from './qmp/client.ts';
import { QmpCommandError } from './qmp/errors.ts';
import { isOurs } from './tls/tls-settings.ts';

export interface MigrationFacts {
  readonly version: QemuVersion;
  readonly capabilities: Capabilities;
  /** Why QEMU does not migrate it now, in QEMU's words. */
  readonly blockedReasons: readonly string[];
  /** `tls-creds` is set, and not by a run of ours that died. */
  readonly tls: boolean;
  /** A run of ours that died left `tls-creds` set. */
  readonly tlsLeft: boolean;
  /** It listens for a migration already, or receives one. */
  readonly listens: boolean;
  /** A VFIO device is plugged in. */
  readonly vfio: boolean;
}

/** One end: its guest, and its QEMU. */
export interface QemuEnd {
  readonly guest: GuestFacts;
  readonly qemu: MigrationFacts;
}

export async function qemuEnd(address: string, client: QmpClient): Promise<QemuEnd> {
  const [guest, qemu] = await Promise.all([guestFacts(address, client), migrationFacts(client)]);
  return { guest, qemu };
}

async function migrationFacts(client: QmpClient): Promise<MigrationFacts> {
  const [capabilities, parameters, migration, devices] = await Promise.all([
    client.execute('query-migrate-capabilities'),
    client.execute('query-migrate-parameters'),
    client.execute('query-migrate'),
    Promise.all(['/machine/peripheral', '/machine/peripheral-anon'].map((path) => typesUnder(client, path))),
  ]);
  const creds = parameters['tls-creds'];
  return {
    version: client.version,
    capabilities: capabilitiesOf(capabilities),
    blockedReasons: migration['blocked-reasons'] ?? [],
    listens: migration['socket-address'] !== undefined,
    tls: Boolean(creds) && !isOurs(creds),
    tlsLeft: isOurs(creds),
    vfio: devices.flat().some((type) => type.startsWith('child<vfio-')),
  };
}

/** Empty where QEMU does not say. */
async function typesUnder(client: QmpClient, path: string): Promise<string[]> {
  try {
    return (await client.execute('qom-list', { path })).map(({ type }) => type);
  } catch (error) {
    if (error instanceof QmpCommandError) return [];
    throw error;
  }
}
