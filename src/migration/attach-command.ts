/** The command line that takes a VM's migration over, or settles it: the hand that exit status 6 names, to be typed. */

/** @param vm its address: `qmp:/run/vm1.sock`, or a libvirt URI and a name, `qemu:///system#vm1` */
export function attachCommand(vm: string): string {
  const at = vm.indexOf('#');
  const isDomain = !vm.startsWith('qmp:') && at > 0;
  const words = isDomain ? ['--connect', vm.slice(0, at), vm.slice(at + 1)] : [vm];
  return ['switchover', 'attach', ...words.map(quoted)].join(' ');
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w:/.@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
