/** Whether a QEMU has the certificates that a migration under TLS needs. It alone can tell: they lie on its host, for its user. */
import { RefusedError, type Side } from '../../hypervisor.ts';
import type { StreamTls } from '../../stream-tls.ts';
import { certificateHint } from '../../tls-hints.ts';
import type { LastingMonitor } from '../lasting-monitor.ts';
import type { NewObject } from '../qmp/commands.ts';
import { isRefusal } from '../qmp/errors.ts';
import { credentialsObject, endpointOf, TRIAL_ID } from './tls-settings.ts';

/** A way to a monitor that was lost amid a trial is waited for, so that the trial is undone; the next one undoes it else. */
const BACK_WITHIN_MS = 10_000;

/** Loads what would be used, and lets go of it. @returns a sentence for each thing that is wrong */
export async function credentialFindings(
  monitor: LastingMonitor,
  side: Side,
  tls: StreamTls,
): Promise<RefusedError[]> {
  const { credentials, authorization } = tls;
  const object = credentialsObject(tls, side, TRIAL_ID);
  const ofCredentials = object
    ? await trial(monitor, side, object)
    : credentials.kind === 'named'
      ? await assertCredentials(monitor, side, credentials.id)
      : [];
  if (side === 'source' || authorization?.kind !== 'named') return ofCredentials;
  return [...ofCredentials, ...(await assertAuthorization(monitor, authorization.id))];
}

async function trial(
  monitor: LastingMonitor,
  side: Side,
  object: Extract<NewObject, { 'qom-type': 'tls-creds-x509' }>,
): Promise<RefusedError[]> {
  const end = async () => {
    try {
      await monitor.execute('object-del', { id: object.id });
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  };
  try {
    await end();
    await monitor.execute('object-add', object);
    await end();
    return [];
  } catch (error) {
    if (!isRefusal(error)) {
      // What was not answered may have taken effect.
      if (await monitor.connected(BACK_WITHIN_MS)) await end().catch(() => {});
      throw error;
    }
    return [refusedCredentials(monitor.address, side, object.dir, error.desc)];
  }
}

/** QEMU's words for certificates that it does not take, with what to do. */
export function refusedCredentials(address: string, side: Side, dir: string, desc: string): RefusedError {
  return new RefusedError(
    'bad-credentials',
    `QEMU at ${address} cannot use the certificates in ${dir} of its host: ${desc}; ${remedy(side, desc)}`,
  );
}

function remedy(side: Side, desc: string): string {
  const option = side === 'source' ? '--tls-dir' : '--tls-dir or --tls-destination-dir';
  const kind = endpointOf(side);
  return certificateHint(
    desc,
    `ca-cert.pem, ${kind}-cert.pem and ${kind}-key.pem have to be there, for QEMU's user to read; name another folder with ${option}`,
  );
}

async function assertCredentials(monitor: LastingMonitor, side: Side, id: string): Promise<RefusedError[]> {
  const bad = (words: string) => [
    new RefusedError(
      'bad-credentials',
      `--tls-creds ${id}: ${words} at ${monitor.address}; there it has to be a tls-creds-x509 object with endpoint=${endpointOf(side)} and verify-peer=on, or leave --tls-creds out`,
    ),
  ];
  const type = await propertyOf(monitor, id, 'type');
  if (type === undefined) return bad('there is no such object');
  if (type !== 'tls-creds-x509') return bad(`the object is of the type ${String(type)}`);
  const endpoint = await propertyOf(monitor, id, 'endpoint');
  if (endpoint !== endpointOf(side)) return bad(`the object is for a ${String(endpoint)}`);
  const verifies = await propertyOf(monitor, id, 'verify-peer');
  return verifies === false ? bad('the object does not verify its peer') : [];
}

async function assertAuthorization(monitor: LastingMonitor, id: string): Promise<RefusedError[]> {
  const type = await propertyOf(monitor, id, 'type');
  if (typeof type === 'string' && type.startsWith('authz-')) return [];
  const words = type === undefined ? 'there is no such object' : `the object is of the type ${String(type)}`;
  return [
    new RefusedError(
      'bad-credentials',
      `--tls-authz ${id}: ${words} at ${monitor.address}; name an authorization object (authz-list, authz-simple, …) that is there, or write the distinguished name of the source's certificate, like O=Example,CN=host1`,
    ),
  ];
}

/** @returns undefined where there is no such object, or no such property */
async function propertyOf(monitor: LastingMonitor, id: string, property: string): Promise<unknown> {
  try {
    return await monitor.execute('qom-get', { path: `/objects/${id}`, property });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined;
  }
}
