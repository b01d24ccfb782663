import { expect, test } from 'vitest';
import { handshakeWords } from './handshake-words.ts';

// QEMU's own words, of 10.0.2, but for the last.
test.each([
  ["The certificate hasn't got a known issuer", true, /ca-cert\.pem/],
  ['Certificate does not match the hostname host3', false, /--tls-hostname/],
  ['No hostname for certificate validation', false, /--tls-hostname/],
  ['Unable to write to socket: Connection reset by peer', true, /--tls-authz/],
  ['Cannot read from TLS channel: The TLS connection was non-properly terminated.', true, /--tls-authz/],
  ['Channel error: Input/output error', true, /did not take the stream/],
  ['The certificate has expired', true, /renew it/],
])('%s has a hint', (desc, neverTaken, hint) => {
  const words = handshakeWords(desc, neverTaken);
  expect(words.startsWith(`${desc.replace(/\.$/, '')}: `)).toBe(true);
  expect(words).toMatch(hint);
});

test.each([
  // Past the handshake it is something else that breaks a stream.
  ['Unable to write to socket: Connection reset by peer', false],
  ["Failed to connect to '10.77.0.2:4444': Connection refused", true],
])('%s has none', (desc, neverTaken) => expect(handshakeWords(desc, neverTaken)).toBe(desc));
