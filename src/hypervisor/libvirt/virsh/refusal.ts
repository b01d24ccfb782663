/** Turns what virsh says into a refusal: a code to act on, what is wrong, and what to do. */
import { type RefusalCode, RefusedError } from '../../hypervisor.ts';
import { NoVirshError, VirshError, VirshTimeoutError } from './virsh.ts';

interface Rule {
  readonly says: RegExp;
  readonly code: RefusalCode;
  readonly remedy: string;
  /** In place of words that only a developer of libvirt understands. */
  readonly instead?: string;
}

const NEVER_REACHED =
  /failed to connect|unable to connect|Connection (refused|timed out)|No route to host|Name or service not known|unable to resolve/i;
const LOST =
  /Cannot recv data|End of file|Connection reset|Disconnected|client socket is closed|keepalive timeout/i;

/** Of connecting, or of any command. The first that fits is taken. */
const RULES: readonly Rule[] = [
  {
    says: /failed to get domain|Domain not found|no domain with matching/i,
    code: 'no-domain',
    remedy: '`virsh list --all` shows the names there',
  },
  {
    says: /read only access prevents|operation forbidden/i,
    code: 'read-only',
    instead: 'this connection may only read',
    remedy: 'connect with the rights to change domains (as root, or as a member of the group libvirt)',
  },
  {
    says: /authentication (failed|cancelled|unavailable)|no polkit agent|access denied|SASL|Permission denied|Host key verification|certificate/i,
    code: 'authentication',
    remedy: 'check the user, the key or the certificate that this URI needs',
  },
  {
    says: /no connection driver available|unable to parse URI|Invalid (URI|transport)|URI scheme|transport in URL not recogni[sz]ed|port must be|invalid URI/i,
    code: 'bad-address',
    remedy: 'write it like qemu:///system, qemu+ssh://root@host2/system or qemu+tls://host2/system',
  },
  {
    says: new RegExp(`${NEVER_REACHED.source}|${LOST.source}`, 'i'),
    code: 'unreachable',
    remedy: 'check that its libvirt runs and can be reached from here',
  },
];

/** @param what the thing that was wanted, which begins the sentence: `qemu:///system` */
export function refusalOf(what: string, error: unknown): unknown {
  if (error instanceof NoVirshError) return new RefusedError('no-virsh', error.message, { cause: error });
  if (error instanceof VirshTimeoutError)
    return new RefusedError('unreachable', error.message, { cause: error });
  if (!(error instanceof VirshError)) return error;
  const rule = RULES.find(({ says }) => says.test(error.message));
  const remedy = rule ? `: ${rule.remedy}` : '';
  const words = rule?.instead ?? error.message;
  return new RefusedError(rule?.code ?? 'hypervisor-refused', `${what}: ${words}${remedy}`, { cause: error });
}

/** libvirt has no such domain there. */
export function isNoDomain(error: unknown): boolean {
  return codeOf(error) === 'no-domain';
}

/** libvirt knows the domain, and it is shut off. */
export function isNotRunning(error: unknown): boolean {
  const told = error instanceof RefusedError ? error.cause : error;
  return told instanceof VirshError && /domain is not running/i.test(told.message);
}

/** The host's libvirt cannot be asked: it does not run, or the way to it is lost, or we may not. */
export function isOutOfReach(error: unknown): boolean {
  return (
    error instanceof NoVirshError || ['unreachable', 'authentication', 'bad-address'].includes(codeOf(error))
  );
}

/** libvirt was there and was lost, so what was asked of it may be done, or be under way. */
export function isLostOnTheWay({ message }: VirshError): boolean {
  return LOST.test(message) && !NEVER_REACHED.test(message);
}

/** libvirt did not answer in time, or not what was asked: its QEMU holds it up (`cannot acquire state change lock`). */
export function isWithoutAnswer(error: unknown): boolean {
  if (error instanceof VirshTimeoutError || isOutOfReach(error)) return true;
  return error instanceof VirshError && /state change lock|timed out|virsh was ended/i.test(error.message);
}

/** Nobody said that it was not done: whoever was asked was lost, or did not answer in time. */
export function mayBeDone(error: unknown): boolean {
  if (error instanceof VirshTimeoutError || isOutOfReach(error)) return true;
  return error instanceof VirshError && error.message === 'virsh was ended';
}

function codeOf(error: unknown): RefusalCode | '' {
  if (error instanceof VirshTimeoutError) return '';
  const refusal = refusalOf('', error);
  return refusal instanceof RefusedError ? refusal.code : '';
}
