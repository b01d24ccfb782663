/**
 * Ends what the kernel does not end with the lab's owner. A QEMU that is our child gets a death signal
 * (`host-process.ts`); but a libvirtd lets go of its QEMUs, so that they survive it, and without root there is a
 * sudo in between, which does not die with us. So a shell waits for the end of a pipe that only the owner holds,
 * then kills what the lab's pid files name and what is left on its hosts.
 */
import { spawn } from 'node:child_process';
import { asRoot } from './run.ts';

/**
 * Told anything at all, it ends without a kill. libvirtds come first, so that no QEMU starts any more.
 * $1: the run folder. The rest: the hosts' namespaces.
 */
const KILL_AT_END_OF_INPUT = `
if read -r released; then exit; fi
folder=$1; shift
for file in "$folder"/*.pid; do [ ! -e "$file" ] || kill -KILL "$(cat "$file")"; done
for host in "$@"; do
  while pids=$(ip netns pids "$host") && [ -n "$pids" ]; do kill -KILL $pids; sleep 0.1; done
done`;

/**
 * Starts the reaper of a lab. It ends by itself when this process does.
 * @returns a function that sends it away: the lab is closed, or goes on without its owner
 */
export function watchOwner(folder: string, namespaces: readonly string[]): () => void {
  const shell = ['sh', '-c', KILL_AT_END_OF_INPUT, 'reaper', folder, ...namespaces];
  const [file = '', ...args] = asRoot(['setsid', '--wait', ...shell]);
  const reaper = spawn(file, args, { stdio: ['pipe', 'ignore', 'ignore'] });
  reaper.unref();
  // The pipe stays open until we die, but must not keep us alive.
  (reaper.stdin as unknown as { unref(): void }).unref();
  reaper.stdin.on('error', () => undefined); // it is gone already
  return () => {
    reaper.stdin.end('released\n');
  };
}
