import { describe, expect, test } from 'vitest';
import type { CheckOptions, Destination, GuestFacts } from '../hypervisor.ts';
import { capabilitiesOf } from '../qemu-rules/start.ts';
import { IN_THE_CLEAR, type StreamTls } from '../stream-tls.ts';
import type { MigrationFacts, QemuEnd } from './migration-facts.ts';
import { migrateRefusalCode, preflight } from './preflight.ts';

const OPTIONS: CheckOptions = { force: false, postCopy: false, lineRateBytesPerSecond: undefined };
const TARGET: Destination = { vm: 'qmp:/b.sock', migrateUri: 'tcp:10.0.0.2:4444', listenUri: undefined };

interface Given {
  readonly guest?: Partial<GuestFacts>;
  readonly qemu?: Partial<MigrationFacts>;
}

function end(vm: string, state: GuestFacts['state'], { guest = {}, qemu = {} }: Given): QemuEnd {
  return {
    guest: {
      ...{ vm, name: 'web', uuid: 'u-1', hypervisor: 'QEMU 10.0.2', accelerator: 'kvm', machineType: 'pc' },
      ...{ memoryBytes: 2 ** 30, state, migrating: false, losesWrites: undefined },
      ...guest,
    },
    qemu: {
      version: { major: 10, minor: 0, micro: 2, package: '' },
      capabilities: capabilitiesOf([]),
      ...{ blockedReasons: [], listens: false, tls: false, tlsLeft: false, vfio: false },
      ...qemu,
    },
  };
}

function check(
  source: Given = {},
  destination: Given = {},
  target: Partial<Destination> = {},
  options: Partial<CheckOptions> = {},
) {
  return preflight(
    end('qmp:/a.sock', 'running', source),
    end('qmp:/b.sock', 'incoming', destination),
    { ...TARGET, ...target },
    { ...OPTIONS, ...options },
  );
}

const codes = (report: ReturnType<typeof check>) => report.findings.map(({ code }) => code);
const on = (capability: string) => capabilitiesOf([{ capability, state: true }]);

test('nothing is found where nothing is wrong', () =>
  expect(check()).toMatchObject({ findings: [], notes: [], maxSentBytes: undefined }));

describe('what forbids a migration', () => {
  test('what QEMU says blocks it, each with its words (B15)', () => {
    const report = check({ qemu: { blockedReasons: ['a 9p folder is mounted', 'a snapshot runs'] } });
    expect(codes(report)).toEqual(['migration-blocked', 'migration-blocked']);
    expect(report.findings[0]?.message).toContain('a 9p folder is mounted');
  });

  test('a capability that is on at one end only (B14, B15)', () => {
    const report = check({ qemu: { capabilities: on('multifd') } });
    expect(codes(report)).toEqual(['different-capabilities']);
    expect(report.findings[0]?.message).toContain('multifd is on at the source and off at the destination');
    expect(codes(check({}, { qemu: { capabilities: on('multifd') } }))).toEqual(['different-capabilities']);
    const both = { qemu: { capabilities: on('multifd') } };
    expect(codes(check(both, both))).toEqual([]);
  });

  describe('several connections', () => {
    const streams = { connections: 2, compression: 'zstd' } as const;
    const withStreams = (source: Given, destination: Given = source, target: Partial<Destination> = {}) =>
      check(source, destination, target, { streams });
    const able = { qemu: { capabilities: capabilitiesOf([{ capability: 'multifd', state: false }]) } };

    test('are set alike at both ends, whatever these were', () => {
      expect(codes(withStreams(able))).toEqual([]);
      expect(codes(withStreams({ qemu: { capabilities: on('multifd') } }, able))).toEqual([]);
    });

    test('need QEMUs that have them', () => {
      const report = withStreams(able, {});
      expect(codes(report)).toEqual(['lacks-feature']);
      expect(report.findings[0]?.message).toContain('--compress zstd needs several connections');
      const version = { major: 4, minor: 2, micro: 0, package: '' };
      expect(codes(withStreams({ qemu: { ...able.qemu, version } }, able))).toEqual(['lacks-feature']);
    });

    test('do not go with post-copy before QEMU 10.1', () =>
      expect(codes(check(able, able, {}, { streams, postCopy: true }))).toEqual([
        'lacks-feature',
        'lacks-feature',
      ]));

    test('need a destination that does not listen for one already', () =>
      expect(codes(withStreams(able, { qemu: { ...able.qemu, listens: true } }))).toEqual([
        'destination-not-waiting',
      ]));

    test('need a socket that takes several', () =>
      expect(
        codes(withStreams(able, able, { migrateUri: 'exec:nc h 1', listenUri: 'exec:nc -l 1' })),
      ).toEqual(['bad-migrate-uri', 'bad-migrate-uri']));
  });

  test('a destination that waits for another VM', () => {
    expect(codes(check({}, { guest: { uuid: 'u-2' } }))).toEqual(['different-vm']);
    expect(codes(check({}, { guest: { uuid: undefined } }))).toEqual([]);
  });

  test('another machine and another size, both at once', () =>
    expect(codes(check({}, { guest: { machineType: 'q35', memoryBytes: 2 ** 31 } }))).toEqual([
      'different-machine',
      'different-memory',
    ]));

  test('a destination that does not wait is all there is to say of it', () =>
    expect(codes(check({}, { guest: { state: 'running', machineType: 'q35' } }))).toEqual([
      'destination-not-waiting',
    ]));
});

describe('versions that are known to be bad', () => {
  const old = { version: { major: 7, minor: 2, micro: 0, package: '' } };

  test('QEMU before 9.0 without KVM refuses, unless it is forced', () => {
    const source: Given = { guest: { accelerator: 'tcg' }, qemu: old };
    expect(codes(check(source))).toEqual(['loses-writes']);
    const forced = check(source, {}, {}, { force: true });
    expect(codes(forced)).toEqual([]);
    expect(forced.notes).toEqual([expect.stringContaining('corrupted memory')]);
  });

  test('TLS over one stream has a deadline', () => {
    const report = check({ qemu: { tls: true } }, { qemu: { tls: true } });
    expect(report).toMatchObject({ findings: [], maxSentBytes: 55e9 });
    expect(report.notes).toEqual([expect.stringContaining('TLS')]);
  });

  test('a VFIO device is told', () =>
    expect(check({ qemu: { vfio: true } }).notes).toEqual([expect.stringContaining('VFIO')]));
});

describe('where the memory goes', () => {
  test.each(['tcp:10.0.0.2:4444', 'tcp:[::1]:1', 'unix:/run/m.sock', 'vsock:3:4444'])('%s', (migrateUri) =>
    expect(codes(check({}, {}, { migrateUri }))).toEqual([]),
  );

  test.each([undefined, 'tcp:10.0.0.2', 'http://x', 'exec:', '/run/m.sock'])('%s is none', (migrateUri) =>
    expect(codes(check({}, {}, { migrateUri }))).toEqual(['bad-migrate-uri']),
  );

  test.each(['exec:cat > /x', 'file:/x', 'fd:4'])(
    '%s would be run or opened at both ends (audit 14)',
    (migrateUri) => {
      const { findings } = check({}, {}, { migrateUri });
      expect(findings).toMatchObject([{ code: 'bad-migrate-uri' }]);
      expect(findings[0]?.message).toContain('--listen-uri');
      expect(codes(check({}, {}, { migrateUri, listenUri: 'exec:cat /x' }))).toEqual([]);
    },
  );
});

test.each([
  ["Parameter 'uri' expects a valid migration protocol", 'bad-migrate-uri'],
  ['unknown migration protocol: http://x', 'bad-migrate-uri'],
  ['address resolution failed for nohost:4444: Name or service not known', 'bad-migrate-uri'],
  ['Failed to bind socket: Address already in use', 'bad-migrate-uri'],
  ["State blocked by non-migratable device '0000:00:03.0/nvme'", 'migration-blocked'],
  ['disallowing migration blocker (migration in progress) for: x', 'migration-blocked'],
  ['Guest is waiting for an incoming migration', 'hypervisor-refused'],
] as const)('QEMU’s "%s" is %s', (desc, code) => expect(migrateRefusalCode(desc)).toBe(code));

describe('TLS', () => {
  const tls: StreamTls = {
    credentials: { kind: 'named', id: 'tls0' },
    hostname: undefined,
    authorization: undefined,
  };
  const set: Given = { qemu: { tls: true } };

  test('memory that goes to another host in the clear is told, and what is set already is none', () => {
    expect(check()).toMatchObject({ warnings: [IN_THE_CLEAR], encrypted: false });
    expect(check({}, {}, {}, { tls })).toMatchObject({ findings: [], warnings: [], encrypted: true });
    expect(check(set, set)).toMatchObject({ findings: [], warnings: [], encrypted: true });
    expect(check({}, {}, { migrateUri: 'unix:/run/m.sock' })).toMatchObject({
      warnings: [],
      encrypted: false,
    });
    expect(check({}, {}, { migrateUri: 'tcp:127.0.0.1:1' })).toMatchObject({
      warnings: [],
      encrypted: false,
    });
    const piped = check({}, {}, { migrateUri: 'exec:ssh host2 nc', listenUri: 'exec:nc' });
    expect(piped).toMatchObject({ findings: [], warnings: [], encrypted: undefined });
  });

  test('that is set at one end only is refused, and --tls sets it at both', () => {
    const report = check(set);
    expect(codes(report)).toEqual(['bad-credentials']);
    expect(report.findings[0]?.message).toMatch(/is set at qmp:\/a\.sock and not at qmp:\/b\.sock: .*--tls/);
    expect(check({}, set).findings[0]?.message).toMatch(/is set at qmp:\/b\.sock and not at qmp:\/a\.sock/);
    expect(codes(check(set, {}, {}, { tls }))).toEqual([]);
  });

  test('asked for, it has the deadline too', () =>
    expect(check({}, {}, {}, { tls }).maxSentBytes).toBe(55e9));

  test('an older QEMU is told, at either end', () => {
    const old: Given = { qemu: { version: { major: 5, minor: 2, micro: 0, package: '' } } };
    expect(codes(check(old, old, {}, { tls }))).toEqual(['lacks-feature', 'lacks-feature']);
  });

  test.each([
    ['unix:/run/m.sock', /names no host .*--tls-hostname/],
    ['vsock:3:4444', /--tls-hostname/],
    ['rdma:10.0.0.2:4444', /--tls does not encrypt what goes to "rdma:/],
  ])('%s', (migrateUri, words) => {
    const { findings } = check({}, {}, { migrateUri }, { tls });
    expect(findings).toEqual([expect.objectContaining({ code: 'bad-migrate-uri' })]);
    expect(findings[0]?.message).toMatch(words);
  });

  test('a name makes up for a host that the URI does not have', () =>
    expect(
      codes(check({}, {}, { migrateUri: 'unix:/run/m.sock' }, { tls: { ...tls, hostname: 'host2' } })),
    ).toEqual([]));
});
