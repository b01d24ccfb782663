/**
 * The files of one libvirt host in the lab's run folder, and how that host sees them.
 *
 * On a host of its own libvirtd has the usual folders for itself. Here each gets them as private bind mounts
 * in a mount namespace, so that its guests, its state and its configuration are no other libvirtd's.
 */
import { join } from 'node:path';

export interface HostFiles {
  /** `host1/` in the run folder. */
  readonly folder: string;
  /** libvirtd's own, and what makes it one of the lab's processes (`processes.ts`). */
  readonly pidPath: string;
  readonly logPath: string;
  readonly socketFolder: string;
  /** The consoles and serial ports of this host's guests, from outside. */
  readonly guestFolder: string;
  /** What QEMUs and libvirt say of each guest. */
  readonly qemuLogFolder: string;
  readonly qemuPidFolder: string;
  readonly configFolder: string;
  /** For migrations under TLS (`certificates.ts` fills it): its guests' QEMUs look there at each one anew. */
  readonly certificatesFolder: string;
  readonly saslFolder: string;
}

/** In the folder of the configuration, both from outside and on the host. */
const CERTIFICATES = 'migration-certificates';

/** As libvirtd and QEMU on a host see {@link HostFiles.certificatesFolder}. */
export const CERTIFICATES_ON_HOST = `/etc/libvirt/${CERTIFICATES}`;

export function hostFiles(labFolder: string, hostName: string): HostFiles {
  const folder = join(labFolder, hostName);
  return {
    folder,
    pidPath: join(labFolder, `${hostName}.pid`),
    logPath: join(labFolder, `${hostName}.log`),
    socketFolder: join(folder, 'sockets'),
    guestFolder: join(folder, 'guests'),
    qemuLogFolder: join(folder, 'log', 'qemu'),
    qemuPidFolder: join(folder, 'run', 'qemu'),
    configFolder: join(folder, 'etc'),
    certificatesFolder: join(folder, 'etc', CERTIFICATES),
    saslFolder: join(folder, 'sasl'),
  };
}

/** Where a guest's files are for every host alike: a domain's XML goes with it and names them. */
export function sharedGuestFolder(labFolder: string): string {
  return join(labFolder, 'guests');
}

export interface BindMount {
  readonly source: string;
  readonly target: string;
}

export function bindMounts(labFolder: string, hostName: string): BindMount[] {
  const { folder, guestFolder, configFolder } = hostFiles(labFolder, hostName);
  return [
    { source: join(folder, 'run'), target: '/run/libvirt' },
    { source: join(folder, 'lib'), target: '/var/lib/libvirt' },
    { source: join(folder, 'log'), target: '/var/log/libvirt' },
    { source: join(folder, 'cache'), target: '/var/cache/libvirt' },
    { source: configFolder, target: '/etc/libvirt' },
    { source: guestFolder, target: sharedGuestFolder(labFolder) },
  ];
}
