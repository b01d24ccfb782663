/**
 * Which address out of a journal may be connected to. A libvirt URI can name a program to run: by the transport
 * `ext`, and by queries such as `?command=` and `?netcat=`. A user may type one; a file may not.
 */

/** `qemu+ssh://root@host2/system#vm1`. What stands between the slashes must not look like an option of ssh. */
const LIBVIRT = /^[a-z]+(?:\+([a-z0-9]+))?:\/\/(?!-)[^/?#]*\/[^?#]*#./;

/** libvirt's own ways to a host; `ext`, which runs a program, is left out on purpose. */
const TRANSPORTS = ['unix', 'ssh', 'libssh', 'libssh2', 'tls', 'tcp'];

/** @returns the address as it is, or undefined where it must not be used */
export function trustedDestination(text: string): string | undefined {
  if (/\p{Cc}/u.test(text)) return undefined;
  if (text.startsWith('qmp:')) return text.length > 'qmp:'.length ? text : undefined;
  const match = LIBVIRT.exec(text);
  if (!match || /@-/.test(text.slice(0, text.indexOf('#')))) return undefined;
  const transport = match[1];
  return transport === undefined || TRANSPORTS.includes(transport) ? text : undefined;
}
