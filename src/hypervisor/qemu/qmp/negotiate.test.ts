import { describe, expect, test } from 'vitest';
import { connectQmp } from './client.ts';
import { QmpClosedError, QmpNegotiationError } from './errors.ts';
import {
  FAKE_GREETING,
  FakeQmpError,
  type FakeQmpServer,
  startFakeQmpServer,
} from './testing/fake-qmp-server.ts';

/** The error of an attempt to negotiate. */
const failure = (server: FakeQmpServer, greetingTimeoutMs = 1000, commandTimeoutMs = 10_000) =>
  connectQmp(server.path, { greetingTimeoutMs, commandTimeoutMs }).then(
    () => expect.unreachable('connected'),
    (error: unknown) => error as QmpNegotiationError,
  );

const withoutOob = { QMP: { ...FAKE_GREETING.QMP, capabilities: [] } };

describe('a QMP server', () => {
  test('its version and path are known, and oob is enabled when offered', async () => {
    await using server = await startFakeQmpServer();
    await using client = await connectQmp(server.path);
    expect(client.path).toBe(server.path);
    expect(client.version).toEqual({
      major: 10,
      minor: 0,
      micro: 2,
      package: FAKE_GREETING.QMP.version.package,
    });
    expect(client.oob).toBe(true);
    expect(server.commands).toMatchObject([{ command: 'qmp_capabilities', args: { enable: ['oob'] } }]);
  });

  test('oob is not asked for when not offered, and oob commands go in band', async () => {
    await using server = await startFakeQmpServer({ greeting: withoutOob, handlers: { yank: () => ({}) } });
    await using client = await connectQmp(server.path);
    expect(client.oob).toBe(false);
    expect(server.commands[0]?.args).toEqual({});
    await client.execute('yank', { instances: [] }, { oob: true });
    expect(server.commands[1]).toMatchObject({ command: 'yank', oob: false });
  });

  test('unknown fields in the greeting do no harm', async () => {
    await using server = await startFakeQmpServer({
      greeting: { QMP: { ...FAKE_GREETING.QMP, capabilities: ['oob', 'warp'], future: {} }, more: 1 },
    });
    await using client = await connectQmp(server.path);
    expect(client.oob).toBe(true);
    expect(server.commands[0]?.args).toEqual({ enable: ['oob'] });
  });

  test('late answers to the client before us are not taken for the answer to us', async () => {
    await using server = await startFakeQmpServer();
    const late = () => {
      server.sendRaw('{"return": {"status": "running"}, "id": "1a2b3c4d-7"}\r\n');
      server.sendRaw('{"id": "1a2b3c4d-8", "error": {"class": "GenericError", "desc": "no"}}\r\n');
    };
    server.handle('qmp_capabilities', () => {
      late();
      throw new FakeQmpError('GenericError', 'not today');
    });
    expect((await failure(server)).message).toContain('not today');
    server.handle('qmp_capabilities', late);
    await using client = await connectQmp(server.path);
    await expect(client.execute('query-nothing')).rejects.toMatchObject({ errorClass: 'CommandNotFound' });
  });
});

describe('not-qmp', () => {
  test.each([
    ['an SSH server', 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', '"SSH-2.0-OpenSSH_9.2p1 Debian-2"'],
    ['an HTTP error', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', '"HTTP/1.1 400 Bad Request"'],
    ['JSON that is no greeting', '{"hello": "world"}\n', '{\\"hello\\": \\"world\\"}'],
    [
      'an error in place of the greeting',
      '{"error": {"class": "GenericError", "desc": "no"}}\n',
      'GenericError',
    ],
    ['a return in place of the greeting', '{"return": {}}\n', 'return'],
    ['an event in place of the greeting', '{"event": "STOP"}\n', 'STOP'],
    ['the human monitor', "QEMU 10.0.2 monitor - type 'help'\r\n(qemu) ", "type 'help'"],
    ['bytes', Buffer.of(0x15, 0x03, 0xff, 0x0a), '"\\x15\\x03\\xff"'],
  ])('%s', async (_, greeting, shown) => {
    await using server = await startFakeQmpServer({ greeting });
    const error = await failure(server);
    expect(error).toBeInstanceOf(QmpNegotiationError);
    expect(error.code).toBe('not-qmp');
    expect(error.message).toContain(server.path);
    expect(error.message).toContain(shown);
    expect(server.commands).toEqual([]);
  });

  test('a peer that speaks, but ends no line', async () => {
    await using server = await startFakeQmpServer({ greeting: '(qemu) \x1b[K' });
    const error = await failure(server, 50);
    expect(error.code).toBe('not-qmp');
    expect(error.message).toContain('(qemu) \\x1b[K');
  });

  test('a peer that speaks, ends no line and hangs up', async () => {
    await using server = await startFakeQmpServer({ greeting: 'nonsense' });
    const attempt = failure(server);
    setTimeout(() => server.drop(), 20);
    const error = await attempt;
    expect(error.code).toBe('not-qmp');
    expect(error.cause).toBeInstanceOf(QmpClosedError);
  });

  test('garbage after the greeting', async () => {
    await using server = await startFakeQmpServer();
    server.handle('qmp_capabilities', () => server.sendRaw('garbage\n'));
    expect((await failure(server)).message).toContain('"garbage"');
  });

  test('long bytes are cut', async () => {
    await using server = await startFakeQmpServer({ greeting: `${'x'.repeat(5000)}\n` });
    const { message } = await failure(server);
    expect(message).toContain('(5000 bytes)');
    expect(message.length).toBeLessThan(400);
  });
});

describe('busy', () => {
  test('no greeting in time', async () => {
    await using server = await startFakeQmpServer({ greeting: null });
    const error = await failure(server, 50);
    expect(error).toBeInstanceOf(QmpNegotiationError);
    expect(error.code).toBe('busy');
    expect(error.message).toMatch(/within 50 ms.*another client/);
  });

  test('a second client, until the first has gone', async () => {
    await using server = await startFakeQmpServer();
    const first = await connectQmp(server.path);
    expect((await failure(server, 50)).code).toBe('busy');
    await first.close();
    await using third = await connectQmp(server.path);
    expect(third.version.major).toBe(10);
  });
});

test('refused-capabilities', async () => {
  await using server = await startFakeQmpServer();
  server.handle('qmp_capabilities', () => {
    throw new FakeQmpError('GenericError', 'not today');
  });
  const error = await failure(server);
  expect(error).toBeInstanceOf(QmpNegotiationError);
  expect(error.code).toBe('refused-capabilities');
  expect(error.message).toContain('not today');
});

test('no-answer: a greeting, and then silence', async () => {
  await using server = await startFakeQmpServer();
  server.handle('qmp_capabilities', () => ({}), { delayMs: 500 });
  const error = await failure(server, 1000, 50);
  expect(error.code).toBe('no-answer');
  expect(error.message).toContain('within 50 ms');
});

test('one that has sent its greeting may take as long as for a command: it migrates, on a busy machine', async () => {
  await using server = await startFakeQmpServer();
  server.handle('qmp_capabilities', () => ({}), { delayMs: 400 });
  await using client = await connectQmp(server.path, { greetingTimeoutMs: 200 });
  expect(client.path).toBe(server.path);
});

test.each(['the greeting', 'the acceptance'])('a peer that hangs up before %s', async (moment) => {
  await using server = await startFakeQmpServer(moment === 'the greeting' ? { greeting: null } : {});
  server.handle('qmp_capabilities', () => server.drop());
  const attempt = failure(server);
  if (moment === 'the greeting') setTimeout(() => server.drop(), 20);
  const error = await attempt;
  expect(error).toBeInstanceOf(QmpClosedError);
  expect(error.code).toBe('hung-up');
});
