import { expect, test } from 'vitest';
import { residentBytesOf, residentOfMapping } from './resident-memory.ts';

/** Of a lab guest of 512 MiB, shortened. */
const SMAPS = `5581d0a00000-5581d0d00000 r--p 00000000 fe:01 1234 /usr/bin/qemu-system-x86_64
Size:               3072 kB
KernelPageSize:        4 kB
Rss:                2048 kB
VmFlags: rd mr mw me
7f7e47e00000-7f7e67e00000 rw-p 00000000 00:00 0
Size:             524288 kB
KernelPageSize:        4 kB
MMUPageSize:           4 kB
Rss:              239616 kB
Pss:              239616 kB
AnonHugePages:    239616 kB
7f7e70000000-7f7eaffff000 rwxp 00000000 00:00 0
Size:            1048572 kB
Rss:               43008 kB
`;

test("the guest's memory is the mapping of its size", () => {
  expect(residentOfMapping(SMAPS, 512 * 2 ** 20)).toBe(239616 * 1024);
  expect(residentOfMapping(SMAPS, 1000 * 2 ** 20)).toBe(43008 * 1024);
  expect(residentOfMapping(SMAPS, 256 * 2 ** 20)).toBeUndefined();
  expect(residentOfMapping('', 512 * 2 ** 20)).toBeUndefined();
});

test('a socket at which no QEMU of this machine listens tells nothing', () => {
  expect(residentBytesOf('/nowhere.sock', 2 ** 29, 'kvm')).toBeUndefined();
});
