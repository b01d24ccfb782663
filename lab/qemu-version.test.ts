import { expect, test } from 'vitest';
import { losesTcgWrites, memoryOffFastPath, parseQemuVersion } from './qemu-version.ts';

test.each([
  ['QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\n', 7, '7.2.22', true],
  ['QEMU emulator version 8.2.2 (Debian 1:8.2.2+ds-0ubuntu1.10)\n', 8, '8.2.2', true],
  ['QEMU emulator version 9.0.0\n', 9, '9.0.0', false],
  ['QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1)\n', 10, '10.0.2', false],
])('reads "%s"', (text, major, version, loses) => {
  const read = parseQemuVersion(text);
  expect(read).toMatchObject({ major, text: version });
  expect(losesTcgWrites(read)).toBe(loses);
});

test('refuses what is no QEMU', () => {
  expect(() => parseQemuVersion('true (GNU coreutils) 9.1')).toThrow("no QEMU's version");
});

test('makes a RAM size that is no multiple of 256 KiB', () => {
  expect(memoryOffFastPath(512 * 2 ** 20)).toBe(524296 * 1024);
  expect(memoryOffFastPath(524296 * 1024)).toBe(524296 * 1024);
});
