/** What the versions on both hosts cannot do. */

import { compresses } from '../../../model/streams.ts';
import { compareVersions, type HostVersions, isBefore, versionText } from '../domain/versions.ts';
import type { PreflightOptions } from './preflight-options.ts';
import { finding, NOTHING, note, together, type Verdict } from './verdict.ts';

type Options = Pick<PreflightOptions, 'streams' | 'postCopy' | 'tls' | 'lineRateStated'>;

/** @param destination undefined when it could not be asked */
export function checkVersions(
  source: HostVersions | undefined,
  destination: HostVersions | undefined,
  options: Options,
): Verdict {
  return together([
    options.streams ? parallelOnBoth(source, destination, options) : NOTHING,
    olderThere(source, destination),
    options.lineRateStated ? checkLineRate(source) : NOTHING,
    options.postCopy
      ? note(
          'post-copy needs userfaultfd on the destination (vm.unprivileged_userfaultfd, or a QEMU that runs as root): that cannot be seen from here',
        )
      : NOTHING,
    options.tls
      ? note('--tls needs certificates for migration on both hosts: these cannot be seen from here')
      : NOTHING,
  ]);
}

/** One side is enough to tell. */
function parallelOnBoth(
  source: HostVersions | undefined,
  destination: HostVersions | undefined,
  options: Options,
): Verdict {
  const here = checkParallel('source', source, options);
  return here === NOTHING ? checkParallel('destination', destination, options) : here;
}

function checkParallel(
  side: string,
  versions: HostVersions | undefined,
  { streams, postCopy }: Options,
): Verdict {
  const { libvirt, qemu } = versions ?? {};
  // From then on libvirt hands a method on to multifd.
  if (compresses(streams) && libvirt && isBefore(libvirt, 9, 4))
    return finding(
      'lacks-feature',
      `--compress ${streams?.compression} needs libvirt 9.4, and the ${side} has ${versionText(libvirt)}: leave the option out, or upgrade libvirt there`,
    );
  if (libvirt && isBefore(libvirt, 5, 2))
    return finding(
      'lacks-feature',
      `--parallel needs libvirt 5.2, and the ${side} has ${versionText(libvirt)}: leave the option out, or upgrade libvirt there`,
    );
  if (qemu && isBefore(qemu, 4, 0))
    return finding(
      'lacks-feature',
      `--parallel needs QEMU 4.0, and the ${side} has ${versionText(qemu)}: leave the option out, or upgrade QEMU there`,
    );
  // Before: "Postcopy is not yet compatible with multifd" (QEMU's migration/options.c).
  if (postCopy && qemu && isBefore(qemu, 10, 1))
    return finding(
      'lacks-feature',
      `--parallel together with post-copy needs QEMU 10.1, and the ${side} has ${versionText(qemu)}: leave one of them out`,
    );
  return NOTHING;
}

/** QEMU takes guests from older versions; the other way only where the machine type and its devices allow it. */
function olderThere(source: HostVersions | undefined, destination: HostVersions | undefined): Verdict {
  if (!source?.qemu || !destination?.qemu || compareVersions(destination.qemu, source.qemu) >= 0)
    return NOTHING;
  return note(
    `the destination's QEMU (${versionText(destination.qemu)}) is older than the source's (${versionText(source.qemu)}): a guest that was started on the newer one may not be taken`,
  );
}

/** Without `--available-switchover-bandwidth` the limit for the pause is converted instead. */
function checkLineRate(source: HostVersions | undefined): Verdict {
  const { libvirt, qemu } = source ?? {};
  if (libvirt && isBefore(libvirt, 11, 1))
    return note(
      `the line rate cannot be told to libvirt ${versionText(libvirt)} (it takes one from 11.1 on): the limit of the pause is converted instead`,
    );
  if (qemu && isBefore(qemu, 8, 2))
    return note(
      `the line rate cannot be told to QEMU ${versionText(qemu)} (it takes one from 8.2 on): the limit of the pause is converted instead`,
    );
  return NOTHING;
}
