import { expect, test } from 'vitest';
import { newcArchive } from './newc.ts';

const HEADER_BYTES = 110;

test('writes a header of 13 hexadecimal fields, the name and the content, each padded to 4 bytes', () => {
  const archive = newcArchive([
    { kind: 'file', path: 'init', permissions: 0o755, content: Buffer.from('hello') },
  ]);
  expect(archive.toString('latin1', 0, 6)).toBe('070701');
  expect(field(archive, 1)).toBe(0o100755);
  expect(field(archive, 6)).toBe(5);
  expect(field(archive, 11)).toBe(5);
  expect(archive.toString('latin1', HEADER_BYTES, HEADER_BYTES + 6)).toBe('init\0\0');
  expect(archive.toString('latin1', 116, 124)).toBe('hello\0\0\0');
  expect(archive.toString('latin1', 124, 130)).toBe('070701');
  expect(archive.toString('latin1')).toContain('TRAILER!!!\0');
  expect(archive.length % 4).toBe(0);
});

test('holds folders and device nodes without anybody being root', () => {
  const folder = newcArchive([{ kind: 'folder', path: 'dev', permissions: 0o755 }]);
  expect([field(folder, 1), field(folder, 4), field(folder, 6)]).toEqual([0o040755, 2, 0]);
  const device = newcArchive([
    { kind: 'character-device', path: 'dev/ttyS1', permissions: 0o600, major: 4, minor: 65 },
  ]);
  expect([field(device, 1), field(device, 9), field(device, 10)]).toEqual([0o020600, 4, 65]);
});

test('holds symbolic links, and files that belong to others than root', () => {
  const link = newcArchive([{ kind: 'link', path: 'bin/sh', target: 'busybox' }]);
  expect([field(link, 1), field(link, 6)]).toEqual([0o120777, 7]);
  expect(link.toString('latin1')).toContain('bin/sh\0');
  const content = Buffer.from('x');
  const file = newcArchive([{ kind: 'file', path: 'data/x', permissions: 0o600, content, owner: 70 }]);
  expect([field(file, 2), field(file, 3)]).toEqual([70, 70]);
});

/** The n-th field of the first header: inode, mode, uid, gid, links, time, size, device (2), node (2), name, sum. */
function field(archive: Buffer, n: number): number {
  return Number.parseInt(archive.toString('latin1', 6 + 8 * n, 14 + 8 * n), 16);
}
