/**
 * What is known to go wrong with a migration that somebody else has begun: no pre-flight of ours stood before it, so
 * the log says it once.
 */
import { parseDomainAddress } from '../hypervisor/libvirt/address.ts';
import type { Domain } from '../hypervisor/libvirt/domain/domain.ts';
import type { HostVersions } from '../hypervisor/libvirt/domain/versions.ts';
import { defectGuestOf } from '../hypervisor/libvirt/preflight/defect-guest.ts';
import { defectSentence, type KnownDefect, knownDefects } from '../hypervisor/qemu-rules/known-defects.ts';

export interface UnderWay {
  readonly domain: Pick<Domain, 'uri' | 'xml' | 'versions' | 'facts'>;
  /** The domain's address there, where it is known. */
  readonly destination: string | undefined;
  /** Post-copy may be turned to. */
  readonly postCopy: boolean;
}

const UNKNOWN: HostVersions = { libvirt: undefined, qemu: undefined };

/**
 * @param versionsOf of a host, by its URI
 * @returns a sentence each. Never rejects: of versions that nobody tells nothing is said
 */
export async function toldDefects(
  { domain, destination, postCopy }: UnderWay,
  versionsOf: (uri: string) => Promise<HostVersions>,
): Promise<readonly string[]> {
  const versionsAt = async (uri: string) => await versionsOf(uri).catch(() => UNKNOWN);
  const [source, target] = await Promise.all([
    domain.versions.qemu ? domain.versions : versionsAt(domain.uri),
    destination === undefined ? UNKNOWN : versionsAt(parseDomainAddress(destination).uri),
  ]);
  const conditions = {
    ...defectGuestOf(domain.xml),
    source,
    destination: target,
    accelerator: domain.facts.accelerator,
    parallel: false,
    postCopy,
  };
  const certain = knownDefects({ ...conditions, tls: false });
  // libvirt does not tell of a running migration whether it is encrypted, and by how many streams it goes.
  const underTls = knownDefects({ ...conditions, tls: true }).filter((defect) => !certain.includes(defect));
  return [
    ...certain.filter(isStillAhead).map((defect) => `known to go wrong: ${defectSentence(defect)}`),
    ...underTls
      .filter(isStillAhead)
      .map((defect) => `known to go wrong if it uses one TLS stream: ${defectSentence(defect)}`),
  ];
}

/** What keeps a migration from beginning did not keep this one; memory that is lost is lost until its end. */
function isStillAhead({ severity, code }: KnownDefect): boolean {
  return severity !== 'refuse' || code === 'loses-writes';
}
