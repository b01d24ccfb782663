/** A `virsh` of the test's own, for what the real one cannot be made to do. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { closeShells } from '../host-shells.ts';

export const TEST_HOST = 'test:///default';
/** The domain of libvirt's built-in test host. */
export const TEST_UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';

export interface FakeVirsh {
  /** The process of each start, in order. */
  pids(): number[];
  /** The lines that the script has written to `"$starts.did"`. */
  did(): string[];
}

/**
 * Is first on the path until the test has ended. A script that is to wait ends with `exec sleep`, so that
 * killing it ends all of it.
 * @param script of `sh`; its arguments are `--quiet --connect URI` and those of the command, and the file `$starts`
 *   has a line for each start until now
 * @param connecting what it does when it is only asked for its `uri`, which counts as no start
 */
export function fakeVirsh(script: string, connecting = 'exit 0', first = ''): FakeVirsh {
  const folder = temporaryFolder();
  const pids = path.join(folder, 'pids');
  fs.writeFileSync(
    path.join(folder, 'virsh'),
    `#!/bin/sh\n[ "$*" != "\${*% uri}" ] && { ${connecting}; }\n${first}\nstarts=${pids}; echo $$ >> $starts\n${script}\n`,
    {
      mode: 0o755,
    },
  );
  setPath(`${folder}:${process.env['PATH']}`);
  const linesOf = (file: string) =>
    fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : [];
  return { pids: () => linesOf(pids).map(Number), did: () => linesOf(`${pids}.did`) };
}

/**
 * The same for a host that is asked by a virsh that stays: each command that it is given is one start of the script, as it
 * would be by itself.
 */
export function fakeHost(script: string): FakeVirsh {
  return fakeVirsh(script, 'exit 0', STAYS);
}

/** Begun without a command it reads them. */
const STAYS = `if [ $# -eq 3 ]; then
  said="$0.$$"
  while IFS= read -r line; do
    case "$line" in
      'echo --err '*) echo "\${line#echo --err }" >&2 ;;
      'echo '*) echo "\${line#echo }" ;;
      *) "$0" "$@" $line 2>"$said" </dev/null || grep -q 'error: ' "$said" || echo 'error: it failed' >>"$said"
        cat "$said" >&2
        echo ;;
    esac
  done
  exit 0
fi`;

/** The real one, told apart by its processes. */
export function watchedVirsh(): FakeVirsh {
  return fakeVirsh(`PATH='${process.env['PATH']}' exec virsh "$@"`);
}

/** Until the test has ended. */
export function withoutVirsh(): void {
  setPath(temporaryFolder());
}

/** False once it has ended. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits for what is due at once, but on a busy machine comes later. */
export async function soon(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 20_000 });
}

function setPath(value: string): void {
  vi.stubEnv('PATH', value);
  // A virsh that stays is of the path before.
  closeShells();
  onTestFinished(() => {
    vi.unstubAllEnvs();
    closeShells();
  });
}

function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-virsh-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
