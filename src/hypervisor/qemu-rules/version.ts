/** The version of a QEMU. */
export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
  /** The packager's suffix, such as 'Debian 1:7.2+dfsg-7+deb12u16'; '' in QEMU's own builds. */
  readonly package: string;
}

export function isAtLeast(version: QemuVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

export function tripleOf({ major, minor, micro }: QemuVersion): readonly [number, number, number] {
  return [major, minor, micro];
}

export function versionText({ major, minor, micro }: QemuVersion): string {
  return `QEMU ${major}.${minor}.${micro}`;
}
