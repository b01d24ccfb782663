import { describe, expect, test } from 'vitest';
import { assertTlsFlags, streamTlsOf, type TlsFlags } from './tls-flags.ts';
import { UsageError } from './usage-error.ts';

const ON = { tls: true, tlsDir: undefined };
const OFF = { tls: false, tlsDir: undefined };
const QEMU = 'qmp:/run/vm1.sock';

test('none asks for nothing, and --tls for the usual folder at both ends', () => {
  expect(streamTlsOf({}, OFF)).toBeUndefined();
  expect(streamTlsOf({}, ON)).toEqual({
    credentials: { kind: 'made', sourceFolder: '/etc/pki/qemu', destinationFolder: '/etc/pki/qemu' },
    hostname: undefined,
    authorization: undefined,
  });
});

test.each<[TlsFlags, object]>([
  [{ tlsDir: '/a' }, { credentials: { kind: 'made', sourceFolder: '/a', destinationFolder: '/a' } }],
  [
    { tlsDir: '/a', tlsDestinationDir: '/b' },
    { credentials: { kind: 'made', sourceFolder: '/a', destinationFolder: '/b' } },
  ],
  [{ tlsCreds: 'tls0' }, { credentials: { kind: 'named', id: 'tls0' } }],
  [{ tlsHostname: 'host2' }, { hostname: 'host2' }],
  [{ tlsDestination: 'host2' }, { hostname: 'host2' }],
  [{ tlsAuthz: ['who'] }, { authorization: { kind: 'named', id: 'who' } }],
  [{ tlsAuthz: ['CN=a', 'CN=b'] }, { authorization: { kind: 'names', names: ['CN=a', 'CN=b'] } }],
])('%j', (flags, tls) => expect(streamTlsOf(flags, { tls: true, tlsDir: flags.tlsDir })).toMatchObject(tls));

test("the configuration's folder is that of both ends, and what is not asked to encrypt ignores it", () => {
  expect(streamTlsOf({}, { tls: true, tlsDir: '/c' })?.credentials).toEqual({
    kind: 'made',
    sourceFolder: '/c',
    destinationFolder: '/c',
  });
  expect(streamTlsOf({ tlsCreds: 'tls0' }, { tls: true, tlsDir: '/c' })?.credentials.kind).toBe('named');
  expect(streamTlsOf({}, { tls: false, tlsDir: '/c' })).toBeUndefined();
});

test('how to encrypt is nothing without the wish to', () =>
  expect(() => streamTlsOf({ tlsDir: '/a' }, OFF)).toThrow(/^--tls-dir says how to encrypt: add --tls/));

describe('what contradicts itself', () => {
  test.each<[TlsFlags, string, RegExp]>([
    [{ tlsDir: 'pki' }, QEMU, /^--tls-dir pki: .*from its root/],
    [{ tlsDestinationDir: './pki' }, QEMU, /^--tls-destination-dir/],
    [{ tlsCreds: 'tls0', tlsDir: '/a' }, QEMU, /leave --tls-dir out/],
    [{ tlsAuthz: ['who', 'CN=a'] }, QEMU, /and not both/],
    [{ tls: false, tlsCreds: 'tls0' }, QEMU, /^--tls-creds and --no-tls exclude each other/],
    [{ tlsHostname: 'host2' }, 'vm1', /for vm1 write --tls-destination/],
    [{ tlsDir: '/a' }, 'vm1', /^--tls-dir is for a QEMU without libvirt: .*migrate_tls_x509_cert_dir/],
  ])('%j of %s', (flags, vm, words) => {
    expect(() => assertTlsFlags(vm, flags)).toThrow(UsageError);
    expect(() => assertTlsFlags(vm, flags)).toThrow(words);
  });

  test('and what does not', () => {
    assertTlsFlags(QEMU, { tls: true, tlsDir: '/a', tlsHostname: 'b', tlsAuthz: ['CN=c'] });
    assertTlsFlags('vm1', { tls: true, tlsDestination: 'b' });
  });
});
