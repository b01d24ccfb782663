/** What a QEMU is asked about itself, and what is made of its answers. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { qemuEnd } from './migration-facts.ts';
import { guestFacts, sideState } from './monitor.ts';
import { connectQmp, type QmpClient } from './qmp/client.ts';
import { FakeQmpError, type FakeQmpServer, startFakeQmpServer } from './qmp/testing/fake-qmp-server.ts';

const UUID = '5a4a3c1e-0f4b-4f0e-9d55-0c1d2e3f4a5b';

let server: FakeQmpServer;
let client: QmpClient;

function unknownCommand(): never {
  throw new FakeQmpError('CommandNotFound', 'The command has not been found');
}

beforeEach(async () => {
  server = await startFakeQmpServer({
    handlers: {
      'query-name': () => ({ name: 'web' }),
      'query-uuid': () => ({ UUID }),
      'query-accelerators': unknownCommand,
      'query-kvm': () => ({ enabled: true, present: true }),
      'query-memory-size-summary': () => ({ 'base-memory': 2 ** 30, 'plugged-memory': 0 }),
      'query-status': () => ({ running: true, status: 'running' }),
      'query-migrate': () => ({}),
      'query-migrate-capabilities': () => [{ capability: 'multifd', state: true }],
      'query-migrate-parameters': () => ({ 'tls-creds': '' }),
      'qom-get': () => 'pc-i440fx-10.0-machine',
      'qom-list': () => [{ name: 'type', type: 'string' }],
    },
  });
  client = await connectQmp(server.path);
});

afterEach(async () => {
  await client.close();
  await server[Symbol.asyncDispose]();
});

const facts = () => guestFacts('qmp:/run/web.sock', client);
const qemu = async () => (await qemuEnd('qmp:/run/web.sock', client)).qemu;

test('S1: a connection that closes while QEMU is asked proves no end of it', async () => {
  server.handle('query-status', () => new Promise(() => {}));
  const state = sideState(client);
  await client.close();
  expect(await state).toBe('unreachable');
});

describe('the accelerator', () => {
  test('is asked for as QEMU 10.2 and newer want it, and query-kvm is left alone there', async () => {
    server.handle('query-accelerators', () => ({ enabled: 'tcg', present: ['kvm', 'tcg'] }));
    expect((await facts()).accelerator).toBe('tcg');
    expect(server.commands.map(({ command }) => command)).not.toContain('query-kvm');
    server.handle('query-accelerators', () => ({ enabled: 'kvm', present: ['kvm', 'tcg'] }));
    expect((await facts()).accelerator).toBe('kvm');
  });

  test('is asked for the old way where QEMU does not know the new one', async () => {
    expect((await facts()).accelerator).toBe('kvm');
    server.handle('query-kvm', () => ({ enabled: false, present: true }));
    expect((await facts()).accelerator).toBe('tcg');
  });
});

describe('how many vCPUs it has', () => {
  test('is told by QEMU', async () => {
    server.handle('query-cpus-fast', () =>
      [0, 1, 2].map((index) => ({ 'cpu-index': index, 'thread-id': 7 })),
    );
    expect((await facts()).vcpus).toBe(3);
  });

  test('is not known where QEMU does not say', async () => {
    server.handle('query-cpus-fast', unknownCommand);
    expect((await facts()).vcpus).toBeUndefined();
  });
});

describe('the UUID', () => {
  test('is the one that QEMU was started with', async () => expect((await facts()).uuid).toBe(UUID));

  test('is none where QEMU was started without', async () => {
    server.handle('query-uuid', () => ({ UUID: '00000000-0000-0000-0000-000000000000' }));
    expect((await facts()).uuid).toBeUndefined();
    server.handle('query-uuid', unknownCommand);
    expect((await facts()).uuid).toBeUndefined();
  });
});

describe('what decides whether it may migrate', () => {
  test('capabilities, blockers, TLS and VFIO devices', async () => {
    expect(await qemu()).toMatchObject({ blockedReasons: [], tls: false, vfio: false });
    expect((await qemu()).capabilities.get('multifd')).toBe(true);

    server.handle('query-migrate', () => ({ 'blocked-reasons': ['a 9p folder is mounted'] }));
    server.handle('query-migrate-parameters', () => ({ 'tls-creds': 'tls0' }));
    server.handle('qom-list', ({ path }) =>
      path === '/machine/peripheral' ? [{ name: 'gpu', type: 'child<vfio-pci>' }] : [],
    );
    expect(await qemu()).toMatchObject({
      blockedReasons: ['a 9p folder is mounted'],
      ...{ tls: true, vfio: true },
    });
  });

  test('a QEMU that does not list its devices is taken to have none', async () => {
    server.handle('qom-list', unknownCommand);
    expect((await qemu()).vfio).toBe(false);
  });
});
