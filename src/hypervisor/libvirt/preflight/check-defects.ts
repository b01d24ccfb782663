/** What is known to go wrong between these hosts, by the table for every driver. */
import { defectFindings, knownDefects } from '../../qemu-rules/known-defects.ts';
import type { HostVersions } from '../domain/versions.ts';
import type { DefectGuest } from './defect-guest.ts';
import type { PreflightOptions } from './preflight-options.ts';
import type { Verdict } from './verdict.ts';

const UNKNOWN: HostVersions = { libvirt: undefined, qemu: undefined };

/** Of lost writes without KVM the guest's own QEMU is asked, which may be older than its host's (`domain.ts`). */
export function checkDefects(
  source: HostVersions = UNKNOWN,
  destination: HostVersions = UNKNOWN,
  guest: DefectGuest,
  { tls, streams, postCopy, force }: Pick<PreflightOptions, 'tls' | 'streams' | 'postCopy' | 'force'>,
): Verdict {
  const parallel = streams !== undefined;
  const conditions = { ...guest, source, destination, accelerator: 'kvm', tls, parallel, postCopy } as const;
  return defectFindings(knownDefects(conditions), force);
}
