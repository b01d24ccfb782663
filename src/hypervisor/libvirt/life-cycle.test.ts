import { expect, test } from 'vitest';
import { destinationChange, sourceChange } from './life-cycle.ts';

test('what stops a guest is told in words where libvirt has some', () => {
  expect(sourceChange('Suspended', 'I/O Error')).toEqual({ kind: 'held', by: 'an I/O error' });
  expect(sourceChange('Suspended', 'Migrated')).toEqual({ kind: 'stopped' });
  expect(destinationChange('Stopped', 'Crashed')).toEqual({
    kind: 'guest-ended',
    words: "the guest's QEMU crashed",
  });
});

// Found by the fuzzer: a function stood where the words should.
test.each(['constructor', 'toString', '__proto__'])('%s is no word of libvirt', (detail) => {
  expect(sourceChange('Suspended', detail)).toEqual({ kind: 'stopped' });
  expect(sourceChange('Stopped', detail)).toEqual({
    kind: 'guest-ended',
    words: `libvirt stopped the guest (${detail})`,
  });
});
