/** What a QEMU is given for a migration under TLS: objects that hold its certificates, and the parameters that name them. Pure. */
import type { Side } from '../../hypervisor.ts';
import type { StreamTls } from '../../stream-tls.ts';
import type { NewObject } from '../qmp/commands.ts';

/** Every object of ours begins so: what a run that died left behind is known by it. */
const OURS = 'switchover-tls-';

/** Of a trial, which is over at once. A fixed one, so that what a killed trial left is found by the next. */
export const TRIAL_ID = `${OURS}trial`;

/** @param token makes the ids of this migration its own */
export function tlsIdOf(token: string): string {
  return `${OURS}${token}`;
}

/** Whether a parameter names an object that a run of ours has made. */
export function isOurs(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith(OURS);
}

export interface TlsSettings {
  readonly objects: readonly NewObject[];
  readonly parameters: Readonly<Record<string, string>>;
}

/** @param id of the objects that are made, where any are */
export function tlsSettings(tls: StreamTls, side: Side, id: string): TlsSettings {
  const { credentials, hostname, authorization } = tls;
  const object = credentialsObject(tls, side, id);
  const objects = object ? [object] : [];
  const creds = { 'tls-creds': credentials.kind === 'named' ? credentials.id : id };
  // Set where it is empty too: a name that somebody left there would be asked for in place of the host's.
  if (side === 'source') return { objects, parameters: { ...creds, 'tls-hostname': hostname ?? '' } };
  // Not touched where it is not asked for: once it was set, QEMU (10.0, measured) takes an empty one for the id of an
  // object, and lets nobody in.
  if (!authorization) return { objects, parameters: creds };
  if (authorization.kind === 'named')
    return { objects, parameters: { ...creds, 'tls-authz': authorization.id } };
  const list = namesObject(authorization.names, id);
  return { objects: [...objects, list], parameters: { ...creds, 'tls-authz': list.id } };
}

/** @returns undefined where the user names one */
export function credentialsObject(
  { credentials }: Pick<StreamTls, 'credentials'>,
  side: Side,
  id: string,
): Extract<NewObject, { 'qom-type': 'tls-creds-x509' }> | undefined {
  if (credentials.kind === 'named') return undefined;
  return {
    'qom-type': 'tls-creds-x509',
    id,
    dir: side === 'source' ? credentials.sourceFolder : credentials.destinationFolder,
    endpoint: endpointOf(side),
    'verify-peer': true,
  };
}

export function endpointOf(side: Side): 'client' | 'server' {
  return side === 'source' ? 'client' : 'server';
}

function namesObject(names: readonly string[], id: string): NewObject {
  return {
    'qom-type': 'authz-list',
    id: `${id}-authz`,
    policy: 'deny',
    rules: names.map((match) => ({ match, policy: 'allow', format: 'exact' })),
  };
}

/** Of one that is not asked to encrypt: what a run of ours left set must not decide how this one goes. */
export const NO_TLS: TlsSettings = { objects: [], parameters: { 'tls-creds': '', 'tls-hostname': '' } };
