/** A fake QEMU in the middle of a migration that never ends: each pass finds as much dirty memory as the last. */
import { randomUUID } from 'node:crypto';
import {
  type FakeQmpServer,
  startFakeQmpServer,
} from '../../src/hypervisor/qemu/qmp/testing/fake-qmp-server.ts';

export interface MigratingQmp extends AsyncDisposable {
  readonly server: FakeQmpServer;
  /** `qmp:…` */
  readonly address: string;
}

const GIB = 2 ** 30;
const PASS_MS = 300;
const RATE = 500e6;

/** @param name of the guest */
export async function migratingQmp(name: string): Promise<MigratingQmp> {
  const beganMs = performance.now();
  // A lease is of one VM, and the one before may still be driven.
  const uuid = randomUUID();
  let cancelled = false;
  let pass = 1;
  const queryMigrate = () => {
    const totalMs = performance.now() - beganMs;
    const sent = Math.round((totalMs / 1000) * RATE);
    const left = 1 - (totalMs % PASS_MS) / PASS_MS;
    const ram = {
      total: 4 * GIB,
      remaining: Math.round(left * GIB),
      transferred: sent,
      duplicate: 0,
      normal: Math.round(sent / 4096),
      'normal-bytes': sent,
      'dirty-pages-rate': 60_000,
      mbps: (RATE * 8) / 1e6,
      'dirty-sync-count': pass,
      'page-size': 4096,
      'precopy-bytes': sent,
      'pages-per-second': RATE / 4096,
    };
    const status = cancelled ? 'cancelled' : 'active';
    return { status, 'total-time': Math.round(totalMs), 'setup-time': 3, 'expected-downtime': 2000, ram };
  };
  const parameters = { 'downtime-limit': 300, 'max-bandwidth': 0, 'avail-switchover-bandwidth': 0 };
  const server = await startFakeQmpServer({
    handlers: {
      'query-name': () => ({ name }),
      'query-uuid': () => ({ UUID: uuid }),
      'query-kvm': () => ({ enabled: true, present: true }),
      'query-accelerators': () => ({ enabled: 'kvm', present: ['kvm', 'tcg'] }),
      'query-status': () => ({ running: true, status: 'running' }),
      'query-memory-size-summary': () => ({ 'base-memory': 4 * GIB }),
      'qom-get': () => 'pc-q35-10.0-machine',
      'query-migrate': queryMigrate,
      'query-migrate-capabilities': () => [{ capability: 'events', state: true }],
      'query-migrate-parameters': () => parameters,
      'migrate-set-capabilities': () => ({}),
      'migrate-set-parameters': (args) => void Object.assign(parameters, args),
      migrate_cancel: () => {
        cancelled = true;
        server.emit('MIGRATION', { status: 'cancelled' });
      },
    },
  });
  const passes = setInterval(() => {
    pass += 1;
    if (!cancelled) server.emit('MIGRATION_PASS', { pass });
  }, PASS_MS);
  return {
    server,
    address: `qmp:${server.path}`,
    async [Symbol.asyncDispose]() {
      clearInterval(passes);
      await server.close();
    },
  };
}
