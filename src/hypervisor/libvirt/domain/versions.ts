/** The versions of a host's libvirt and QEMU. */

/** Major, minor, micro. */
export type Version = readonly [number, number, number];

export interface HostVersions {
  /** Of its libvirtd or virtqemud. */
  readonly libvirt: Version | undefined;
  /** Of the QEMU that new guests get there: one that runs already may be older, from before an upgrade. */
  readonly qemu: Version | undefined;
}

/** @param text of `virsh version --daemon`, whose other lines are about virsh */
export function parseVersions(text: string): HostVersions {
  return {
    libvirt: versionIn(text, 'Running against daemon:'),
    qemu: versionIn(text, 'Running hypervisor: QEMU'),
  };
}

function versionIn(text: string, before: string): Version | undefined {
  const line = text.split('\n').find((each) => each.startsWith(before));
  const numbers = line?.slice(before.length).trim().split('.').map(Number);
  if (numbers === undefined || numbers.length < 2 || numbers.some(Number.isNaN)) return undefined;
  const [major = 0, minor = 0, micro = 0] = numbers;
  return [major, minor, micro];
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
