/**
 * Without root, QEMU's parent is sudo, and sudo does not die with the lab's owner: the death signal that
 * `qemu-process.ts` asks the kernel for would never come. So a shell waits for the end of a pipe that only the
 * owner holds, then kills what the lab's pid files name.
 */
import { spawn } from 'node:child_process';
import { isRoot } from './run.ts';

const KILL_AT_END_OF_INPUT =
  'cat >/dev/null; for f in "$1"/*.pid; do [ -e "$f" ] && kill -KILL "$(cat "$f")"; done';

/** Starts the reaper of a lab where one is needed. It ends by itself when this process does. */
export function watchOwner(folder: string): void {
  if (isRoot()) return;
  const reaper = spawn('sh', ['-c', KILL_AT_END_OF_INPUT, 'reaper', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  reaper.unref();
  // The pipe stays open until we die, but must not keep us alive.
  (reaper.stdin as unknown as { unref(): void }).unref();
}
