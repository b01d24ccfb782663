import { expect, test } from 'vitest';
import { tlsWords } from './tls-words.ts';

const OUT = "operation failed: job 'migration out' failed: ";
const ADD = "internal error: unable to execute QEMU command 'object-add': ";
const BOTH = `operation failed: migration failed. Message from the source host: ${OUT}Certificate does not match the hostname host3.lab. Message from the destination host: operation failed: job 'migration in' failed: load of migration failed: Invalid argument`;

// libvirt 11.3's words, and QEMU 10.0.2's in them, but for the two that are out of date and not built in.
test.each([
  [`${OUT}The certificate hasn't got a known issuer`, /; the destination's certificate is not signed by/],
  [BOTH, /Invalid argument; .*is for another name; say with --tls-destination /],
  [
    `${OUT}Cannot read from TLS channel: The TLS connection was non-properly terminated.`,
    /terminated; the destination did not take the stream: .*in the domain's log there/,
  ],
  [
    `${ADD}Unable to access credentials /etc/pki/qemu/ca-cert.pem: No such file or directory`,
    /; QEMU's user has to be able to read .*server-key\.pem.*migrate_tls_x509_cert_dir in qemu\.conf/,
  ],
  // The same words as of a handshake, of the host's own.
  [
    `${ADD}Our own certificate /etc/pki/qemu/client-cert.pem failed validation against /etc/pki/qemu/ca-cert.pem: The certificate hasn't got a known issuer`,
    /known issuer; ca-cert\.pem there has to be of the authority that has signed it$/,
  ],
  [`${ADD}The certificate /etc/pki/qemu/server-cert.pem has expired`, /; renew it, or set that host's clock/],
  [`${ADD}TLS credentials support requires GNUTLS`, /; that QEMU was built without GnuTLS/],
])('%s has a hint', (words, hint) => {
  expect(tlsWords(words, 0)).toMatch(hint);
  expect(tlsWords(words, 0).startsWith(words.replace(/\.$/, ''))).toBe(true);
});

test('of a stream that broke after no more than sockets hold it is said what that may be', () =>
  expect(tlsWords(`${OUT}Unable to write to socket: Broken pipe`, 300_000)).toMatch(
    /Broken pipe; it broke at its very beginning, as it does where the destination refuses the source's certificate/,
  ));

test.each([
  // Past the handshake it is something else that breaks a stream.
  [`${OUT}Unable to write to socket: Connection reset by peer`, 64 * 2 ** 20],
  // A QEMU that ended, and a libvirtd.
  ['internal error: Unable to read from monitor: Connection reset by peer', 0],
  ['Cannot recv data: Connection reset by peer', undefined],
  [`${ADD}attempt to add duplicate property 'objmem0' to object (type 'container')`, 0],
  ["operation aborted: job 'migration out' canceled by client", 0],
])('%s has none', (words, sentBytes) => expect(tlsWords(words, sentBytes)).toBe(words));
