import { expect, test } from 'vitest';
import { withEntry } from './host-tables.ts';

test('an account is added once', () => {
  const once = withEntry('root:x:0:\n', 'libvirt-qemu:x:64055:');
  expect(once).toBe('root:x:0:\nlibvirt-qemu:x:64055:\n');
  expect(withEntry(once, 'libvirt-qemu:x:1:')).toBe(once);
});
