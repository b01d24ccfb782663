import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { REAL_CLOCK } from '../clock.ts';
import { identify, isRunning } from '../process-identity.ts';
import { LastingMonitor, type MonitorChange, UnreachableError } from './lasting-monitor.ts';
import { connectQmp } from './qmp/client.ts';
import { startFakeQmpServer } from './qmp/testing/fake-qmp-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function open({ process = undefined as ChildProcess | undefined, same = async () => true } = {}) {
  const server = await startFakeQmpServer({
    handlers: { 'query-status': () => ({ status: 'running', running: true }) },
  });
  cleanups.push(() => server[Symbol.asyncDispose]());
  const identity = process?.pid === undefined ? undefined : identify(process.pid);
  const monitor = new LastingMonitor(await connectQmp(server.path), {
    address: 'qmp:vm1',
    process: identity && { isRunning: () => isRunning(identity), words: `its process ${identity.pid}` },
    clock: REAL_CLOCK,
    connect: async () => await connectQmp(server.path),
    isSame: same,
  });
  cleanups.push(() => monitor.close());
  const changes: MonitorChange[] = [];
  monitor.onChange((change) => changes.push(change));
  return { server, monitor, changes };
}

function kinds(changes: readonly MonitorChange[]): string[] {
  return changes.map(({ state }) => state);
}

async function sleeper(): Promise<ChildProcess> {
  const child = spawn('sleep', ['600']);
  cleanups.push(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child;
}

test('a connection that closes is opened anew, and events go on', async () => {
  const { server, monitor, changes } = await open();
  const stops: string[] = [];
  monitor.onEvent('STOP', (event) => stops.push(event.name));
  expect(monitor.uninterrupted).toBe(true);
  server.drop();
  await expect.poll(() => kinds(changes)).toEqual(['lost', 'back']);
  expect(await monitor.execute('query-status')).toEqual({ status: 'running', running: true });
  expect(monitor.uninterrupted).toBe(false);
  server.emit('STOP');
  await expect.poll(() => stops).toEqual(['STOP']);
});

test('while it is lost nothing is sent, and a command says so', async () => {
  const { server, monitor, changes } = await open({ same: async () => false });
  server.drop();
  await expect.poll(() => kinds(changes).length).toBeGreaterThan(0);
  await expect(monitor.execute('query-status')).rejects.toThrow(UnreachableError);
  expect(monitor.state.kind).toBe('lost');
});

test('another VM at the same address is not taken for ours', async () => {
  let same = false;
  const { server, monitor, changes } = await open({ same: async () => same });
  server.drop();
  await expect.poll(() => changes.at(-1)?.words).toMatch(/another VM/);
  expect(monitor.client).toBeUndefined();
  same = true;
  expect(await monitor.connected(10_000)).toBeDefined();
});

test('a closed connection is no proof of an end while the process lives; its death is', async () => {
  const child = await sleeper();
  const { server, monitor, changes } = await open({ process: child, same: async () => false });
  server.drop();
  await expect.poll(() => kinds(changes)[0]).toBe('lost');
  expect(monitor.state.kind).toBe('lost');
  child.kill('SIGKILL');
  await expect.poll(() => monitor.state.kind, { timeout: 10_000 }).toBe('ended');
  expect(changes.at(-1)?.words).toContain(`process ${child.pid} has ended`);
});

test('SHUTDOWN, and then the close, is a proof', async () => {
  const { server, monitor, changes } = await open();
  server.emit('SHUTDOWN', { guest: true, reason: 'guest-shutdown' });
  server.drop();
  await expect.poll(() => monitor.state.kind).toBe('ended');
  expect(changes.at(-1)?.words).toBe('the guest shut itself down');
});

test.each([
  [{ guest: false, reason: 'guest-panic' }, 'the guest shut itself down'],
  [{ guest: false, reason: 'host-qmp-quit' }, 'QEMU was told to end (host-qmp-quit)'],
  [{ guest: false }, 'QEMU was told to end (SHUTDOWN)'],
])('SHUTDOWN %j is told as who ended it', async (data, words) => {
  const { server, monitor, changes } = await open();
  server.emit('SHUTDOWN', data);
  server.drop();
  await expect.poll(() => monitor.state.kind).toBe('ended');
  expect(changes.at(-1)?.words).toBe(words);
  await expect(monitor.execute('query-status')).rejects.toThrow(`has ended (${words})`);
});

test('one that is closed while it looks whether this is our VM stays closed, and so does what it opened', async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<boolean>();
  const { server, monitor, changes } = await open({
    same: async () => {
      asked.resolve();
      return await answer.promise;
    },
  });
  server.drop();
  await asked.promise;
  await monitor.close();
  answer.resolve(true);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(monitor.state.kind).toBe('closed');
  expect(monitor.client).toBeUndefined();
  expect(kinds(changes)).toEqual(['lost']);
});

test('one that is closed while another VM answers in its place is not tried again', async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<boolean>();
  let times = 0;
  const { server, monitor } = await open({
    same: async () => {
      times += 1;
      asked.resolve();
      return await answer.promise;
    },
  });
  server.drop();
  await asked.promise;
  await monitor.close();
  answer.resolve(false);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(times).toBe(1);
});

test('one that carries nothing any more is opened anew when it is given up', async () => {
  const { monitor, changes } = await open();
  monitor.giveUp('it has not answered for 60 s');
  expect(changes[0]).toEqual({ state: 'lost', words: 'it has not answered for 60 s' });
  await expect.poll(() => kinds(changes)).toEqual(['lost', 'back']);
  expect(await monitor.execute('query-status')).toEqual({ status: 'running', running: true });
  await monitor.close();
  // There is nothing to give up.
  monitor.giveUp('once more');
  expect(changes).toHaveLength(2);
});

test('SHUTDOWN is none where the process is seen to live on (-no-shutdown)', async () => {
  const { server, changes } = await open({ process: await sleeper() });
  server.emit('SHUTDOWN', { guest: true, reason: 'guest-shutdown' });
  server.drop();
  await expect.poll(() => kinds(changes)).toEqual(['lost', 'back']);
});

test('closed by us it stays closed', async () => {
  const { server, monitor, changes } = await open();
  await monitor.close();
  server.drop();
  await expect(monitor.execute('query-status')).rejects.toThrow(UnreachableError);
  expect(changes).toEqual([]);
});

test('what QEMU sends that is no QMP costs the connection and nothing else', async () => {
  const { server, monitor, changes } = await open();
  server.sendRaw('this is no QMP\n');
  await expect.poll(() => kinds(changes)).toEqual(['lost', 'back']);
  expect(await monitor.execute('query-status')).toEqual({ status: 'running', running: true });
});
