/** What in the guest itself stands against a migration. */

import type { DomainDescription } from '../domain/domain-xml.ts';
import { type Answer, refusedWith, valueIn } from '../virsh/answer.ts';
import type { PreflightOptions } from './preflight-options.ts';
import { finding, NOTHING, note, together, type Verdict } from './verdict.ts';

export function checkHostDevices(
  { hostDevices }: Pick<DomainDescription, 'hostDevices'>,
  { force }: Pick<PreflightOptions, 'force'>,
): Verdict {
  return together(
    hostDevices.map(({ words, usb }) => {
      if (usb)
        return note(
          `the guest uses ${words} of its host: it loses that one, and the destination must have one like it`,
        );
      if (force) return note(`the guest uses ${words} of its host`);
      // libvirt from 8.6 on asks QEMU, which lets pass what can migrate: some VFIO and vDPA devices.
      return finding(
        'host-device',
        `the guest uses ${words} of its host, which cannot go with it: detach it (\`virsh detach-device\`), or say --force if it supports migration`,
      );
    }),
  );
}

export function checkObstacles({ obstacles }: Pick<DomainDescription, 'obstacles'>): Verdict {
  return together(obstacles.map((sentence) => finding('hypervisor-refused', sentence)));
}

/** @param names of its snapshots: "cannot migrate domain with 2 snapshots", qemuMigrationSrcIsAllowed */
export function checkSnapshots(names: Answer<readonly string[]>): Verdict {
  const known = valueIn(names);
  if (known === undefined)
    return note(
      `whether the guest has snapshots could not be found out: ${refusedWith(names) ?? 'no answer'}`,
    );
  if (known.length === 0) return NOTHING;
  const what =
    known.length === 1 ? `a snapshot (${known[0]})` : `${known.length} snapshots (${known.join(', ')})`;
  return finding(
    'hypervisor-refused',
    `the guest has ${what}, with which libvirt does not migrate: delete it, or with \`virsh snapshot-delete --metadata\` only libvirt's record of it`,
  );
}
