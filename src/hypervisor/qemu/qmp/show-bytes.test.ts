import { expect, test } from 'vitest';
import { showBytes } from './show-bytes.ts';

test.each([
  ['SSH-2.0-OpenSSH_9.2\r\n', '"SSH-2.0-OpenSSH_9.2\\r\\n"'],
  ['say "hi" \\ \x1b[31m', '"say \\"hi\\" \\\\ \\x1b[31m"'],
  ['é', '"\\xc3\\xa9"'],
  ['', '""'],
])('%j is shown as %s', (text, shown) => {
  expect(showBytes(Buffer.from(text))).toBe(shown);
});

test('bytes that are not UTF-8 are shown as they came', () => {
  expect(showBytes(Uint8Array.of(0x16, 0x03, 0xff))).toBe('"\\x16\\x03\\xff"');
});

test('a long text is cut, with its true length', () => {
  expect(showBytes(Buffer.alloc(1000, 'x'), 4)).toBe('"xxxx"... (1000 bytes)');
  expect(showBytes(Buffer.alloc(4, 'x'), 4)).toBe('"xxxx"');
});
