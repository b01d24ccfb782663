import { expect, test } from 'vitest';
import { realKernelPackage } from './kernel.ts';

test('finds the versioned package behind a metapackage', () => {
  const debian = 'linux-image-cloud-amd64\n  Depends: linux-image-6.1.0-56-cloud-amd64\n';
  expect(realKernelPackage(debian)).toBe('linux-image-6.1.0-56-cloud-amd64');
  const ubuntu = 'linux-image-virtual\n  Depends: linux-image-6.8.0-90-generic\n  Recommends: thermald\n';
  expect(realKernelPackage(ubuntu)).toBe('linux-image-6.8.0-90-generic');
  expect(realKernelPackage('linux-image-virtual\n  Depends: linux-image-generic\n')).toBeUndefined();
});
