/** The versions of a host's libvirt and QEMU. */

/** Major, minor, micro. */
export type Version = readonly [number, number, number];

export interface HostVersions {
  /** Of its libvirtd or virtqemud. */
  readonly libvirt: Version | undefined;
  /** Of the QEMU that new guests get there: one that runs already may be older, from before an upgrade. */
  readonly qemu: Version | undefined;
}

const VERSION = /^(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:\.\d+)*$/;

/** @param text of `virsh version --daemon`, whose other lines are about virsh */
export function parseVersions(text: string): HostVersions {
  return {
    libvirt: versionIn(text, 'Running against daemon:'),
    qemu: versionIn(text, 'Running hypervisor: QEMU'),
  };
}

function versionIn(text: string, before: string): Version | undefined {
  const line = text.split('\n').find((each) => each.startsWith(before));
  const [, major, minor, micro = '0'] = VERSION.exec(line?.slice(before.length).trim() ?? '') ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(micro)];
}

/** Negative when a is older. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

export function isBefore(version: Version | undefined, major: number, minor: number): boolean {
  return version !== undefined && compareVersions(version, [major, minor, 0]) < 0;
}

export function versionText(version: Version): string {
  return version.join('.');
}
