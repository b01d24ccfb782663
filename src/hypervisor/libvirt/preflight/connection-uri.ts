/** What a libvirt connection URI says of where its host is (https://libvirt.org/uri.html). */

/**
 * True when it names the libvirt of this machine: `qemu:///system`, `qemu+unix:///system?socket=…`.
 * A URI's alias from libvirt.conf can be anything, so it counts as remote.
 */
export function isLocalUri(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname } = new URL(uri);
  const transport = protocol.slice(0, -1).split('+')[1];
  return transport === 'unix' || (transport === undefined && hostname === '');
}
