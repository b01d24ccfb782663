import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { soon } from '../hypervisor/libvirt/virsh/testing/fake-virsh.ts';
import { type Health, ServiceManager, takeServiceManager } from './service-manager.ts';
import { notifySocket, standInNotify } from './testing/notify-socket.ts';

const WELL: Health = { words: 'following qemu:///system', hangs: undefined };

function folder(): string {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-notify-'));
  onTestFinished(() => fs.rmSync(made, { recursive: true, force: true }));
  return made;
}

function pathIs(value: string): void {
  vi.stubEnv('PATH', value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

function hasSystemdNotify(): boolean {
  try {
    execFileSync('systemd-notify', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A daemon that is as `at` says, until the test has ended. */
async function told(at: { health: Health }, watchdogMs: number | undefined, where = folder()) {
  const systemd = await notifySocket(where);
  const complaints: string[] = [];
  const manager = new ServiceManager({
    socket: systemd.socket,
    watchdogMs,
    health: () => at.health,
    say: (sentence) => void complaints.push(sentence),
  });
  onTestFinished(async () => await manager.stopping());
  return { manager, systemd, complaints };
}

const beatsOf = (said: readonly string[]) => said.filter((word) => word === 'WATCHDOG=1').length;

describe('what systemd says', () => {
  test('is heeded, and nothing that is started later inherits it', () => {
    const env = { NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7', HOME: '/root' };
    expect(takeServiceManager(env, 7)).toEqual({ socket: '/run/n', watchdogMs: 60_000 });
    expect(env).toEqual({ HOME: '/root' });
  });

  test.each([
    [{}, undefined],
    [{ NOTIFY_SOCKET: '' }, undefined],
    [{ WATCHDOG_USEC: '1000000' }, undefined],
    [{ NOTIFY_SOCKET: '@n' }, { socket: '@n', watchdogMs: undefined }],
    [
      { NOTIFY_SOCKET: '@n', WATCHDOG_USEC: 'soon' },
      { socket: '@n', watchdogMs: undefined },
    ],
    [
      { NOTIFY_SOCKET: '@n', WATCHDOG_USEC: '1000000' },
      { socket: '@n', watchdogMs: 1000 },
    ],
    // Of a process that started this one.
    [
      { NOTIFY_SOCKET: '@n', WATCHDOG_USEC: '1000000', WATCHDOG_PID: '8' },
      { socket: '@n', watchdogMs: undefined },
    ],
  ])('%j', (env, expected) => expect(takeServiceManager({ ...env }, 7)).toEqual(expected));
});

const SENDERS: (readonly [string, () => void])[] = [
  ['a stand-in for systemd-notify', () => pathIs(`${standInNotify(folder())}:${process.env['PATH']}`)],
];
if (hasSystemdNotify()) SENDERS.push(["systemd's own systemd-notify", () => {}]);

describe.each(SENDERS)('by %s', (_, prepare) => {
  test('it hears once that the daemon is ready, again and again that it lives, and its end', async () => {
    prepare();
    const { manager, systemd, complaints } = await told({ health: WELL }, 300);
    await soon(() => expect(beatsOf(systemd.said())).toBeGreaterThanOrEqual(4));
    expect(systemd.said().slice(0, 3)).toEqual(['READY=1', 'WATCHDOG=1', 'STATUS=following qemu:///system']);
    await manager.stopping();
    // What was sent has still to be read here.
    await soon(() => expect(systemd.said()).toContain('STOPPING=1'));
    const atEnd = systemd.said();
    expect(atEnd.slice(-2)).toEqual([
      'STOPPING=1',
      'STATUS=ending: migrations under way go on without switchover',
    ]);
    expect(atEnd.filter((word) => word === 'READY=1')).toHaveLength(1);
    // Words that have not changed are not said again.
    expect(atEnd.filter((word) => word.startsWith('STATUS='))).toHaveLength(2);
    await sleep(300);
    expect(systemd.said()).toEqual(atEnd);
    expect(complaints).toEqual([]);
  });
});

describe('the watchdog', () => {
  test('is not fed while something hangs, which is said once, and is fed again when nothing does', async () => {
    pathIs(`${standInNotify(folder())}:${process.env['PATH']}`);
    const at = { health: WELL };
    const { systemd, complaints } = await told(at, 150);
    await soon(() => expect(beatsOf(systemd.said())).toBeGreaterThanOrEqual(2));
    at.health = { words: '', hangs: 'qemu:///system was last looked at 130 s ago' };
    await soon(() =>
      expect(systemd.said()).toContain('STATUS=hangs: qemu:///system was last looked at 130 s ago'),
    );
    const fed = beatsOf(systemd.said());
    await sleep(500);
    expect(beatsOf(systemd.said())).toBe(fed);
    expect(complaints).toEqual([
      'WARNING: this daemon hangs (qemu:///system was last looked at 130 s ago): systemd restarts it; migrations go on by themselves meanwhile',
    ]);
    at.health = WELL;
    await soon(() => expect(beatsOf(systemd.said())).toBeGreaterThan(fed));
  });

  test('that is not asked for is not fed', async () => {
    pathIs(`${standInNotify(folder())}:${process.env['PATH']}`);
    const { systemd } = await told({ health: WELL }, undefined);
    await soon(() => expect(systemd.said()).toContain('READY=1'));
    expect(beatsOf(systemd.said())).toBe(0);
  });
});

test('a word from elsewhere in the status begins no word of its own', async () => {
  pathIs(`${standInNotify(folder())}:${process.env['PATH']}`);
  const { systemd } = await told({ health: { ...WELL, words: 'following a\nMAINPID=1' } }, undefined);
  await soon(() => expect(systemd.said()).toContain('STATUS=following a\\x0aMAINPID=1'));
});

test('that it is ready is said until it is heard', async () => {
  const where = folder();
  const programs = standInNotify(where);
  const program = path.join(programs, 'systemd-notify');
  const works = fs.readFileSync(program, 'utf8');
  fs.writeFileSync(program, '#!/bin/sh\necho no such socket >&2\nexit 1\n');
  pathIs(`${programs}:${process.env['PATH']}`);
  const { systemd, complaints } = await told({ health: WELL }, 150, where);
  await soon(() => expect(complaints).toHaveLength(1));
  expect(complaints.join()).toMatch(/^systemd cannot be told how this daemon is \(no such socket\): put /);
  // At once: an empty program, as it is for a moment while it is written, ends well and says nothing.
  fs.writeFileSync(`${program}.new`, works, { mode: 0o755 });
  fs.renameSync(`${program}.new`, program);
  await soon(() => expect(systemd.said()).toContain('READY=1'));
  expect(systemd.said()).toContain('STATUS=following qemu:///system');
  expect(complaints).toHaveLength(1);
});

test('without systemd-notify the daemon goes on, and says what to do', async () => {
  const where = folder();
  const { complaints } = await (async () => {
    const systemd = await notifySocket(where);
    pathIs(where);
    const said: string[] = [];
    const manager = new ServiceManager({
      socket: systemd.socket,
      watchdogMs: 90,
      health: () => WELL,
      say: (sentence) => void said.push(sentence),
    });
    onTestFinished(async () => await manager.stopping());
    return { complaints: said };
  })();
  await soon(() => expect(complaints).toHaveLength(1));
  await sleep(200);
  expect(complaints).toEqual([
    'systemd cannot be told how this daemon is (spawn systemd-notify ENOENT): put systemd-notify on its PATH, or set Type=exec and WatchdogSec=0 in its unit',
  ]);
});
