import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectQmp, type QmpClient } from './client.ts';
import type { QmpRecord } from './connection.ts';
import type { QmpEvent } from './events.ts';
import { type FakeQmpServer, startFakeQmpServer } from './testing/fake-qmp-server.ts';

let server: FakeQmpServer;
let client: QmpClient;
let records: QmpRecord[];

beforeEach(async () => {
  records = [];
  server = await startFakeQmpServer({ handlers: { echo: (args) => args } });
  client = await connectQmp(server.path, { record: (entry) => records.push(entry) });
});

afterEach(async () => {
  await client.close();
  await server.close();
});

describe('onEvent', () => {
  test('a callback made before the command gets the event that precedes the answer', async () => {
    server.handle('stop', () => {
      server.emit('STOP');
      return {};
    });
    const callback = vi.fn();
    client.onEvent('STOP', callback);
    await client.execute('stop');
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test('carries data, the time of QEMU and the time of reading', async () => {
    const events: QmpEvent[] = [];
    client.onEvent('MIGRATION_PASS', (event) => events.push(event));
    const before = performance.now();
    server.emit('MIGRATION_PASS', { pass: 3 }, 1795378218729.75);
    await client.execute('echo');
    expect(events).toMatchObject([{ data: { pass: 3 }, timestampMs: 1795378218729.75 }]);
    expect(events[0]?.receivedMs).toBeGreaterThanOrEqual(before);
    expect(events[0]?.receivedMs).toBeLessThanOrEqual(performance.now());
  });

  test.each([
    ['MIGRATION', { status: { toString: 1 } }],
    ['MIGRATION', {}],
    ['MIGRATION_PASS', { pass: { valueOf: 1, toString: 1 } }],
    ['MIGRATION_PASS', { pass: '2' }],
    ['MIGRATION_PASS', { pass: -1 }],
    ['MIGRATION_PASS', undefined],
    ['SHUTDOWN', { guest: true, reason: { toString: 1 } }],
    ['SHUTDOWN', { guest: 'yes' }],
  ])('%s with %j, which QEMU does not send, is passed over', async (name, data) => {
    const callback = vi.fn();
    client.onEvent(name, callback);
    client.onEvent('STOP', callback);
    server.emit(name, data);
    server.emit('STOP', { any: 'kind' });
    await client.execute('echo');
    expect(callback.mock.calls.map(([event]) => (event as QmpEvent).name)).toEqual(['STOP']);
  });

  test('calls back for its event until it is stopped', async () => {
    const callback = vi.fn();
    const stop = client.onEvent('STOP', callback);
    server.emit('RESUME');
    server.emit('STOP');
    await client.execute('echo');
    stop();
    server.emit('STOP');
    await client.execute('echo');
    expect(callback).toHaveBeenCalledTimes(1);
    expect(callback.mock.calls[0]?.[0]).toMatchObject({ name: 'STOP' });
  });

  test('a command executed in it is written before the next line is looked at', async () => {
    server.handle('migrate-set-parameters', () => ({}));
    const answers: Promise<unknown>[] = [];
    client.onEvent('MIGRATION_PASS', () => {
      answers.push(client.execute('migrate-set-parameters', { 'downtime-limit': 2000 }));
    });
    records.length = 0;
    server.sendRaw('{"event": "MIGRATION_PASS", "data": {"pass": 2}}\r\n{"event": "STOP"}\r\n');
    await expect.poll(() => records.length).toBeGreaterThan(2);
    await Promise.all(answers);
    const seen = records.map(({ line }) => /MIGRATION_PASS|migrate-set-parameters|STOP/.exec(line)?.[0]);
    expect(seen.slice(0, 3)).toEqual(['MIGRATION_PASS', 'migrate-set-parameters', 'STOP']);
  });

  test('from the event read to the command written takes well under a millisecond', async () => {
    const answers: Promise<unknown>[] = [];
    client.onEvent('MIGRATION_PASS', () => answers.push(client.execute('echo', { 'downtime-limit': 2000 })));
    for (let pass = 0; pass < 50; pass++) {
      server.emit('MIGRATION_PASS', { pass });
      await sleep(1);
    }
    await expect.poll(() => answers).toHaveLength(50);
    await Promise.all(answers);
    const delays = records.flatMap((entry, index) => {
      const next = records[index + 1];
      return entry.line.includes('MIGRATION_PASS') && next?.direction === 'out'
        ? [next.atMs - entry.atMs]
        : [];
    });
    const median = delays.sort((a, b) => a - b)[25];
    expect(delays).toHaveLength(50);
    expect(median).toBeLessThan(0.5);
  });

  test('one callback may stop another, or add one that gets only later events', async () => {
    const late = vi.fn();
    const stopped = vi.fn();
    client.onEvent('STOP', () => {
      stop();
      client.onEvent('STOP', late);
    });
    const stop = client.onEvent('STOP', stopped);
    server.emit('STOP');
    await client.execute('echo');
    expect(stopped).not.toHaveBeenCalled();
    expect(late).not.toHaveBeenCalled();
    server.emit('STOP');
    await client.execute('echo');
    expect(late).toHaveBeenCalledTimes(1);
  });

  test('on a closed client it is never called, and stopping it does no harm', async () => {
    await client.close();
    client.onEvent('STOP', () => expect.unreachable())();
  });

  test('what a callback throws surfaces, after the others got the event', async () => {
    const uncaught: unknown[] = [];
    const others = process.rawListeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => uncaught.push(error));
    try {
      const reason = new Error('a bug in a callback');
      client.onEvent('STOP', () => {
        throw reason;
      });
      const other = vi.fn();
      client.onEvent('STOP', other);
      server.emit('STOP');
      expect(await client.execute('echo', { n: 1 })).toEqual({ n: 1 });
      expect(other).toHaveBeenCalledTimes(1);
      expect(uncaught).toEqual([reason]);
    } finally {
      for (const other of others) process.on('uncaughtException', other as (error: Error) => void);
    }
  });
});

describe('record', () => {
  test('gets the exact lines of both directions, negotiation included', async () => {
    server.handle('stop', () => {
      server.sendRaw('{"timestamp":  {"seconds": 1, "microseconds": 0},"event":"STOP"}\r\n');
      return {};
    });
    await client.execute('stop');
    const { id } = await server.received('stop');
    expect(records.map(({ direction, line }) => [direction, line])).toEqual([
      ['in', expect.stringMatching(/^\{"QMP":.*\}$/)],
      ['out', '{"execute":"qmp_capabilities","arguments":{"enable":["oob"]},"id":"qmp_capabilities"}'],
      ['in', '{"return":{},"id":"qmp_capabilities"}'],
      ['out', `{"execute":"stop","id":"${id}"}`],
      ['in', '{"timestamp":  {"seconds": 1, "microseconds": 0},"event":"STOP"}'],
      ['in', `{"return":{},"id":"${id}"}`],
    ]);
    const times = records.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('gets the line that is the reason to give up', async () => {
    server.sendRaw('garbage\r\n');
    await client.closed;
    expect(records.at(-1)).toMatchObject({ direction: 'in', line: 'garbage' });
  });
});
