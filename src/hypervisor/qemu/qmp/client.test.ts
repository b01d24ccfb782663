import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { connectQmp, type QmpClient } from './client.ts';
import type { MigrationInfo } from './commands.ts';
import type { QmpRecord } from './connection.ts';
import {
  QmpClosedError,
  QmpCommandError,
  QmpProtocolError,
  QmpReplyError,
  QmpTimeoutError,
} from './errors.ts';
import { FakeQmpError, type FakeQmpServer, startFakeQmpServer } from './testing/fake-qmp-server.ts';

let server: FakeQmpServer;
let client: QmpClient;
let records: QmpRecord[];

beforeEach(async () => {
  records = [];
  server = await startFakeQmpServer({
    handlers: {
      echo: (args) => args,
      'query-status': () => ({ status: 'running', running: true }),
      'never-answered': () => new Promise(() => {}),
    },
  });
  client = await connectQmp(server.path, { record: (entry) => records.push(entry) });
});

afterEach(async () => {
  await client.close();
  await server.close();
});

/** The error of a command. */
const failure = (attempt: Promise<unknown>) =>
  attempt.then(
    () => expect.unreachable('succeeded'),
    (error: unknown) => error as Error,
  );

/** The commands received after the negotiation. */
const lastCommands = () => server.commands.slice(1).map(({ command }) => command);

describe('execute', () => {
  test('sends the arguments and resolves with the return value', async () => {
    expect(await client.execute('echo', { text: 'grüße', nested: { n: [1, 2] } })).toEqual({
      text: 'grüße',
      nested: { n: [1, 2] },
    });
  });

  test('is typed by the map of commands, and open to others', async () => {
    const status = await client.execute('query-status');
    expectTypeOf(status.status).toEqualTypeOf<string>();
    expect(status.status).toBe('running');
    const typeErrors = () => [
      expectTypeOf(client.execute('query-migrate')).toEqualTypeOf<Promise<MigrationInfo>>(),
      expectTypeOf(client.execute('x-unknown', { a: 1 })).toEqualTypeOf<Promise<unknown>>(),
      client.execute('migrate', { uri: 'tcp:host:1' }),
      client.execute('query-dirty-rate'),
      // @ts-expect-error the arguments of a known command cannot be left out
      client.execute('migrate'),
      // @ts-expect-error uri and channels exclude each other
      client.execute('migrate', { uri: 'tcp:host:1', channels: [] }),
      // @ts-expect-error a misspelt argument does not fall back to the untyped overload
      client.execute('migrate-set-parameters', { downtime_limit: 1 }),
    ];
    expect(typeErrors).toBeTypeOf('function');
  });

  test('gives every command an id of its own, which differs between connections', async () => {
    await Promise.all([client.execute('echo'), client.execute('echo'), client.execute('echo')]);
    await client.close();
    client = await connectQmp(server.path);
    await client.execute('echo');
    const ids = server.commands.filter(({ command }) => command === 'echo').map(({ id }) => id);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toBeTypeOf('string');
  });

  test('pairs answers with commands when they come out of order', async () => {
    server.handle('slow', () => 'slow', { delayMs: 40 });
    const order: unknown[] = [];
    await Promise.all([
      client.execute('slow').then((value) => order.push(value)),
      client.execute('echo', { n: 1 }).then((value) => order.push(value)),
      client.execute('echo', { n: 2 }).then((value) => order.push(value)),
    ]);
    expect(order).toEqual([{ n: 1 }, { n: 2 }, 'slow']);
  });

  test('rejects with QEMU class and description, and the next command works', async () => {
    server.handle('migrate', () => {
      throw new FakeQmpError('DeviceNotFound', "No such device 'x'");
    });
    const error = await failure(client.execute('migrate', { uri: 'tcp:host:1' }));
    expect(error).toBeInstanceOf(QmpCommandError);
    expect(error).toMatchObject({
      command: 'migrate',
      errorClass: 'DeviceNotFound',
      desc: "No such device 'x'",
    });
    expect(error.message).toContain(server.path);
    expect(await client.execute('echo', { n: 1 })).toEqual({ n: 1 });
  });

  test('an argument that JSON cannot hold rejects, and writes nothing', async () => {
    await expect(client.execute('echo', { n: 1n })).rejects.toThrow(TypeError);
    await client.execute('query-status');
    expect(lastCommands()).toEqual(['query-status']);
  });

  test('oob goes as exec-oob', async () => {
    server.handle('yank', () => ({}));
    await client.execute('yank', { instances: [{ type: 'migration' }] }, { oob: true });
    await client.execute('yank', { instances: [] });
    expect(server.commands.slice(1).map(({ oob }) => oob)).toEqual([true, false]);
  });

  test('takes an answer of some megabytes', async () => {
    server.handle('big', () => 'é'.repeat(2_000_000));
    expect(await client.execute('big')).toHaveLength(2_000_000);
  });
});

describe('an answer that QEMU never gives', () => {
  const RAM = { transferred: 1, remaining: 2, total: 3, 'normal-bytes': 0, 'dirty-sync-count': 1 };

  test.each([
    ['query-name', null, 'the whole of it: expected object, received null'],
    ['query-name', { name: 7 }, 'name: expected string, received number'],
    ['query-status', { status: { toString: 1 }, running: true }, 'status: expected string, received object'],
    ['query-status', { running: true }, 'status: expected string, received undefined'],
    ['query-migrate', [], 'the whole of it: expected object, received array'],
    ['query-migrate', { ram: 'much' }, 'ram: expected object, received string'],
    ['query-migrate', { ram: { ...RAM, remaining: '7' } }, 'ram.remaining: expected number, received string'],
    ['query-migrate', { ram: { ...RAM, remaining: -4096 } }, 'ram.remaining: expected a whole number from 0'],
    ['query-migrate', { ram: { ...RAM, total: 0.5 } }, 'ram.total: expected a whole number from 0'],
    ['query-migrate', { ram: { transferred: 1 } }, 'ram.remaining: expected number, received undefined'],
    ['query-migrate', { 'total-time': 1e18 }, 'total-time: '],
    ['query-migrate', { 'cpu-throttle-percentage': null }, 'cpu-throttle-percentage: expected number'],
    ['query-migrate', { 'blocked-reasons': [1] }, 'blocked-reasons.0: expected string, received number'],
    ['query-migrate-capabilities', [{ capability: 'events' }], '0.state: expected boolean'],
    ['query-migrate-parameters', { 'max-bandwidth': 'all' }, 'max-bandwidth: expected number'],
    ['query-cpus-fast', [{ 'cpu-index': 0, 'thread-id': '1; rm' }], '0.thread-id: expected number'],
    ['query-uuid', {}, 'UUID: expected string, received undefined'],
    ['query-memory-size-summary', { 'base-memory': null }, 'base-memory: expected number'],
    ['query-kvm', { enabled: 'yes', present: true }, 'enabled: expected boolean'],
    ['query-accelerators', { enabled: ['kvm'] }, 'enabled: expected string'],
    ['qom-list', [{ name: 'type' }], '0.type: expected string, received undefined'],
    ['query-migrate', { 'socket-address': 'tcp:[::]:4444' }, 'socket-address: expected array'],
    ['query-dirty-rate', { status: 'measured', 'dirty-rate': -2 }, 'dirty-rate: '],
  ] as const)(
    'to %s, %j, is an error of its own, and the connection is fine',
    async (command, value, words) => {
      server.handle(command, () => value);
      const error = await failure(client.execute(command as string));
      expect(error).toBeInstanceOf(QmpReplyError);
      expect(error).toMatchObject({ code: 'unreadable-reply', command });
      expect(error.message).toMatch(/^QEMU at \S+ answered \S+ with .*\(.+\), .*: report this .*\.$/);
      expect(error.message).toContain(words);
      expect(await client.execute('echo', { n: 1 })).toEqual({ n: 1 });
    },
  );

  test('a number without end is none', async () => {
    const pending = failure(client.execute('query-migrate'));
    const { id } = await server.received('query-migrate');
    server.sendRaw(`{"return": {"total-time": 1e999}, "id": ${JSON.stringify(id)}}\r\n`);
    expect(await pending).toBeInstanceOf(QmpReplyError);
  });

  test.each([
    ['query-migrate', {}],
    ['query-migrate', { status: 'of-a-newer-qemu', ram: { ...RAM, news: [null] }, news: 'none' }],
    ['query-migrate', { 'socket-address': [{ type: 'inet', host: '::', port: '4444', ipv6: true }] }],
    ['query-migrate', { 'socket-address': [{ type: 'inet', host: null, port: 4444, path: {} }, null] }],
    ['query-status', { status: 'running', running: 'yes' }],
    ['query-kvm', { enabled: true, present: 'of course' }],
    ['query-accelerators', { enabled: 'kvm' }],
    ['qom-list', [{ name: null, type: 'child<vfio-pci>' }]],
    ['query-migrate-parameters', { 'max-bandwidth': 2 ** 63, 'tls-creds': null }],
    ['query-dirty-rate', { status: 'measured', 'dirty-rate': -1, 'start-time': 0 }],
    ['query-name', {}],
    ['migrate_cancel', null],
  ])('is not one that says more, or less, than we read: %s, %j', async (command, value) => {
    server.handle(command, () => value);
    expect(await client.execute(command)).toEqual(value);
  });

  test('is handed on as it came, whatever its keys are', async () => {
    const pending = client.execute('query-name');
    const { id } = await server.received('query-name');
    server.sendRaw(`{"return": {"__proto__": {"name": "other"}}, "id": ${JSON.stringify(id)}}\r\n`);
    const answer = await pending;
    expect(Object.getPrototypeOf(answer)).toBe(Object.prototype);
    expect(answer.name).toBeUndefined();
  });
});

describe('timeout', () => {
  test('rejects, leaves the connection usable and drops the late answer', async () => {
    server.handle('slow', () => 'too late', { delayMs: 60 });
    const error = await failure(client.execute('slow', {}, { timeoutMs: 20 }));
    expect(error).toBeInstanceOf(QmpTimeoutError);
    expect(error).toMatchObject({ command: 'slow', timeoutMs: 20 });
    await expect.poll(() => records.at(-1)?.line).toContain('too late');
    expect(await client.execute('echo', { n: 1 })).toEqual({ n: 1 });
  });

  test('the default is an option of the connection', async () => {
    await client.close();
    client = await connectQmp(server.path, { commandTimeoutMs: 20 });
    expect(await failure(client.execute('never-answered'))).toMatchObject({ timeoutMs: 20 });
  });

  test('Infinity waits', async () => {
    server.handle('slow', () => 'here', { delayMs: 30 });
    expect(await client.execute('slow', {}, { timeoutMs: Number.POSITIVE_INFINITY })).toBe('here');
  });
});

describe('the end of the connection', () => {
  test('QEMU hangs up: pending commands reject, each naming its command', async () => {
    const pending = [failure(client.execute('never-answered')), failure(client.execute('never-answered'))];
    await server.received('never-answered');
    server.drop();
    for (const error of await Promise.all(pending)) {
      expect(error).toBeInstanceOf(QmpClosedError);
      expect(error).toMatchObject({ code: 'hung-up', command: 'never-answered', sent: true });
      expect(error.message).toContain('before it answered never-answered');
    }
    const reason = await client.closed;
    expect(reason).toBeInstanceOf(QmpClosedError);
    expect(reason?.code).toBe('hung-up');
  });

  test('what QEMU said before it hung up is heard', async () => {
    const heard = vi.fn();
    client.onEvent('SHUTDOWN', heard);
    server.handle('quit', () => {
      server.emit('SHUTDOWN', { guest: false });
      setTimeout(() => server.drop(), 0);
      return {};
    });
    expect(await client.execute('quit')).toEqual({});
    await client.closed;
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test('close: pending commands reject, closed resolves without a reason', async () => {
    const pending = failure(client.execute('never-answered'));
    await Promise.all([client.close(), client.close()]);
    expect(await pending).toMatchObject({ code: 'closed-here', command: 'never-answered', sent: true });
    expect(await client.closed).toBeUndefined();
    await client.close();
  });

  test('close after QEMU hung up keeps the reason', async () => {
    server.drop();
    await client.closed;
    await client.close();
    expect((await client.closed)?.code).toBe('hung-up');
  });

  test('a command on a closed client rejects, and says that it was not sent', async () => {
    await client.close();
    const error = await failure(client.execute('stop'));
    expect(error).toBeInstanceOf(QmpClosedError);
    expect(error).toMatchObject({ code: 'closed-here', command: 'stop', sent: false });
    expect(error.message).toContain('stop was not sent');
    expect(lastCommands()).toEqual([]);
  });

  test('so does one in the moment between close and closed', async () => {
    const closing = client.close();
    expect(await failure(client.execute('stop'))).toMatchObject({ code: 'closed-here', sent: false });
    await closing;
    expect(lastCommands()).toEqual([]);
  });

  test('`await using` closes', async () => {
    await client.close();
    let inner: QmpClient;
    {
      await using scoped = await connectQmp(server.path);
      inner = scoped;
    }
    expect(await failure(inner.execute('stop'))).toMatchObject({ code: 'closed-here' });
  });
});

describe('a broken protocol gives the connection up', () => {
  test.each([
    ['not-json', 'garbage\r\n', '"garbage"'],
    ['not-a-message', '{"hello": 1}\r\n', 'hello'],
    ['not-a-message', '{"QMP": {"version": {"qemu": {"major": 1, "minor": 1, "micro": 1}}}}\r\n', 'QMP'],
    ['no-id', '{"error": {"class": "GenericError", "desc": "JSON parse error"}}\r\n', 'JSON parse error'],
    ['no-id', '{"return": {}}\r\n', 'return'],
  ])('%s: %j', async (code, line, shown) => {
    const pending = failure(client.execute('never-answered'));
    await server.received('never-answered');
    server.sendRaw(line);
    const reason = await client.closed;
    expect(reason).toBeInstanceOf(QmpProtocolError);
    expect(reason?.code).toBe(code);
    expect(reason?.message).toContain(shown);
    const error = await pending;
    expect(error).toBeInstanceOf(QmpClosedError);
    expect(error).toMatchObject({ code: 'gave-up', command: 'never-answered', sent: true, cause: reason });
  });

  test('a line without end', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    for (let n = 0; n < 11; n++) server.sendRaw(megabyte);
    const reason = await client.closed;
    expect(reason).toBeInstanceOf(QmpProtocolError);
    expect(reason?.code).toBe('line-too-long');
  });

  test('nothing is routed after it', async () => {
    const heard = vi.fn();
    client.onEvent('STOP', heard);
    server.sendRaw('garbage\r\n{"event": "STOP"}\r\n');
    await client.closed;
    expect(heard).not.toHaveBeenCalled();
  });

  test('an answer with an unknown id is no breach', async () => {
    server.sendRaw('{"return": {}, "id": "nobody-1"}\r\n{"return": {}, "id": 7}\r\n');
    server.sendRaw('{"id": null, "error": {"class": "GenericError", "desc": "no"}}\r\n');
    // Found by the fuzzer: it cannot be made text, and nobody caught that.
    server.sendRaw('{"return": {}, "id": {"toString": 1, "valueOf": null}}\r\n');
    expect(await client.execute('echo', { n: 1 })).toEqual({ n: 1 });
  });
});
