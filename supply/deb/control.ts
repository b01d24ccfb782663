/** The texts by which dpkg knows the package (deb-control(5), deb-changelog(5)). Pure. */

export interface About {
  readonly name: string;
  /** As package.json has it. */
  readonly version: string;
  /** Of its sources. */
  readonly timeMs: number;
}

/** dpkg asks for an address, and there is none (RFC 2606): SECURITY.md says where to report. */
const MAINTAINER = 'switchover maintainers <maintainers@switchover.invalid>';

/**
 * What the private Node is linked against, and the oldest versions that have every symbol that it asks for (GLIBC_2.28,
 * GLIBCXX_3.4.21, GCC_3.4, by `objdump -T`).
 */
const DEPENDS = 'libc6 (>= 2.28), libgcc-s1 (>= 3.4), libstdc++6 (>= 5.2)';

/** `0.1.0-1`. Before a release comes its candidate: Debian sorts `~` so, and a hyphen begins the revision. */
export function debianVersion(version: string): string {
  return `${version.replaceAll('-', '~')}-1`;
}

/** @param architecture Node's name of it @throws {Error} where there is no package for it */
export function debianArchitecture(architecture: string): string {
  const known: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
  const name = known[architecture];
  if (name === undefined)
    throw new Error(`there is no Debian package for ${architecture}: only for x64 and arm64`);
  return name;
}

export function controlFile(about: About, architecture: string, installedBytes: number): string {
  const fields = {
    Package: about.name,
    Version: debianVersion(about.version),
    Architecture: debianArchitecture(architecture),
    Maintainer: MAINTAINER,
    'Installed-Size': String(Math.ceil(installedBytes / 1024)),
    Depends: DEPENDS,
    // virsh is how it speaks to libvirt; QEMUs without libvirt need none.
    Recommends: 'libvirt-clients',
    Suggests: 'bash-completion, openssh-client, qemu-system-x86',
    Section: 'admin',
    Priority: 'optional',
    Description: DESCRIPTION,
  };
  const lines = Object.entries(fields).map(([field, value]) => `${field}: ${value}`);
  return `${lines.join('\n')}\n`;
}

const DESCRIPTION = `makes live migrations of KVM guests finish
 A live migration copies the memory of a virtual machine while it runs, and
 then pauses it for the rest. A guest that dirties memory faster than the link
 carries it never gets there. switchover watches each pass from outside QEMU
 and stops the guest at the right one, within a pause that its user states.
 .
 It migrates guests of libvirt hosts and of QEMUs without libvirt, and as a
 service (switchover-watch, which is not started by itself) it makes every
 migration of a host finish, whoever starts it. Another one (switchover-serve)
 shows them in a page and by an HTTP API too.
 .
 It brings a Node.js of its own, which nothing else uses.`;

export function changelog({ name, version, timeMs }: About): string {
  const entry = [
    `${name} (${debianVersion(version)}) unstable; urgency=medium`,
    `  * Version ${version}.`,
    ` -- ${MAINTAINER}  ${rfc2822(timeMs)}`,
  ];
  return `${entry.join('\n\n')}\n`;
}

/** `Sun, 29 Nov 2026 14:00:00 +0000` */
function rfc2822(timeMs: number): string {
  return new Date(timeMs).toUTCString().replace('GMT', '+0000');
}

export interface Bundled {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Where its own words about its licence are installed. */
  readonly place: string;
}

export function copyright(bundled: readonly Bundled[]): string {
  const parts = bundled.map(
    ({ name, version, license, place }) => `${name} ${version}\n  Licence: ${license}; in full in ${place}`,
  );
  return `switchover
Copyright 2026 the authors of switchover

Licensed under the Apache License, Version 2.0; you may not use it except in
compliance with the License. On Debian systems its full text is in
/usr/share/common-licenses/Apache-2.0.

The package has in it, each with its own copyright and licence:

${parts.join('\n\n')}
`;
}

/** As md5sum prints it; dpkg --verify goes by it. @param sums by path from the root, without a slash in front */
export function md5sumsFile(sums: ReadonlyMap<string, string>): string {
  return [...sums].map(([file, sum]) => `${sum}  ${file}\n`).join('');
}
