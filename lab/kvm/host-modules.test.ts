import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dependenciesOf, modulesIn } from './host-modules.ts';

const module = (depends: string) => Buffer.from(`\x7fELF\0license=GPL\0depends=${depends}\0name=x\0`);

test('reads what a module needs from itself', () => {
  expect(dependenciesOf(module('kvm,irqbypass'))).toEqual(['kvm', 'irqbypass']);
  expect(dependenciesOf(module(''))).toEqual([]);
});

test('a kernel without KVM is refused with the name of what it lacks', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'modules-'));
  try {
    await writeFile(join(folder, 'modules.builtin'), 'kernel/virtio_pci.ko\nkernel/virtio_console.ko\n');
    for (const name of ['9pnet_virtio', '9p', 'overlay'])
      await writeFile(join(folder, `${name}.ko`), module(''));
    await expect(modulesIn(folder)).rejects.toThrow(/has no module kvm_amd/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
