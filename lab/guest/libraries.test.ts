import { expect, test } from 'vitest';
import { readLibraries } from './libraries.ts';

test('reads what the dynamic loader lists, and keeps a missing library in sight', () => {
  const list = `	linux-vdso.so.1 (0x00007ffd3e5f2000)
	libssl.so.3 => /u/usr/lib/x86_64-linux-gnu/libssl.so.3 (0x00007f1c0a000000)
	libgone.so.1 => not found
	/lib64/ld-linux-x86-64.so.2 => /u/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 (0x00007f1c0a800000)
`;
  expect(readLibraries(list)).toEqual([
    { name: 'libssl.so.3', path: '/u/usr/lib/x86_64-linux-gnu/libssl.so.3' },
    { name: 'libgone.so.1', path: 'not found' },
  ]);
});
