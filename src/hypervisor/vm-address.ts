/** What an address that a person writes means: the monitor of a QEMU, or else a libvirt domain. */

/** No domain's name holds a slash, says libvirt: what does was meant for a QEMU. */
export function isQemuAddress(vm: string): boolean {
  return vm.startsWith('qmp:') || vm.includes('/');
}

/** Of a destination: a URI has a scheme, a socket's path has not. */
export function isQemuSocket(destination: string): boolean {
  return destination.startsWith('qmp:') || /^[./]/.test(destination);
}
