/**
 * What a peer sent, made safe to put into an error message: printable ASCII as it is, everything else
 * escaped, and cut after `limit` bytes with the true length behind it. A stranger on the socket (an SSH
 * banner, a TLS handshake, the human monitor) is recognised at a glance this way, and cannot write escape
 * sequences to the operator's terminal.
 */
export function showBytes(bytes: Uint8Array, limit = 80): string {
  const shown = Array.from(bytes.subarray(0, limit), showByte).join('');
  const rest = bytes.length > limit ? `... (${bytes.length} bytes)` : '';
  return `"${shown}"${rest}`;
}

const NAMED = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
]);

function showByte(byte: number): string {
  const named = NAMED.get(byte);
  if (named !== undefined) return named;
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
