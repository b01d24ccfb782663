import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { checkMigrateUri, hostnameVerdict, uriVerdict } from './check-migrate-uri.ts';
import { parseMigrateUri } from './migrate-uri.ts';
import { reach, reachAny } from './reach.ts';

describe('the migrate URI', () => {
  it.each([
    ['tcp://10.77.0.2', { scheme: 'tcp', host: '10.77.0.2', port: undefined }],
    ['tcp://host2:49152', { scheme: 'tcp', host: 'host2', port: 49152 }],
    ['tcp://host_2:0', { scheme: 'tcp', host: 'host_2', port: undefined }],
    ['tcp:host2', { scheme: 'tcp', host: 'host2', port: undefined }],
    ['tcp:host2:49152', { scheme: 'tcp', host: 'host2', port: 49152 }],
    ['tcp://[fd00::2]:49152', { scheme: 'tcp', host: 'fd00::2', port: 49152 }],
    ['rdma://10.77.0.2', { scheme: 'rdma', host: '10.77.0.2', port: undefined }],
    ['unix:///run/migrate.sock', { scheme: 'unix', path: '/run/migrate.sock' }],
  ])('%s', (text, address) => {
    expect(parseMigrateUri(text)).toEqual(address);
  });

  it.each([
    '',
    'host2',
    'tcp://',
    'tcp:',
    'tcp://host2:99999',
    'exec:cat',
    'fd:3',
    'tcp://a b',
    'unix:',
    'tcp://fd00::2',
  ])('refuses "%s" and shows how to write it', (text) => {
    expect(parseMigrateUri(text)).toContain(
      `"${text}" is no migrate URI that libvirt takes: write it like tcp://`,
    );
  });

  it.each(['tcp://0.0.0.0:4444', 'tcp://[::]'])('refuses %s, which is where to listen', (text) => {
    expect(parseMigrateUri(text)).toContain('name the destination');
  });
});

const parts = {
  migrateUri: undefined,
  force: false,
  tls: false,
  memoryHardLimit: false,
  sourceIsLocal: true,
  hostname: undefined,
};

describe('the way to the destination', () => {
  it('is not tried from a machine that is not the source', async () => {
    expect(await checkMigrateUri({ ...parts, migrateUri: 'tcp://192.0.2.1', sourceIsLocal: false })).toEqual({
      findings: [],
      notes: ['whether the source reaches tcp://192.0.2.1 could not be tried from here'],
    });
  });

  it('is told to be wrong by its grammar wherever the source is', async () => {
    const { findings } = await checkMigrateUri({ ...parts, migrateUri: 'nonsense', sourceIsLocal: false });
    expect(findings.map(({ code }) => code)).toEqual(['bad-migrate-uri']);
  });

  it('needs a memory limit for RDMA', async () => {
    const encrypted = await checkMigrateUri({ ...parts, migrateUri: 'rdma://127.0.0.1', tls: true });
    expect(encrypted.findings).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^--tls does not encrypt .*rdma/) }),
    ]);
    const { findings } = await checkMigrateUri({ ...parts, migrateUri: 'rdma://127.0.0.1' });
    expect(findings).toMatchObject([
      { code: 'bad-migrate-uri', message: expect.stringContaining('--hard-limit') },
    ]);
  });

  it('is refused to a destination that calls itself localhost', async () => {
    const hostname = { value: 'localhost.localdomain\n' };
    const { findings } = await checkMigrateUri({ ...parts, hostname });
    expect(findings).toMatchObject([
      { code: 'bad-migrate-uri', message: expect.stringContaining('--migrate-uri') },
    ]);
  });

  it('is open when something answers', async () => {
    expect(await checkMigrateUri({ ...parts, migrateUri: 'tcp://127.0.0.1' })).toEqual({
      findings: [],
      notes: [],
    });
  });

  it('is closed when nothing does, unless forced', () => {
    const { findings } = uriVerdict('tcp://10.0.0.9', false, 'no-answer', false);
    expect(findings).toMatchObject([
      { code: 'unreachable', message: expect.stringContaining('49152 to 49215') },
    ]);
    expect(uriVerdict('tcp://10.0.0.9', false, 'no-route', true)).toMatchObject({
      findings: [],
      notes: [{}],
    });
  });

  it('may be known to libvirt under a name that this machine does not know', () => {
    expect(hostnameVerdict('host2', 'unknown-name', false)).toMatchObject({ findings: [], notes: [{}] });
    expect(hostnameVerdict('host2', 'no-answer', false).findings).toMatchObject([{ code: 'unreachable' }]);
  });
});

describe('reaching a host', () => {
  it('is reached when it accepts or refuses', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    expect(await reach('127.0.0.1', port)).toBe('reached');
    await new Promise((resolve) => server.close(resolve));
    expect(await reach('127.0.0.1', port)).toBe('reached');
    expect(await reachAny('127.0.0.1', [port, port])).toBe('reached');
  });

  it('knows a name that nobody has', async () => {
    expect(await reach('nobody.invalid', 49215, 10_000)).toBe('unknown-name');
    expect(await reachAny('nobody.invalid', [49215, 22], 10_000)).toBe('unknown-name');
  });
});
