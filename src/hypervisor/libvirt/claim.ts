/** The port's claim on a libvirt domain: the mark of domain-mark.ts, for as long as a run lasts. */
import type { Claim, Side } from '../hypervisor.ts';
import type { Access } from './access.ts';
import type { DomainAddress } from './address.ts';
import { markDomain, removeLeftMark } from './domain-mark.ts';

/** @throws {RefusedError} `held` with who holds it */
export async function claimDomain(
  source: DomainAddress,
  uuid: string,
  destinationUri: string,
  access: Access,
): Promise<Claim> {
  const mark = await markDomain(source.uri, uuid, access.place(), { access });
  return {
    rest: async () => await mark.rest(),
    release: async (side: Side) => {
      try {
        await mark.remove({ uri: side === 'source' ? source.uri : destinationUri, uuid });
      } catch {
        // libvirt does not answer, or the domain has ended: the next taker finds the mark stale.
      }
    },
  };
}

/** Of a migration that a dead controller of this machine began: its mark goes with the migration's end. */
export function inheritedClaim(
  source: DomainAddress,
  uuid: string,
  destinationUri: string | undefined,
  access: Access,
): Claim {
  return {
    rest: async () => {},
    release: async (side: Side) => {
      const uri = side === 'source' ? source.uri : destinationUri;
      if (uri !== undefined) await removeLeftMark(uri, uuid, access.place(), access).catch(() => {});
    },
  };
}
