/** The command line that takes a VM's migration over, or settles it: the hand that exit status 6 names, to be typed. */

/**
 * @param vm its address: `qmp:/run/vm1.sock`, or a libvirt URI and a name, `qemu:///system#vm1`
 * @param destination in the same form, where it is to be named
 */
export function attachCommand(vm: string, destination?: string): string {
  const { uri, name } = partsOf(vm);
  // A name is no option, whatever it begins with.
  const isLikeOption = name.startsWith('-');
  const words = uri === undefined ? [] : ['--connect', uri];
  if (!isLikeOption) words.push(name);
  if (destination !== undefined) {
    const there = partsOf(destination);
    words.push('--to', there.uri ?? there.name);
    if (there.uri !== undefined && there.name !== name) words.push('--dname', there.name);
  }
  if (isLikeOption) words.push('--', name);
  return ['switchover', 'attach', ...words.map(quoted)].join(' ');
}

/** The one that lets post-copy go on whose stream was lost. @param vm its address, as in {@link attachCommand} */
export function recoverCommand(vm: string): string {
  const { uri, name } = partsOf(vm);
  return uri === undefined
    ? `${attachCommand(vm)} --recover`
    : ['virsh', '--connect', uri, 'migrate', '--postcopy-resume', `--domain=${name}`, 'DESTINATION']
        .map(quoted)
        .join(' ');
}

function partsOf(address: string): { readonly uri: string | undefined; readonly name: string } {
  const at = address.indexOf('#');
  if (address.startsWith('qmp:') || at < 1) return { uri: undefined, name: address };
  return { uri: address.slice(0, at), name: address.slice(at + 1) };
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w:/.@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
