/** `switchover watch` as a service of systemd's, which is played by a socket of its kind. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Running } from '../lab/switchover-process.ts';
import { fakeVirsh, soon } from '../src/hypervisor/libvirt/virsh/testing/fake-virsh.ts';
import { notifySocket, standInNotify } from '../src/watch/testing/notify-socket.ts';

const STALL = path.join(import.meta.dirname, 'testing', 'stall.mjs');
const WATCHDOG_MS = 900;
const STALL_MS = 3000;

/** No domains; each virsh notes what it knows of systemd. */
const HOST = `[ "$4" != help ] || { echo --rawstats; exit; }
echo "$*: \${NOTIFY_SOCKET-none}" >> $starts.did
case "$4" in
  event) exec sleep 60 ;;
  '') while read -r word rest; do
    case "$word $rest" in
      'echo --err '*) echo "\${rest#--err }" >&2 ;;
      'echo '*) echo "$rest" ;;
    esac
  done ;;
  *) exit 0 ;;
esac`;

function folder(): string {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-watchdog-'));
  onTestFinished(() => fs.rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A daemon on the host `qemu:///fake`. */
function watching(where: string, env: NodeJS.ProcessEnv): Running {
  const args = ['watch', '--connect', 'qemu:///fake', '--state-dir', path.join(where, 'state')];
  const running = new Running(args, {
    PATH: `${standInNotify(where)}:${process.env['PATH']}`,
    NODE_OPTIONS: `--import ${STALL}`,
    SWITCHOVER_TEST_STALL_MS: String(STALL_MS),
    ...env,
  });
  onTestFinished(() => void running.process.kill('SIGKILL'));
  return running;
}

test('systemd hears that it is ready and lives; a main loop that stands still feeds no watchdog', async () => {
  const virsh = fakeVirsh(HOST);
  const where = folder();
  const systemd = await notifySocket(where);
  const running = watching(where, {
    NOTIFY_SOCKET: systemd.socket,
    WATCHDOG_USEC: String(WATCHDOG_MS * 1000),
  });
  const beats = () => systemd.said().filter((word) => word === 'WATCHDOG=1').length;
  await soon(() => expect(beats()).toBeGreaterThanOrEqual(3));
  expect(systemd.said()[0]).toBe('READY=1');
  await soon(() => expect(systemd.said()).toContain('STATUS=following qemu:///fake'));

  running.process.kill('SIGUSR2');
  // What was on its way when the loop stopped.
  await sleep(WATCHDOG_MS / 2);
  const fed = beats();
  await sleep(STALL_MS - WATCHDOG_MS);
  expect(beats()).toBe(fed);
  await soon(() => expect(beats()).toBeGreaterThan(fed));

  running.process.kill('SIGTERM');
  expect((await running.ended).status).toBe(0);
  expect(systemd.said()).toContain('STOPPING=1');
  expect(virsh.did().length).toBeGreaterThan(0);
  // None of its children could speak for it.
  expect(virsh.did().filter((line) => !line.endsWith(': none'))).toEqual([]);
});

test('a host that cannot be reached is no reason to be restarted', async () => {
  fakeVirsh(
    `[ "$4" != help ] || { echo --rawstats; exit; }
echo 'error: failed to connect to the hypervisor' >&2; exit 1`,
    'exit 1',
  );
  const where = folder();
  const systemd = await notifySocket(where);
  watching(where, { NOTIFY_SOCKET: systemd.socket, WATCHDOG_USEC: '300000' });
  await soon(() => expect(systemd.said()).toContain('STATUS=lost qemu:///fake'));
  const fed = systemd.said().length;
  await soon(() => expect(systemd.said().length).toBeGreaterThan(fed + 2));
});

test('without systemd nothing is told to anybody', async () => {
  fakeVirsh(HOST);
  const where = folder();
  const programs = standInNotify(where);
  const asked = path.join(where, 'asked');
  fs.writeFileSync(path.join(programs, 'systemd-notify'), `#!/bin/sh\necho >> ${asked}\n`);
  fs.renameSync(programs, path.join(where, 'spy'));
  const running = watching(where, { PATH: `${path.join(where, 'spy')}:${process.env['PATH']}` });
  await running.prints(/following its domains/);
  running.process.kill('SIGTERM');
  expect((await running.ended).status).toBe(0);
  expect(fs.existsSync(asked)).toBe(false);
});
