import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isDestinationOf, isSameAddress } from './address-side.ts';

test.each([
  ['qmp:/run/vm1.sock', 'qmp:/run/../run//vm1.sock', true],
  ['qmp:vm1.sock', `qmp:${path.resolve('vm1.sock')}`, true],
  ['qmp:/run/vm1.sock', 'qmp:/run/vm2.sock', false],
  ['qemu:///system#vm1', 'qemu:///system#7c5d4a3e-0000-4000-8000-000000000001', true],
  ['qemu+ssh://root@host2/system#vm1', 'qemu+tls://host2/system?pkipath=/x#vm1', true],
  ['qemu+ssh://host1/system#vm1', 'qemu+ssh://host2/system#vm1', false],
  ['qemu+tcp://localhost:1/system#vm1', 'qemu+tcp://localhost:2/system#vm1', false],
  ['qemu+unix:///system?socket=/a#vm1', 'qemu+unix:///system?socket=/b#vm1', false],
  ['sim:loop', 'sim:loop@destination', false],
])('%s and %s are one place: %s', (one, other, is) => expect(isSameAddress(one, other)).toBe(is));

test('a socket is the same one through a link', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-address-'));
  symlinkSync(folder, path.join(folder, 'link'));
  expect(isSameAddress(`qmp:${folder}/a.sock`, `qmp:${folder}/link/a.sock`)).toBe(true);
  rmSync(folder, { recursive: true });
});

test('the destination is one that is not the source too', () => {
  expect(isDestinationOf('qmp:/b', { vm: 'qmp:/a', destination: 'qmp:/b' })).toBe(true);
  expect(isDestinationOf('qmp:/a', { vm: 'qmp:/a', destination: 'qmp:/b' })).toBe(false);
  expect(isDestinationOf('qmp:/b', { vm: 'qmp:/b', destination: 'qmp:/b' })).toBe(false);
  expect(isDestinationOf('qmp:/b', { vm: 'qmp:/a', destination: null })).toBe(false);
});
