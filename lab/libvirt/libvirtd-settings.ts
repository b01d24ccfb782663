/**
 * How the lab's libvirtds are configured: as two production hosts that know nothing of each other, but without
 * what needs a whole machine (cgroups, security drivers, a log daemon) and without passwords.
 */
import { CERTIFICATES_ON_HOST } from './host-files.ts';

/** `sasl` asks for a Kerberos ticket that nobody has: every connection over TCP is refused. */
export type TcpAuthentication = 'none' | 'sasl';

export interface LibvirtdSettings {
  readonly socketFolder: string;
  /** libvirt refuses a migration between hosts of one UUID, and would take it from the machine. */
  readonly hostUuid: string;
  readonly authTcp: TcpAuthentication;
}

/** The content of libvirtd.conf. */
export function libvirtdConf({ socketFolder, hostUuid, authTcp }: LibvirtdSettings): string {
  return lines({
    listen_tls: 0,
    listen_tcp: 1,
    auth_tcp: authTcp,
    auth_unix_ro: 'none',
    auth_unix_rw: 'none',
    // Only who may enter the run folder gets to them at all.
    unix_sock_rw_perms: '0777',
    unix_sock_dir: socketFolder,
    host_uuid: hostUuid,
  });
}

/** The content of SASL's libvirt.conf. With mechanisms that take a password virsh would ask for one, and wait. */
export const SASL_CONF = 'mech_list: gssapi\n';

/** The content of qemu.conf. Guests run as root: the lab's namespaces and files are root's. */
export function qemuConf(): string {
  return lines({
    security_driver: 'none',
    user: 'root',
    group: 'root',
    dynamic_ownership: 0,
    remember_owner: 0,
    // Under sudo core files are off, and in a container not even root may have them.
    max_core: 0,
    cgroup_controllers: [],
    namespaces: [],
    // Else libvirt wants its log daemon, of which a machine has one only.
    stdio_handler: 'file',
    // Empty at first. libvirtd does not start where it is not there.
    migrate_tls_x509_cert_dir: CERTIFICATES_ON_HOST,
    migrate_tls_x509_verify: 1,
  });
}

function lines(settings: Readonly<Record<string, string | number | readonly string[]>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
    .join('');
}
