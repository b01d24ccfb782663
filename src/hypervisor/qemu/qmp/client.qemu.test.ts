import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectQmp, type QmpClient } from './client.ts';
import type { QmpCommands } from './commands.ts';
import { QmpClosedError, QmpCommandError, QmpConnectError, QmpNegotiationError } from './errors.ts';
import type { QmpEvent } from './events.ts';

const QEMU = 'qemu-system-x86_64';

/** 'QEMU emulator version 10.0.2 (Debian ...)', or undefined where QEMU is not installed. */
function qemuVersion(): string | undefined {
  try {
    return execFileSync(QEMU, ['--version'], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}

/**
 * Every name of the map: the compiler refuses this list when the map has another. False: not every QEMU from 7.2 on has it.
 */
const COMMANDS: Record<keyof QmpCommands, boolean> = {
  'query-status': true,
  'query-name': true,
  'query-uuid': true,
  'query-cpus-fast': true,
  'query-kvm': true,
  'query-accelerators': false,
  'qom-list': true,
  'qom-get': true,
  'object-add': true,
  'object-del': true,
  'query-memory-size-summary': true,
  stop: true,
  cont: true,
  quit: true,
  'query-migrate': true,
  'query-migrate-parameters': true,
  'query-migrate-capabilities': true,
  'migrate-set-parameters': true,
  'migrate-set-capabilities': true,
  migrate: true,
  'migrate-incoming': true,
  migrate_cancel: true,
  'migrate-start-postcopy': true,
  'migrate-pause': true,
  'migrate-recover': true,
  'calc-dirty-rate': true,
  'query-dirty-rate': true,
  yank: true,
};

const everywhere = Object.entries(COMMANDS).flatMap(([name, always]) => (always ? [name] : []));

/** The events of these names from now on, in order. */
function heard(client: QmpClient, ...names: string[]): QmpEvent[] {
  const events: QmpEvent[] = [];
  for (const name of names) client.onEvent(name, (event) => events.push(event));
  return events;
}

const version = qemuVersion();

describe.skipIf(version === undefined)('on a real QEMU', () => {
  let folder: string;
  let path: string;
  let humanPath: string;
  let qemu: ChildProcess;
  let client: QmpClient;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qmp-qemu-'));
    path = join(folder, 'qmp.sock');
    humanPath = join(folder, 'hmp.sock');
    const listening = 'server=on,wait=off';
    const monitors = ['-qmp', `unix:${path},${listening}`, '-monitor', `unix:${humanPath},${listening}`];
    const args = ['-M', 'none', '-nodefaults', '-display', 'none', '-name', 'guest=grüße', ...monitors];
    qemu = spawn(QEMU, args, { stdio: 'ignore' });
    client = await connectOnceUp();
  });

  afterEach(async () => {
    await client.close();
    if (qemu.exitCode === null && qemu.signalCode === null) {
      const exited = once(qemu, 'exit');
      qemu.kill('SIGKILL');
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  });

  /** Connects, once QEMU has made its socket, and has got rid of the clients that gave up waiting. */
  async function connectOnceUp(): Promise<QmpClient> {
    for (const start = Date.now(); ; await sleep(20)) {
      try {
        return await connectQmp(path);
      } catch (error) {
        const early = error instanceof QmpConnectError || error instanceof QmpNegotiationError;
        if (!early || Date.now() - start > 5000) throw error;
      }
    }
  }

  /** Stops the process, and waits until it has stopped: the signal takes its time. */
  async function freeze(): Promise<void> {
    qemu.kill('SIGSTOP');
    while (!/\) T/.test(await readFile(`/proc/${qemu.pid}/stat`, 'utf8'))) await sleep(1);
  }

  test('the greeting tells the version, and oob is negotiated', async () => {
    const { major, minor, micro } = client.version;
    expect(version).toContain(`version ${major}.${minor}.${micro}`);
    expect(client.oob).toBe(true);
    expect(await client.execute('query-version')).toMatchObject({ qemu: { major, minor, micro } });
    expect(await client.execute('query-yank', undefined, { oob: true })).toEqual([
      { type: 'chardev', id: expect.any(String) },
      { type: 'chardev', id: expect.any(String) },
    ]);
  });

  test('queries', async () => {
    expect(await client.execute('query-status')).toEqual({ status: 'running', running: true });
    expect(await client.execute('query-name')).toEqual({ name: 'grüße' });
    expect(await client.execute('query-migrate')).toEqual({});
    expect((await client.execute('query-migrate-parameters'))['downtime-limit']).toBe(300);
  });

  test('whatever is read of its answers is as it is read', async () => {
    const answers = await Promise.all([
      client.execute('query-uuid'),
      client.execute('query-cpus-fast'),
      client.execute('query-kvm'),
      client.execute('qom-list', { path: '/machine' }),
      client.execute('query-memory-size-summary'),
      client.execute('query-migrate-capabilities'),
      client.execute('query-dirty-rate'),
    ]);
    for (const answer of answers) expect(answer).toBeDefined();
  });

  test('knows every command of the map', async () => {
    const answer = (await client.execute('query-commands')) as { readonly name: string }[];
    const known = answer.map(({ name }) => name);
    expect(known).toEqual(expect.arrayContaining(everywhere));
  });

  test('refuses by class and description', async () => {
    const yank = client.execute('yank', { instances: [{ type: 'migration' }] }, { oob: true });
    await expect(yank).rejects.toMatchObject({ errorClass: 'DeviceNotFound', desc: 'Instance not found' });
    await expect(client.execute('no-such-command')).rejects.toMatchObject({ errorClass: 'CommandNotFound' });
    const outOfBand = client.execute('query-status', undefined, { oob: true });
    await expect(outOfBand).rejects.toBeInstanceOf(QmpCommandError);
  });

  test('STOP and RESUME precede the answer, by the clock of this machine', async () => {
    const events = heard(client, 'STOP', 'RESUME');
    const before = Date.now();
    await client.execute('stop');
    await client.execute('cont');
    const after = Date.now();
    await client.close();
    expect(events.map(({ name }) => name)).toEqual(['STOP', 'RESUME']);
    for (const { timestampMs } of events) {
      // A millisecond of grace: Date.now() is cut to whole ones.
      expect(timestampMs).toBeGreaterThanOrEqual(before - 1);
      expect(timestampMs).toBeLessThanOrEqual(after + 1);
    }
  });

  test('"unlimited" bandwidth survives being read and written back', async () => {
    await client.execute('migrate-set-parameters', { 'max-bandwidth': 2 ** 63 });
    const { 'max-bandwidth': unlimited = 0 } = await client.execute('query-migrate-parameters');
    expect(unlimited).toBe(2 ** 63);
    await client.execute('migrate-set-parameters', { 'max-bandwidth': unlimited });
  });

  test('a second client finds it busy, a fourth too, and the next one is served once the first has gone', async () => {
    const busy = () => connectQmp(path, { greetingTimeoutMs: 100 });
    const attempts = await Promise.allSettled([busy(), busy(), busy()]);
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({ status: 'rejected', reason: { code: 'busy' } });
      if (attempt.status === 'rejected') expect(attempt.reason).toBeInstanceOf(QmpNegotiationError);
    }
    expect((await client.execute('query-status')).status).toBe('running');
    await client.close();
    client = await connectOnceUp();
    expect((await client.execute('query-status')).status).toBe('running');
  });

  test('the human monitor is recognised by what it says', async () => {
    const attempt = connectQmp(humanPath);
    await expect(attempt).rejects.toMatchObject({ code: 'not-qmp' });
    await expect(attempt).rejects.toThrow(/QEMU \d.* monitor - type 'help'/);
  });

  test('quit answers, says SHUTDOWN and hangs up', async () => {
    const shutdowns = heard(client, 'SHUTDOWN');
    expect(await client.execute('quit')).toEqual({});
    expect(await client.closed).toMatchObject({ code: 'hung-up' });
    expect(shutdowns).toHaveLength(1);
    expect(await client.execute('query-status').catch((error: unknown) => error)).toMatchObject({
      code: 'hung-up',
      sent: false,
    });
  });

  test('a QEMU that dies does not leave its commands hanging', async () => {
    await freeze();
    const pending = client.execute('query-status').catch((error: unknown) => error);
    qemu.kill('SIGKILL');
    const error = await pending;
    expect(error).toBeInstanceOf(QmpClosedError);
    expect(error).toMatchObject({ code: 'hung-up', command: 'query-status', sent: true });
  });

  test('commands behind quit reject, and none is waited for', async () => {
    const answers = await Promise.allSettled([
      client.execute('quit'),
      client.execute('query-status'),
      client.execute('query-migrate'),
    ]);
    // QEMU may be gone before the last one is written: then what it has answered is not read any more.
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toEqual(statuses.toSorted());
    expect(answers[2]).toMatchObject({ reason: { command: 'query-migrate', code: 'hung-up' } });
  });

  test('a QEMU that hangs cannot be told from one that is busy, and is served once it goes on', async () => {
    await client.close();
    await freeze();
    await expect(connectQmp(path, { greetingTimeoutMs: 100 })).rejects.toMatchObject({ code: 'busy' });
    qemu.kill('SIGCONT');
    client = await connectOnceUp();
  });
});
